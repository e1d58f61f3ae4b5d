import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DetectorMemory } from '../../../src/engine/memory.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/model/index.ts';
import { at, Rows, T } from './model.ts';

const options = { budgetBytes: 8 << 20 };

const text = fc.constantFrom(
  '',
  'a',
  'b',
  '","',
  '\0',
  '\ud800',
  'é',
  '日本',
  '["c","a"]',
  'x'.repeat(300),
  'x'.repeat(301),
);
const operation = fc.record({
  kind: fc.constantFrom('count', 'distinct', 'firstSeen', 'session'),
  name: fc.constantFrom('one', 'two'),
  key: fc.constantFrom('', '","', '\ud800', 'x'.repeat(300)),
  value: text,
  span: fc.constantFrom(3 * SECOND, MINUTE, 5 * MINUTE, HOUR),
  limit: fc.constantFrom(1, 2, 5),
  // Later, or up to five minutes late, or forged.
  step: fc.constantFrom(
    0,
    0,
    1,
    1,
    SECOND,
    SECOND,
    4 * SECOND,
    3 * MINUTE,
    20 * MINUTE,
    -SECOND,
    -4 * MINUTE,
    -HOUR,
    400 * DAY,
  ),
  after: fc.constantFrom('nothing', 'nothing', 'nothing', 'collect', 'restart', 'expire'),
});
type Operation = typeof operation extends fc.Arbitrary<infer O> ? O : never;

/** Everything that an operation can answer, as text. */
function answer(memory: DetectorMemory, { kind, name, key, value, span, limit }: Operation): string {
  if (kind === 'firstSeen' || kind === 'session') return JSON.stringify(memory[kind](name, key, span));
  if (kind === 'distinct') {
    const told = memory.distinct(name, key, value, span, limit);
    return JSON.stringify([told, memory.members(name, key, span)]);
  }
  const { count, first, evidence } = memory.count(name, key, span, limit);
  return JSON.stringify([count, first, evidence]);
}

