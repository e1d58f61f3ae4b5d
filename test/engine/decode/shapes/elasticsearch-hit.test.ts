import { describe, expect, it } from 'vitest';
import { Inflation } from '../../../../src/engine/decode/inflation.ts';
import { JsonView } from '../../../../src/engine/decode/json-view.ts';
import { elasticsearchHit } from '../../../../src/engine/decode/shapes/elasticsearch-hit.ts';
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

  it('takes hits one by one, however many there are', () => {
    const hit = `{"_index":"audit","_source":${line()}}`;
    const answer = Buffer.from(`{"hits":{"hits":[${'{},'.repeat(30_000)}${hit}]}}`);
    const { events, rejects } = read(answer);
    expect([events.length, rejects.length]).toEqual([1, 30_000]);
    const { pieces } = elasticsearchHit.unwrap(new JsonView(answer, 0, answer.length), new Inflation()) as {
      pieces: Iterable<unknown>;
    };
    expect(Array.isArray(pieces)).toBe(false);
  });
});
