import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { steppedTimes } from '../../../src/engine/memory/stepped-times.ts';
import { DetectorMemory } from '../../../src/engine/memory.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/model/index.ts';
import { at, Rows, T } from './model.ts';

const roomy = () => new DetectorMemory({ budgetBytes: 8 << 20 });

describe('firstSeen', () => {
  it('is new once, and again when its ttl has passed since its last sighting', () => {
    const memory = roomy();
    const see = (hours: number) => at(memory, T + hours * HOUR).firstSeen('a', 'k', 2 * HOUR);
    expect(see(0)).toEqual({ isNew: true, since: T, times: 1 });
    expect(see(1)).toEqual({ isNew: false, since: T, times: 2 });
    expect(see(2.9)).toEqual({ isNew: false, since: T, times: 3 });
    expect(see(4.9)).toEqual({ isNew: true, since: T + 4.9 * HOUR, times: 1 });
  });

  it('takes a late sighting as an earlier first one, a forged past as none', () => {
    const memory = roomy();
    at(memory, T).firstSeen('a', 'k', DAY);
    expect(at(memory, T - MINUTE, T).firstSeen('a', 'k', DAY)).toEqual({ isNew: false, since: T - MINUTE, times: 2 });
    expect(at(memory, T - DAY, T).firstSeen('a', 'k', DAY).since).toBe(T - MINUTE);
  });

  it('forgets at most a sixteenth early, never late', () => {
    let known = 0;
    let forgotten = 0;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 3, maxLength: 40 }),
        fc.integer({ min: 16, max: 100 }),
        (gaps, ttl) => {
          const memory = roomy();
          let time = T;
          at(memory, time).firstSeen('a', 'k', ttl);
          for (const gap of gaps) {
            time += gap;
            const { isNew } = at(memory, time).firstSeen('a', 'k', ttl);
            expect({ isNew, certain: gap >= ttl || isNew === false || gap >= ttl - ttl / 16 }).toEqual({
              isNew: gap >= ttl || isNew,
              certain: true,
            });
            if (isNew) forgotten += 1;
            else known += 1;
          }
        },
      ),
      { numRuns: 200 },
    );
    expect(Math.min(known, forgotten)).toBeGreaterThan(100);
  });

  it('writes few rows for what is usual', () => {
    const memory = roomy();
    const rows = new Rows();
    let puts = 0;
    for (let event = 0; event < 20_000; event += 1) {
      at(memory, T + event * SECOND).firstSeen('a', 'k', 30 * DAY);
      puts += rows.collect(memory).put.length;
    }
    expect(puts).toBeGreaterThan(16);
    expect(puts).toBeLessThan(160);
  });

  it('counts exactly below sixteen and about right beyond', () => {
    let times = 0;
    for (let event = 1; event <= 15; event += 1) expect((times = steppedTimes(times, T + event))).toBe(event);
    const ends = Array.from({ length: 40 }, (_, run) => {
      let counted = 0;
      for (let event = 0; event < 10_000; event += 1)
        counted = steppedTimes(counted, T + (run * 10_000 + event) * 7_919);
      return counted;
    });
    const mean = ends.reduce((sum, each) => sum + each, 0) / ends.length;
    expect(mean).toBeGreaterThan(8_500);
    expect(mean).toBeLessThan(11_500);
    expect(Math.min(...ends)).toBeGreaterThan(4_000);
    expect(Math.max(...ends)).toBeLessThan(20_000);
    expect(steppedTimes(2 ** 31, T)).toBe(2 ** 31);
  });
});

describe('session', () => {
  it('goes on while no gap is longer than the gap, exactly', () => {
    let opened = 0;
    let joined = 0;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 3, maxLength: 60 }),
        fc.integer({ min: 1, max: 25 }),
        (gaps, gap) => {
          const memory = roomy();
          let time = T;
          let expected = { isNew: true, since: T, times: 1 };
          expect(at(memory, time).session('a', 'k', gap)).toEqual(expected);
          for (const each of gaps) {
            time += each;
            expected =
              each > gap
                ? { isNew: true, since: time, times: 1 }
                : { isNew: false, since: expected.since, times: expected.times + 1 };
            expect(at(memory, time).session('a', 'k', gap)).toEqual(expected);
            if (expected.isNew) opened += 1;
            else joined += 1;
          }
        },
      ),
      { numRuns: 200 },
    );
    expect(Math.min(opened, joined)).toBeGreaterThan(500);
  });

  it('takes late sightings in, and leaves an earlier run alone', () => {
    const memory = roomy();
    at(memory, T).session('a', 'k', MINUTE);
    expect(at(memory, T - 50 * SECOND, T).session('a', 'k', MINUTE)).toEqual({
      isNew: false,
      since: T - 50 * SECOND,
      times: 2,
    });
    expect(at(memory, T - 4 * MINUTE, T).session('a', 'k', MINUTE)).toEqual({
      isNew: true,
      since: T - 4 * MINUTE,
      times: 1,
    });
    expect(at(memory, T + MINUTE).session('a', 'k', MINUTE)).toEqual({
      isNew: false,
      since: T - 50 * SECOND,
      times: 3,
    });
  });

  it('comes back from a time far ahead of the clock', () => {
    const memory = roomy();
    at(memory, T * 2, T).session('a', 'k', MINUTE);
    expect(at(memory, T).session('a', 'k', MINUTE)).toEqual({ isNew: false, since: T, times: 2 });
    expect(at(memory, T + 2 * MINUTE).session('a', 'k', MINUTE).isNew).toBe(true);
  });
});
