import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DetectorMemory } from '../../../src/engine/memory.ts';
import { MINUTE, SECOND } from '../../../src/model/index.ts';
import { at, Rows, T } from './model.ts';

const roomy = () => new DetectorMemory({ budgetBytes: 8 << 20 });

describe('distinct', () => {
  it('counts different values within the window, the border as for counts', () => {
    const memory = roomy();
    const see = (second: number, value: string) =>
      at(memory, T + second * SECOND).distinct('a', 'k', value, MINUTE, 10);
    expect([see(0, 'x'), see(0, 'x'), see(10, 'y'), see(59, 'z'), see(60, 'z'), see(70, 'z')]).toEqual([
      1, 1, 2, 3, 2, 1,
    ]);
    expect(at(memory, T + 71 * SECOND).members('a', 'k', MINUTE)).toEqual(['z']);
    expect(at(memory, T + 71 * SECOND).members('a', 'other', MINUTE)).toEqual([]);
  });

  it('lists members oldest first, and as many as it counts', () => {
    const memory = roomy();
    for (const [second, value] of [
      [5, 'c'],
      [5, 'a'],
      [9, 'b'],
    ] as const)
      at(memory, T + second * SECOND).distinct('a', 'k', value, MINUTE, 10);
    expect(at(memory, T + 10 * SECOND).members('a', 'k', MINUTE)).toEqual(['a', 'c', 'b']);
  });

  it('saturates; of more values than the limit the oldest leave', () => {
    const memory = roomy();
    const told = Array.from({ length: 8 }, (_, n) => at(memory, T + n).distinct('a', 'k', `v${n}`, MINUTE, 5));
    expect(told).toEqual([1, 2, 3, 4, 5, 5, 5, 5]);
    expect(at(memory, T + 9).members('a', 'k', MINUTE)).toEqual(['v3', 'v4', 'v5', 'v6', 'v7']);
  });

  it('counts a late value with its neighbours', () => {
    const memory = roomy();
    const see = (second: number, value: string) =>
      at(memory, T + second * SECOND, T + 200 * SECOND).distinct('a', 'k', value, MINUTE, 10);
    expect([see(100, 'c'), see(90, 'b'), see(80, 'a'), see(10, 'z'), see(95, 'a')]).toEqual([1, 2, 3, 1, 3]);
  });

  it('moves a time from far ahead of the clock back to one that is believed', () => {
    const memory = roomy();
    at(memory, T * 2, T).distinct('a', 'k', 'x', MINUTE, 10);
    expect(at(memory, T).distinct('a', 'k', 'x', MINUTE, 10)).toBe(1);
    expect(at(memory, T + SECOND).distinct('a', 'k', 'y', MINUTE, 10)).toBe(2);
  });

  // Seen again within a sixteenth, the value is lost a little before its window ends.
  const BETWEEN: [number, string][] = [
    [0, 'a'],
    [9, 'a'],
    ...Array.from({ length: 5 }, (): [number, string] => [30, 'b']),
    [6, 'b'],
  ];

  it('never counts a value for longer than the window, and for a sixteenth less at most', () => {
    let between = 0;
    let most = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.constantFrom('a', 'b', 'c', 'd', 'é', '')), {
          minLength: 5,
          maxLength: 60,
        }),
        fc.integer({ min: 16, max: 200 }),
        (events, window) => {
          const memory = roomy();
          const last = new Map<string, number>();
          let time = T;
          for (const [gap, value] of events) {
            time += gap;
            last.set(value, time);
            const told = at(memory, time).distinct('a', 'k', value, window, 10);
            const within = (span: number) => [...last.values()].filter((each) => each > time - span).length;
            expect(told).toBeLessThanOrEqual(within(window));
            expect(told).toBeGreaterThanOrEqual(within(window - window / 16));
            expect(memory.members('a', 'k', window)).toHaveLength(told);
            if (told < within(window)) between += 1;
            most = Math.max(most, told);
          }
        },
      ),
      { numRuns: 300, examples: [[BETWEEN, 160]] },
    );
    expect(between).toBeGreaterThan(0);
    expect(most).toBe(6);
  });

  it('writes a row for each new member only, and nothing for what is seen again within a sixteenth', () => {
    const memory = roomy();
    const rows = new Rows();
    for (let value = 0; value < 100; value += 1)
      at(memory, T + value).distinct('a', 'k', `v${value}`, 16 * MINUTE, 500);
    expect(rows.collect(memory).put).toHaveLength(100);
    for (let value = 0; value < 100; value += 1)
      at(memory, T + MINUTE - SECOND).distinct('a', 'k', `v${value}`, 16 * MINUTE, 500);
    expect(rows.collect(memory)).toEqual({ put: [], deleted: [] });
    at(memory, T + 2 * MINUTE).distinct('a', 'k', 'v7', 16 * MINUTE, 500);
    at(memory, T + 2 * MINUTE).distinct('a', 'k', 'new', 16 * MINUTE, 500);
    expect(rows.collect(memory).put.sort()).toEqual(['["d","a","k","new"]', '["d","a","k","v7"]']);
  });
});
