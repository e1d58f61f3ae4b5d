import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { rawEvent } from '../decoding.ts';
import { aksRecord } from './aks.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

describe('aks-object', () => {
  it('reads the sample: the event of the object, the cluster of the resource id', () => {
    const { events, shapes, rejects } = read(sampleOf('aks-object.json'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([['aks-object', 'raw-event']]);
    expect(events.map(essence)).toEqual([
      {
        cluster: 'test-aks',
        auditId: '3f1a0f6e-8f0a-4f52-9a6c-0d3c2d1b7a01',
        verb: 'get',
        user: 'aksService',
        resource: 'secrets',
        namespace: 'prod',
        name: 'db',
        code: 200,
        stage: 'ResponseComplete',
        level: 'Metadata',
      },
    ]);
    expect(events[0]!.time).toBe(microsOf('2025-06-02T09:00:00.004001Z'));
  });

  it('reads kube-audit as well as kube-audit-admin, of the last log given', () => {
    const record = JSON.stringify(aksRecord({ properties: { log: rawEvent() } }));
    const twice = record.replace('"properties":', '"properties":{"log":{}},"properties":');
    const { events } = read([record, record.replace('"kube-audit"', '"kube-audit-admin"'), twice].join('\n'));
    expect(events.map(({ verb, cluster }) => [verb, cluster])).toEqual(
      Array.from({ length: 3 }, () => ['get', 'test-aks']),
    );
  });

  it('rejects an object that is no event, under its own name', () => {
    const { events, rejects } = read(JSON.stringify(aksRecord({ properties: { log: { kind: 0 } } })));
    expect(events).toEqual([]);
    expect(rejects).toMatchObject([{ shape: 'aks-object', reason: 'not an event' }]);
  });
});
