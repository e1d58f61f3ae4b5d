import { describe, expect, it } from 'vitest';
import { line } from '../decoding.ts';
import { read, sampleOf } from './unwrapping.ts';

describe('klog', () => {
  it('passes the sample', () => {
    expect(read(sampleOf('klog.log'))).toMatchObject({ events: [], rejects: [], passed: ['klog: klog text'] });
  });

  it('leaves what is broken within a list to be rejected, whatever it looks like', () => {
    for (const start of [
      'I0505 16:16:37.663647       1 main.go:1] x',
      '2026-11-21T10:20:10Z stdout F {"a":1}',
      'node-1 {"a":1}',
    ])
      for (const list of [
        `{"items":[${start}`,
        `[${line()},${start}`,
        `{"kind":"EventList","items":[${start},${line()}]}`,
      ]) {
        const { rejects, passed } = read(`${list}\n${line()}`);
        expect(passed).toEqual([]);
        expect(new Set(rejects.map(({ shape }) => shape))).toEqual(new Set(['unknown']));
      }
  });

  it('passes its lines among events', () => {
    const { events, rejects, passed } = read(
      [line(), 'E1121 10:20:10.123456       1 main.go:1] {"kind":"Event"}', line(), 'I1121 nothing', ''].join('\n'),
    );
    expect(events).toHaveLength(2);
    expect(passed).toEqual(['klog: klog text']);
    expect(rejects).toMatchObject([{ reason: 'not JSON' }]);
  });
});
