import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { line } from '../decoding.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

describe('shapes that need no unwrapping', () => {
  it('raw-event: one of 2018, without a version and with times that have gone since', () => {
    const { events, shapes, rejects } = read(sampleOf('raw-event.ndjson'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([['raw-event']]);
    expect(events.map(essence)).toEqual([
      {
        cluster: 'home',
        auditId: 'ca1ed9f4-7bf4-4c85-81a8-1b11253d1ba6',
        verb: 'create',
        user: 'minikube-user',
        resource: 'pods/exec',
        namespace: 'default',
        name: 'nginx-deployment-7998647bdf-phvq7',
        code: 101,
        stage: 'ResponseStarted',
        level: 'Request',
      },
    ]);
    expect(events[0]!.time).toBe(microsOf('2018-10-26T13:38:34.902914Z'));
  });

  it('v1beta1: the fields of v1', () => {
    const { events, rejects } = read(sampleOf('v1beta1.ndjson'));
    expect(rejects).toEqual([]);
    expect(events.map(essence)).toMatchObject([
      {
        auditId: '3f1a0f6e-8f0a-4f52-9a6c-0d3c2d1b7a01',
        verb: 'get',
        user: 'dev@example.org',
        resource: 'secrets',
        code: 200,
      },
    ]);
    expect(events[0]!.time).toBe(microsOf('2025-06-02T09:00:00.004001Z'));
  });

  it.each([
    ['eventlist.json', ['eventlist']],
    ['jsonl.ndjson', ['raw-event']],
    ['array.json', ['array']],
  ])('%s: two events', (sample, chain) => {
    const { events, shapes, rejects } = read(sampleOf(sample));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([chain, chain]);
    const common = {
      cluster: 'home',
      user: 'dev@example.org',
      resource: 'secrets',
      code: 200,
      stage: 'ResponseComplete',
      level: 'Metadata',
    };
    expect(events.map(essence)).toEqual([
      { ...common, auditId: '3f1a0f6e-8f0a-4f52-9a6c-0d3c2d1b7a01', verb: 'get', namespace: 'prod', name: 'db' },
      { ...common, auditId: '3f1a0f6e-8f0a-4f52-9a6c-0d3c2d1b7a02', verb: 'list', namespace: '', name: '' },
    ]);
  });

  it('jsonl: rotation cuts the last line', () => {
    const { events, rejects } = read(`${line()}\n${line().slice(0, 300)}`);
    expect(events).toHaveLength(1);
    expect(rejects).toMatchObject([{ reason: 'unexpected end', auditId: '1c0ad2ca-1736-42af-9cad-4226f6720e14' }]);
  });

  it.each([0, 1, true, [], {}, 'event', 'Eventlist', 'Pod'])('malformed-kind: %j is refused', (kind) => {
    expect(read(sampleOf('malformed-kind.json'))).toMatchObject({ events: [], rejects: [{ reason: 'not an event' }] });
    expect(read(line({ kind }))).toMatchObject({ events: [], rejects: [{ reason: 'not an event' }] });
    expect(read(line({ kind, host: 'cp-1', cluster: 'x' }))).toMatchObject({
      events: [],
      rejects: [{ reason: 'not an event' }],
    });
  });
});