describe('saved memory', () => {
  it('answers as if it had never been saved and restored', () => {
    let restarts = 0;
    let above = 0;
    fc.assert(
      fc.property(fc.array(operation, { minLength: 30, maxLength: 100 }), fc.boolean(), (operations, backwards) => {
        const whole = new DetectorMemory(options);
        let parted = new DetectorMemory(options);
        const rows = new Rows();
        let clock = T;
        for (const [index, each] of operations.entries()) {
          const time = clock + each.step;
          if (each.step < DAY) clock = Math.max(clock, time);
          at(whole, time, clock, `event ${index}`);
          at(parted, time, clock, `event ${index}`);
          const told = answer(whole, each);
          expect(answer(parted, each)).toBe(told);
          if (/^\[[2-9]|"times":[2-9]/.test(told)) above += 1;
          if (each.after === 'nothing') continue;
          if (each.after === 'expire') {
            whole.expire(clock);
            parted.expire(clock);
            continue;
          }
          rows.collect(parted);
          expect(rows.collect(parted)).toEqual({ put: [], deleted: [] });
          if (each.after === 'collect') continue;
          parted = rows.restored(options, backwards);
          expect(parted.stats().keys).toBe(whole.stats().keys);
          expect(parted.stats().bytes).toBeLessThanOrEqual(whole.stats().bytes);
          restarts += 1;
        }
      }),
      { numRuns: 300 },
    );
    expect(Math.min(restarts, above)).toBeGreaterThan(500);
  });

  it('answers the same whether what expired was removed or not, up to 5 minutes late', () => {
    let removed = 0;
    fc.assert(
      fc.property(fc.array(operation, { minLength: 30, maxLength: 100 }), (operations) => {
        const tidy = new DetectorMemory(options);
        const untidy = new DetectorMemory(options);
        let clock = T;
        for (const each of operations) {
          const time = clock + Math.max(each.step === 400 * DAY ? 2 * HOUR : each.step, -5 * MINUTE);
          clock = Math.max(clock, time);
          at(tidy, time, clock);
          at(untidy, time, clock);
          expect(answer(tidy, each)).toBe(answer(untidy, each));
          tidy.expire(clock);
          removed += untidy.stats().keys - tidy.stats().keys;
        }
      }),
      { numRuns: 200 },
    );
    expect(removed).toBeGreaterThan(1_000);
  });

  it('writes only what changed', () => {
    const memory = new DetectorMemory(options);
    const rows = new Rows();
    for (let key = 0; key < 50; key += 1) {
      at(memory, T + key).count('a', String(key), HOUR, 5);
      memory.session('s', String(key), HOUR);
    }
    expect(rows.collect(memory).put).toHaveLength(100);
    at(memory, T + 100).count('a', '7', HOUR, 5);
    memory.session('s', '9', HOUR);
    expect(rows.collect(memory)).toEqual({ put: ['["c","a","7",1]', '["s","s","9"]'], deleted: [] });
  });

  it('deletes the rows of what leaves a run and of what expires', () => {
    const memory = new DetectorMemory(options);
    const rows = new Rows();
    for (let event = 0; event < 30; event += 1) {
      at(memory, T + event * SECOND).count('a', 'k', 10 * MINUTE, 5);
      rows.collect(memory);
    }
    expect(rows.rows.size).toBe(10);
    at(memory, T + MINUTE).distinct('d', 'k', 'v', MINUTE, 5);
    memory.firstSeen('f', 'k', MINUTE);
    memory.session('s', 'k', MINUTE);
    rows.collect(memory);
    expect(rows.rows.size).toBe(13);
    memory.expire(T + 7 * MINUTE);
    expect(rows.collect(memory)).toEqual({ put: [], deleted: [] });
    memory.expire(T + 7 * MINUTE + 1);
    expect(rows.collect(memory).deleted).toHaveLength(3);
    memory.expire(T + 16 * MINUTE);
    expect(rows.collect(memory).deleted).toHaveLength(10);
    expect(rows.rows.size).toBe(0);
    expect(memory.stats()).toMatchObject({ keys: 0, bytes: 0, evictions: 0, refused: 0 });
  });

  it('lets a row with a forged time go by the clock', () => {
    const memory = new DetectorMemory(options);
    at(memory, T * 2, T).count('a', 'k', MINUTE, 5);
    at(memory, 0, T).count('a', 'late', MINUTE, 5);
    memory.expire(T + 6 * MINUTE + 1);
    expect(memory.stats().keys).toBe(1);
    memory.expire(T + 31 * DAY);
    expect(memory.stats().keys).toBe(0);
  });

  it('goes on through a jump of the clock that had not been believed', () => {
    const memory = new DetectorMemory(options);
    const jump = T + 3 * HOUR;
    for (let event = 0; event < 4; event += 1) at(memory, jump + event, T).count('a', 'k', MINUTE, 9);
    memory.expire(jump + 4);
    expect(at(memory, jump + 5, jump + 5).count('a', 'k', MINUTE, 9).count).toBe(5);
  });

  it('deletes rows that it cannot read', () => {
    const memory = new DetectorMemory(options);
    const bad = [
      ['', '[1,2]'],
      ['[]', '[1,2]'],
      ['["c","a","k"]', '[1,2,[]]'],
      ['["c","a","k",1]', '[1,2]'],
      ['["x","a","k"]', '[1,2,3,4]'],
      ['["f","a","k"]', '[1,2,null,4]'],
      ['["d","a","k",5]', '[1,2]'],
      ['["d","a","k","v"]', 'no list'],
    ] as const;
    for (const [key, value] of bad) memory.restore(key, value);
    const rows = new Rows();
    expect(rows.collect(memory)).toEqual({ put: [], deleted: bad.map(([key]) => key) });
    expect(memory.stats().keys).toBe(0);
  });
});
