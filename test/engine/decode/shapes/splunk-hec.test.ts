import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { line } from '../decoding.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

describe('splunk-hec', () => {
  it('reads the sample, with the cluster of the collector', () => {
    const { events, shapes, rejects } = read(sampleOf('splunk-hec.ndjson'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([['splunk-hec', 'raw-event']]);
    expect(events.map(essence)).toMatchObject([
      { cluster: 'prod-east', verb: 'get', user: 'dev@example.org', resource: 'secrets' },
    ]);
    expect(events[0]!.time).toBe(microsOf('2025-06-02T09:00:00.004001Z'));
  });

  it('reads a line that was not parsed, and what a cut left of it', () => {
    expect(read(JSON.stringify({ event: line(), time: 1 })).events.map(({ verb }) => verb)).toEqual(['get']);
    const event = line().slice(0, line().indexOf('"requestReceivedTimestamp"'));
    const { events } = read(JSON.stringify({ event, time: '1795256410.500000' }));
    expect(events.map(({ cutShort, time }) => [cutShort, time])).toEqual([[true, 1_795_256_410_500_000]]);
  });

  it.each([{ event: 'hello' }, { event: { verb: 'get' } }, { event: {} }, { event: 7 }])('leaves %j', (record) => {
    expect(read(JSON.stringify(record))).toMatchObject({ events: [], rejects: [{ reason: 'not an event' }] });
  });
});
