import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { line } from '../decoding.ts';
import { aksRecord } from './aks.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

describe('aks-record', () => {
  it('reads the sample: a whole event, and what stood before a cut at 16 KiB with the time of the record', () => {
    const { events, shapes, rejects, passed } = read(sampleOf('aks-record.ndjson'));
    expect([rejects, passed]).toEqual([[], []]);
    expect(shapes).toEqual([
      ['aks-record', 'raw-event'],
      ['aks-record', 'raw-event'],
    ]);
    expect(events.map(({ cutShort }) => cutShort)).toEqual([false, true]);
    expect(essence(events[1]!)).toEqual({
      cluster: 'kubetest',
      auditId: '7b8a1f0e-54a1-4d3c-8f58-0c1f4e6f3a27',
      verb: 'patch',
      user: 'system:serviceaccount:kube-system:node-controller',
      resource: 'nodes/status',
      namespace: '',
      name: 'aks-agentpool-0',
      code: 200,
      stage: 'ResponseComplete',
      level: 'RequestResponse',
    });
    expect(events.map(({ time }) => time)).toEqual([
      microsOf('2020-05-05T16:16:37.663647Z'),
      microsOf('2024-11-12T09:00:03.000000Z'),
    ]);
    expect(events.map(({ responseObject }) => responseObject)).toEqual([undefined, undefined]);
  });

  it('rejects the rest of a cut record by a reason of its own, and goes on behind it', () => {
    const whole = line({ requestObject: { spec: 'x'.repeat(20_000) } });
    const parts = [whole.slice(0, 16_384), whole.slice(16_384), line({ auditID: 'next' })];
    const records = parts.map((log) => aksRecord({ properties: { log } }));
    const { events, rejects } = read(JSON.stringify({ records }));
    expect(events.map(({ auditId, cutShort }) => [auditId, cutShort])).toEqual([
      ['1c0ad2ca-1736-42af-9cad-4226f6720e14', true],
      ['next', false],
    ]);
    expect(rejects).toMatchObject([{ shape: 'aks-record', reason: 'rest of a cut record' }]);
    expect(JSON.stringify(rejects)).not.toContain('xxxxxxxxxx');
  });

  it('reads properties that are a string themselves', () => {
    const { events } = read(JSON.stringify(aksRecord({ properties: JSON.stringify({ log: line() }) })));
    expect(events.map(({ cluster, verb }) => [cluster, verb])).toEqual([['test-aks', 'get']]);
  });

  it.each([
    ['no properties', { properties: undefined }],
    ['null', { properties: null }],
    ['an empty log', { properties: { log: '' } }],
    ['a log of numbers', { properties: { log: 5 } }],
    ['a log that is a list', { properties: { log: [line()] } }],
  ])('rejects %s', (_what, over) => {
    const { events, rejects } = read(JSON.stringify(aksRecord(over)));
    expect(events).toEqual([]);
    expect(rejects).toMatchObject([{ shape: 'aks-record', reason: 'no properties.log' }]);
  });

  it('rejects a cut record of which too little is left, and one with no time at all', () => {
    const timeless = line({ requestReceivedTimestamp: undefined, stageTimestamp: undefined }).slice(0, -20);
    for (const [log, time] of [
      [line().slice(0, 40), '2026-11-21T10:20:10Z'],
      [timeless, 'yesterday'],
      [timeless, undefined],
    ]) {
      const { events, rejects } = read(JSON.stringify(aksRecord({ time, properties: { log } })));
      expect(events).toEqual([]);
      expect(rejects).toMatchObject([{ shape: 'aks-record', reason: 'cut short' }]);
    }
  });

  it('leaves an event with a category beside its own members to the shapes of events', () => {
    const { shapes, passed } = read(line({ category: 'kube-scheduler', properties: {}, '@timestamp': 'x' }));
    expect(passed).toEqual([]);
    expect(shapes.flat()).not.toContain('aks-record');
    expect(shapes).toHaveLength(1);
  });
});
