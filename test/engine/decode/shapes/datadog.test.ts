import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { line } from '../decoding.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

/** What Datadog's pipeline makes of an event. */
function remapped(over: object = {}): Record<string, unknown> {
  const {
    verb,
    user,
    sourceIPs,
    userAgent,
    responseStatus: _,
    ...rest
  } = JSON.parse(line()) as Record<string, unknown>;
  const { username, ...who } = user as Record<string, unknown>;
  const http = { method: verb, status_code: 200, useragent: userAgent };
  const network = { client: { ip: (sourceIPs as string[])[0] } };
  return { ...rest, user: who, usr: { id: username, name: username }, http, network, ...over };
}
const timeless = { stageTimestamp: undefined, requestReceivedTimestamp: undefined };

describe('datadog', () => {
  it('reads the sample: standard attributes are put back, the namespace is the one of the URI', () => {
    const { events, shapes, rejects } = read(sampleOf('datadog.ndjson'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([['datadog', 'raw-event']]);
    expect(events.map(essence)).toEqual([
      {
        cluster: 'home',
        auditId: '5b1d4f1e-9a55-4f6b-8d6e-2f6a7c0e9b31',
        verb: 'create',
        user: 'dev@example.org',
        resource: 'serviceaccounts/token',
        namespace: 'kube-system',
        name: 'clusterrole-aggregation-controller',
        code: 201,
        stage: 'ResponseComplete',
        level: 'Metadata',
      },
    ]);
    const [event] = events;
    expect(event!.time).toBe(microsOf('2025-06-02T09:00:00.004001Z'));
    expect([event!.final, event!.peer, event!.userAgent]).toEqual([true, '10.0.0.5', 'kubectl/v1.30.2']);
    expect(event!.user.groups).toEqual(['system:masters', 'system:authenticated']);
    expect(event!.flaws).toEqual([]);
  });

  it.each([
    [
      'an archive',
      (log: object) => ({
        _id: 'x',
        date: '2026-11-21T10:00:00Z',
        attributes: log,
        tags: ['a', 'kube_cluster_name:c'],
      }),
    ],
    [
      'the search API',
      (log: object) => ({
        id: 'x',
        type: 'log',
        attributes: { attributes: log, timestamp: '2026-11-21T10:00:00Z', tags: ['kube_cluster_name:c'] },
      }),
    ],
    [
      'its first version',
      (log: object) => ({
        id: 'x',
        content: { attributes: log, timestamp: '2026-11-21T10:00:00Z', tags: ['cluster_name:c'] },
      }),
    ],
    ['a forwarder', (log: object) => ({ ...log, timestamp: 1795255200000, ddtags: 'env:prod, kube_cluster_name:c' })],
  ])('reads logs from %s, with the time and the tag of the log', (_where, around) => {
    const { events, rejects } = read(JSON.stringify(around(remapped(timeless))));
    expect(rejects).toEqual([]);
    expect(events.map(({ cluster, time, verb, code, user }) => [cluster, time, verb, code, user.name])).toEqual([
      ['c', microsOf('2026-11-21T10:00:00.000000Z'), 'get', 200, 'system:serviceaccount:dev:gitops'],
    ]);
  });

  it('prefers what was not moved', () => {
    const { events } = read(
      JSON.stringify({
        ...remapped({ responseStatus: { code: 403, reason: 'Forbidden' }, userAgent: 'a', sourceIPs: ['10.1.1.1'] }),
        user: { username: 'me' },
        timestamp: '2020-01-01T00:00:00Z',
      }),
    );
    const [event] = events;
    expect([event!.code, event!.userAgent, event!.peer, event!.user.name]).toEqual([403, 'a', '10.1.1.1', 'me']);
    expect(event!.time).toBe(microsOf('2026-11-21T10:20:10.010471Z'));
    expect(event!.statusReason).toBe('Forbidden');
  });

  it('completes a status without its code', () => {
    const { events } = read(JSON.stringify(remapped({ responseStatus: { reason: 'Forbidden' } })));
    expect(events.map(({ code, statusReason }) => [code, statusReason])).toEqual([[200, 'Forbidden']]);
  });

  it.each([
    ['/apis/apps/v1/namespaces/prod/deployments/web', 'prod'],
    ['/api/v1/namespaces/prod', ''],
    ['/api/v1/nodes/cp', ''],
    ['/api/v1/namespaces/../pods/x', ''],
  ])('reads the namespace of %s', (requestURI, namespace) => {
    const objectRef = { resource: 'x', name: 'y' };
    const { events } = read(JSON.stringify(remapped({ requestURI, objectRef })));
    expect(events.map(({ object }) => object?.namespace)).toEqual([namespace]);
  });

  it('takes the time of receipt where it has no other', () => {
    for (const beside of [{}, { host: 'cp', cluster: 'c' }]) {
      const { events } = read(JSON.stringify(remapped({ ...timeless, ...beside })), {}, 1_795_256_410_500_000);
      expect(events.map(({ time, verb }) => [time, verb])).toEqual([[1_795_256_410_500_000, 'get']]);
    }
  });

  it('has no time to invent', () => {
    expect(read(JSON.stringify(remapped(timeless)))).toMatchObject({
      events: [],
      rejects: [{ reason: 'no usable time' }],
    });
  });

  it.each([
    ['another log', { http: { method: 'GET', status_code: 200 }, attributes: { http: {} } }],
    ['odd attributes', { http: 'x', attributes: [], content: 7 }],
  ])('leaves %s', (_what, record) => {
    expect(read(JSON.stringify(record))).toMatchObject({
      events: [],
      rejects: [{ shape: 'unknown', reason: 'not an event' }],
    });
  });
});
