import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Progress } from '../../src/sources/kafka-progress.ts';

const KEY = 'kafka/audit/events/0';
const extents = (low: number, high: number) => [{ partition: 0, low, high }];

describe('Progress', () => {
  it.each([
    ['nothing saved, from the beginning', new Map(), true, 7, []],
    ['nothing saved, from the end', new Map(), false, 20, []],
    ['another source’s position', new Map([['kafka/other/events/0', '9']]), true, 7, []],
    ['a position within', new Map([[KEY, '12']]), true, 12, []],
    ['the oldest record', new Map([[KEY, '7']]), false, 7, []],
    ['the end', new Map([[KEY, '20']]), true, 20, []],
    ['one before the oldest', new Map([[KEY, '6']]), true, 7, [{ topic: 'events', partition: 0, from: 6, to: 7 }]],
    ['one past the end', new Map([[KEY, '21']]), true, 7, [{ topic: 'events', partition: 0, from: 21, to: 7 }]],
  ])('begins right: %s', (_, saved, fromBeginning, next, jumps) => {
    const progress = new Progress('audit', saved, fromBeginning);
    expect(progress.begin('events', extents(7, 20), true)).toEqual(jumps);
    expect(progress.next('events', 0)).toBe(next);
  });

  it('begins a partition that came later with its oldest record, whatever fromBeginning says', () => {
    const progress = new Progress('audit', new Map([[KEY, '12']]), false);
    progress.begin('events', [...extents(7, 20), { partition: 1, low: 3, high: 9 }], true);
    expect([progress.next('events', 1), progress.next('events', 2)]).toEqual([3, 0]);
  });

  it('tells with the first positions where silent partitions began', () => {
    const progress = new Progress('audit', new Map(), false);
    progress.begin('events', [...extents(0, 5), { partition: 1, low: 0, high: 8 }], true);
    expect(Object.fromEntries(progress.advance('events', 0, 6))).toEqual({ [KEY]: '6', 'kafka/audit/events/1': '8' });
    expect(Object.fromEntries(progress.advance('events', 0, 7))).toEqual({ [KEY]: '7' });
  });

  it('follows a refused offset once', () => {
    const progress = new Progress('audit', new Map([[KEY, '12']]), true);
    progress.begin('events', extents(7, 20), true);
    expect(progress.follow('events', 0, 15)).toBeUndefined();
    progress.markOutOfRange('events', 0);
    expect(progress.follow('events', 0, 15)).toEqual({ topic: 'events', partition: 0, from: 12, to: 15 });
    expect(progress.next('events', 0)).toBe(15);
    expect(progress.follow('events', 0, 99)).toBeUndefined();
  });

  it('refuses a saved position that is no offset', () => {
    const texts = fc.string().filter((text) => !/^\d{1,15}$/.test(text));
    fc.assert(
      fc.property(texts, (text) => {
        expect(() => new Progress('audit', new Map([[KEY, text]]), true)).toThrow(/is not an offset/);
      }),
    );
  });
});
