import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { line } from '../decoding.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

const hit = (source: string): string => `{"_index":"audit","_id":"x","_source":${source}}`;

describe('elasticsearch-hit', () => {
  it('reads the sample, through what was indexed', () => {
    const { events, shapes, rejects } = read(sampleOf('elasticsearch-hit.ndjson'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([['elasticsearch-hit', 'elastic-agent', 'raw-event']]);
    expect(events.map(essence)).toMatchObject([
      { cluster: 'home', auditId: '8b8398cd-1d93-4659-805e-0c9d616aa960', verb: 'create', code: 403 },
    ]);
    expect(events[0]!.time).toBe(microsOf('2022-07-05T16:08:04.199050Z'));
  });

  it('reads the answer of a search: each hit by itself', () => {
    const hits = [
      hit(line({ auditID: 'a' })),
      '{"_index":"x"}',
      hit('{"a":1}'),
      hit(JSON.stringify({ log: line({ auditID: 'b' }) })),
    ];
    const { events, rejects } = read(`{"took":1,"hits":{"total":4,"hits":[${hits.join(',')}]}}`);
    expect(events.map(({ auditId }) => auditId)).toEqual(['a', 'b']);
    expect(rejects).toHaveLength(2);
  });

  it('reads an empty answer', () => {
    expect(read('{"hits":{"hits":[]}}')).toMatchObject({ events: [], rejects: [] });
  });

  it('stops at more hits than one answer has', () => {
    const { events, rejects } = read(`{"hits":{"hits":[${'{},'.repeat(100_000)}{}]}}\n${line()}`);
    expect(events).toHaveLength(1);
    expect(rejects).toMatchObject([{ shape: 'elasticsearch-hit', reason: 'too many records' }]);
  });
});
