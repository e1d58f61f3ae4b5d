import { describe, expect, it } from 'vitest';
import { aksEventhub } from '../../../../src/engine/decode/shapes/aks-eventhub.ts';
import { line, rawEvent } from '../decoding.ts';
import { aksRecord } from './aks.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

const CHAIN = ['aks-eventhub', 'raw-event'];

describe('aks-eventhub', () => {
  it('reads the sample: an event from each record, the cluster of the resource id', () => {
    const { events, shapes, rejects, passed } = read(sampleOf('aks-eventhub.json'));
    expect([rejects, passed]).toEqual([[], []]);
    expect(shapes).toEqual([CHAIN, CHAIN]);
    const all = {
      cluster: 'kubetest',
      verb: 'get',
      user: 'system:serviceaccount:kube-system:resourcequota-controller',
      resource: '',
      namespace: '',
      name: '',
      code: 200,
      stage: 'ResponseComplete',
      level: 'Metadata',
    };
    expect(events.map(essence)).toEqual([
      { ...all, auditId: '55ffceaa-b7c3-478e-98c6-e509cd2f0dd7' },
      { ...all, auditId: 'cd7742f3-6ded-467d-af75-c1a8e333ebd0' },
    ]);
    expect(events.map(({ uri }) => uri)).toEqual([
      '/apis/metrics.k8s.io/v1beta1?timeout=32s',
      '/apis/certificates.k8s.io/v1beta1?timeout=32s',
    ]);
  });

  it('takes each record for itself: another log, a metric, an object, one that is broken', () => {
    const { events, shapes, rejects, passed } = read(
      JSON.stringify({
        records: [
          aksRecord(),
          aksRecord({ category: 'kube-scheduler', properties: { log: 'I0602 09:00:00.000000 1 a.go:1] hello' } }),
          { count: 4, total: 9, metricName: 'node_cpu_usage', resourceId: '/SUBSCRIPTIONS/1', time: 'now' },
          aksRecord({ properties: { log: rawEvent({ auditID: 'second' }) } }),
          aksRecord({ properties: 7 }),
          17,
          aksRecord({ properties: { log: line({ auditID: 'third' }) } }),
        ],
      }),
    );
    expect(events.map(({ auditId }) => auditId)).toEqual(['1c0ad2ca-1736-42af-9cad-4226f6720e14', 'second', 'third']);
    expect(shapes).toEqual([CHAIN, CHAIN, CHAIN]);
    expect(rejects.map(({ shape, reason }) => [shape, reason])).toEqual([
      ['aks-record', 'no properties.log'],
      ['aks-eventhub', 'not an event'],
    ]);
    expect(passed).toEqual(['aks-klog: another log', 'aks-klog: a metric']);
  });

  it.each([
    ['the record', { cluster: 'from-topic' }, 'from-topic'],
    ['the resource id', {}, 'test-aks'],
  ])('takes the cluster from %s', (_where, origin, cluster) => {
    const { events } = read(JSON.stringify({ records: [aksRecord()] }), origin);
    expect(events.map((event) => event.cluster)).toEqual([cluster]);
  });

  it('passes a message without records, and leaves records of other makers alone', () => {
    expect(read('{"records":[]}').passed).toEqual(['aks-eventhub: no records']);
    for (const records of [7, {}, null, 'x']) {
      const { events, rejects } = read(JSON.stringify({ records }));
      expect([events, rejects.map(({ shape }) => shape)]).toEqual([[], ['unknown']]);
    }
  });

  it('saves the whole records of a message that breaks off', () => {
    const whole = Buffer.from(JSON.stringify({ records: [aksRecord(), aksRecord(), aksRecord()] }));
    const second = whole.indexOf('},{', whole.indexOf('},{') + 1);
    for (const [bytes, pieces] of [
      [whole.subarray(0, second + 40), 2],
      [whole.subarray(0, second + 1), 2],
      [whole.subarray(0, second + 2), 2],
      [whole.subarray(0, second), 1],
    ] as const) {
      const found = aksEventhub.unwrapCut!(bytes);
      expect(found).toBeDefined();
      const saved = [...(found as { pieces: Iterable<{ bytes: Buffer }> }).pieces];
      expect(saved).toHaveLength(pieces);
      const [first] = saved;
      // The bytes are shared, not copied.
      expect(first!.bytes.buffer).toBe(whole.buffer);
    }
    for (const bytes of ['{"records":[', '{"records":[{', '{"records":', '{"items":[{}', '{"records":{"a":[{'])
      expect(aksEventhub.unwrapCut!(Buffer.from(bytes))).toBeUndefined();
  });
});
