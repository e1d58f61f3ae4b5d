import { describe, expect, it } from 'vitest';
import { line } from '../decoding.ts';
import { read } from './unwrapping.ts';

describe('klog', () => {
  it('passes its lines among events', () => {
    const { events, rejects, passed } = read(
      [line(), 'E1121 10:20:10.123456       1 main.go:1] {"kind":"Event"}', line(), 'I1121 nothing', ''].join('\n'),
    );
    expect(events).toHaveLength(2);
    expect(passed).toEqual(['klog: klog text']);
    expect(rejects).toMatchObject([{ reason: 'not JSON' }]);
  });
});
