import { describe, expect, it } from 'vitest';
import { line } from '../decoding.ts';
import { read, sampleOf } from './unwrapping.ts';

const PASSED = "rancher: log of Rancher's API, not the cluster's audit log";

describe('rancher', () => {
  it('passes the sample, and entries of a single stage', () => {
    const entry = JSON.parse(sampleOf('rancher.json').toString()) as Record<string, unknown>;
    for (const over of [
      {},
      { stage: 'RequestReceived', responseTimestamp: undefined },
      { requestHeader: {}, requestBody: {} },
    ]) {
      const { events, rejects, passed } = read(JSON.stringify({ ...entry, ...over }));
      expect([events, rejects]).toEqual([[], []]);
      expect(passed).toEqual([PASSED]);
    }
  });

  it('takes no event for it', () => {
    const { events, passed } = read(line({ method: 'GET', remoteAddr: '10.0.0.1:5', requestTimestamp: 'x' }));
    expect(passed).toEqual([]);
    expect(events).toHaveLength(1);
  });
});
