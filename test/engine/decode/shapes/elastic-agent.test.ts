import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { line } from '../decoding.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

const wrapped = (beside: object, audit: unknown = JSON.parse(line())): string =>
  JSON.stringify({ '@timestamp': '2026-11-21T10:30:00.000Z', ...beside, kubernetes: { audit } });

describe('elastic-agent', () => {
  it('reads the sample, underscores in annotations included', () => {
    const { events, shapes, rejects } = read(sampleOf('elastic-agent.ndjson'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([['elastic-agent', 'raw-event']]);
    expect(events.map(essence)).toEqual([
      {
        cluster: 'home',
        auditId: '8b8398cd-1d93-4659-805e-0c9d616aa960',
        verb: 'create',
        user: 'system:serviceaccount:kube-system:daemon-set-controller',
        resource: 'pods',
        namespace: 'kube-system',
        name: '',
        code: 403,
        stage: 'ResponseComplete',
        level: 'RequestResponse',
      },
    ]);
    const [event] = events;
    expect(event!.time).toBe(microsOf('2022-07-05T16:08:04.199050Z'));
    // Allowed by RBAC and refused all the same: that is admission.
    expect([event!.decision, event!.decisionReason, event!.denial]).toEqual([
      'allow',
      'RBAC: allowed by ClusterRoleBinding ...',
      'admission',
    ]);
    expect(event!.requestObject).toMatchObject({ kind: 'Pod', spec: { hostNetwork: true } });
  });

  it.each([
    ['the name that add_kubernetes_metadata finds', { orchestrator: { cluster: { name: 'prod', id: 'x-1' } } }, 'prod'],
    ['the same, not nested', { 'orchestrator.cluster.name': 'prod' }, 'prod'],
    ['its id where it has no name', { orchestrator: { cluster: { id: 'x-1' } } }, 'x-1'],
    ['what somebody added as a field', { fields: { cluster: 'prod' } }, 'prod'],
    ['nothing that names an environment', { data_stream: { namespace: 'prod' } }, 'home'],
    ['nothing that is no text', { orchestrator: { cluster: { name: { a: 1 } } } }, 'home'],
  ])('takes the cluster from %s', (_what, beside, cluster) => {
    expect(read(wrapped(beside)).events.map((event) => event.cluster)).toEqual([cluster]);
  });

  it.each([
    ['json', JSON.stringify({ '@timestamp': 'x', json: JSON.parse(line()) as unknown })],
    ['kubernetes_audit', JSON.stringify({ kubernetes_audit: JSON.parse(line()) as unknown })],
    ['kubernetes.audit', JSON.stringify({ 'kubernetes.audit': JSON.parse(line()) as unknown })],
  ])('knows it by the name of %s', (_name, record) => {
    const { events, shapes } = read(record);
    expect(events.map(({ verb }) => verb)).toEqual(['get']);
    expect(shapes).toEqual([['elastic-agent', 'raw-event']]);
  });

  it.each([
    ['an empty kubernetes object', JSON.stringify({ kubernetes: {} })],
    ['metadata of a pod', JSON.stringify({ kubernetes: { pod: { name: 'web' }, audit: null }, message: 'hello' })],
    ['another program under json', JSON.stringify({ json: { verb: 'GET', requestURI: '/' } })],
  ])('is not taken from %s', (_what, record) => {
    expect(read(record)).toMatchObject({ events: [], rejects: [{ shape: 'unknown', reason: 'not an event' }] });
  });

  it('refuses what is in its place and is no event', () => {
    expect(read(wrapped({}, { verb: 1 }))).toMatchObject({
      events: [],
      rejects: [{ shape: 'elastic-agent', reason: 'not an event' }],
    });
  });
});
