import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { line } from '../decoding.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

const old = (over: object): string =>
  line({
    requestReceivedTimestamp: undefined,
    stageTimestamp: undefined,
    apiVersion: 'audit.k8s.io/v1alpha1',
    ...over,
  });

describe('v1alpha1', () => {
  it('reads the sample: times and API group under their old names', () => {
    const { events, shapes, rejects } = read(sampleOf('v1alpha1.ndjson'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([['v1alpha1', 'raw-event']]);
    expect(events.map(essence)).toMatchObject([
      { cluster: 'home', verb: 'patch', resource: 'deployments', name: 'web', code: 200 },
    ]);
    expect(events[0]!.object).toMatchObject({ apiGroup: 'apps', apiVersion: 'v1beta1' });
    expect(events[0]!.time).toBe(microsOf('2017-09-04T14:02:11.000000Z'));
    expect(events[0]!.flaws).toEqual([]);
  });

  it.each([
    ['the stage', { metadata: { creationTimestamp: '2017-09-04T14:02:11Z' }, timestamp: '2017-09-04T14:02:10Z' }, '11'],
    ['the request', { timestamp: '2017-09-04T14:02:10Z' }, '10'],
    ['v1beta1', { apiVersion: 'audit.k8s.io/v1beta1', metadata: { creationTimestamp: '2017-09-04T14:02:12Z' } }, '12'],
    ['no version', { apiVersion: undefined, timestamp: '2017-09-04T14:02:13Z' }, '13'],
  ])('takes the time of %s', (_what, over, second) => {
    const { events } = read(old(over));
    expect(events.map(({ time }) => time)).toEqual([microsOf(`2017-09-04T14:02:${second}.000000Z`)]);
  });

  it('keeps the newer names where an event has both', () => {
    const { events } = read(old({ stageTimestamp: '2018-10-26T13:38:34.902914Z', timestamp: '2018-10-26T13:38:34Z' }));
    expect(events.map(({ time }) => time)).toEqual([microsOf('2018-10-26T13:38:34.902914Z')]);
  });

  it('takes no time of a shipper for that of an event of today', () => {
    const { events, rejects } = read(old({ apiVersion: 'audit.k8s.io/v1', timestamp: '2026-11-21T10:00:00Z' }));
    expect(events).toEqual([]);
    expect(rejects).toMatchObject([{ reason: 'no usable time' }]);
  });

  it.each([{ timestamp: 7 }, { timestamp: 'soon' }, { metadata: null }, { metadata: { creationTimestamp: {} } }])(
    'refuses %j',
    (over) => {
      expect(read(old(over))).toMatchObject({ events: [], rejects: [{ reason: 'no usable time' }] });
    },
  );
});
