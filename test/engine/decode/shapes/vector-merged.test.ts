import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { line } from '../decoding.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

const merged = (beside: object): string => JSON.stringify({ ...(JSON.parse(line()) as object), ...beside });

describe('vector-merged', () => {
  it('reads the sample: members of the shipper change nothing', () => {
    const { events, shapes, rejects } = read(sampleOf('vector-merged.ndjson'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([['vector-merged', 'raw-event']]);
    expect(events.map(essence)).toMatchObject([
      { cluster: 'home', auditId: '3f1a0f6e-8f0a-4f52-9a6c-0d3c2d1b7a01', verb: 'get', user: 'dev@example.org' },
    ]);
    expect(essence(events[0]!)).toMatchObject({ resource: 'secrets', namespace: 'prod', name: 'db', code: 200 });
    expect(events[0]!.time).toBe(microsOf('2025-06-02T09:00:00.004001Z'));
  });

  it.each([
    [{ cluster: 'a' }, 'a'],
    [{ fields: { cluster: 'a' } }, 'a'],
    [{ orchestrator: { cluster: { name: 'a' } }, cluster: 'b' }, 'a'],
    [{ host: 'a' }, 'home'],
  ])('takes the cluster of %j', (beside, cluster) => {
    expect(read(merged(beside)).events.map((event) => event.cluster)).toEqual([cluster]);
  });

  it('takes no word of the event itself for the cluster', () => {
    const annotations = { cluster: 'a', cluster_name: 'b' };
    const { events } = read(merged({ host: 'cp', annotations, requestObject: { cluster: 'c' } }));
    expect(events.map((event) => event.cluster)).toEqual(['home']);
  });

  it('names each item of a list by itself', () => {
    const { events } = read(`[${merged({ cluster: 'a' })},${line()},${merged({ cluster: 'b' })}]`);
    expect(events.map((event) => event.cluster)).toEqual(['a', 'home', 'b']);
  });
});
