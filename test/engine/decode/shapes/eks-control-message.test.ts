import { describe, expect, it } from 'vitest';
import { read, sampleOf } from './unwrapping.ts';

describe('eks-control-message', () => {
  it('passes the sample, and the same without its wrapping', () => {
    for (const input of [sampleOf('eks-control-message.json'), '{"messageType":"CONTROL_MESSAGE","logEvents":[{}]}']) {
      const { events, rejects, passed } = read(input);
      expect([events, rejects]).toEqual([[], []]);
      expect(passed).toEqual(['eks-control-message: a probe of the subscription']);
    }
  });

  it('leaves other types of message alone', () => {
    for (const messageType of ['CONTROL', 7, null])
      expect(read(JSON.stringify({ messageType })).rejects).toMatchObject([{ shape: 'unknown' }]);
  });
});
