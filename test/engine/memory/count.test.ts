import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DetectorMemory } from '../../../src/engine/memory.ts';
import { MINUTE, SECOND } from '../../../src/model/index.ts';
import { at, evidenceFor, mostWithin, T } from './model.ts';

const roomy = () => new DetectorMemory({ budgetBytes: 8 << 20 });

describe('count', () => {
  it.each([
    // offsets of six events in seconds, window in seconds, counts told
    [[0, 1, 2, 3, 4, 5], 5, [1, 2, 3, 4, 5, 5]],
    [[0, 1, 2, 3, 4, 4.999999], 5, [1, 2, 3, 4, 5, 6]],
    [[297, 298, 299, 300, 301, 302], 300, [1, 2, 3, 4, 5, 6]],
    [[0, 60, 120, 180, 240, 300], 300, [1, 2, 3, 4, 5, 5]],
    [[0, 0, 0, 0, 0, 0], 1, [1, 2, 3, 4, 5, 6]],
    [[0, 10, 20, 30, 40, 50], 10, [1, 1, 1, 1, 1, 1]],
  ])('of events at %j within %is is %j', (offsets, window, counts) => {
    const memory = roomy();
    const told = offsets.map((offset) => at(memory, T + offset * SECOND).count('a', 'k', window * SECOND, 10).count);
    expect(told).toEqual(counts);
  });

  it('keeps names and keys apart', () => {
    const memory = roomy();
    for (const [name, key] of [
      ['a', 'b'],
      ['a', 'c'],
      ['ab', ''],
      ['', 'ab'],
    ] as const)
      expect(at(memory, T).count(name, key, MINUTE, 5).count).toBe(1);
    expect(at(memory, T).count('a', 'b', MINUTE, 5).count).toBe(2);
  });

  it('tells the oldest counted event and all evidence, oldest first, whatever the order of arrival', () => {
    const memory = roomy();
    for (const second of [1, 50, 30]) at(memory, T + second * SECOND, T + 50 * SECOND).count('a', 'k', MINUTE, 5);
    const { count, first, evidence } = at(memory, T + 60 * SECOND).count('a', 'k', MINUTE, 5);
    expect(count).toBe(4);
    expect(first).toBe(T + SECOND);
    expect(evidence).toEqual([1, 30, 50, 60].map((second) => evidenceFor(T + second * SECOND)));
    expect(at(memory, T + 61 * SECOND).count('a', 'k', MINUTE, 5).first).toBe(T + 30 * SECOND);
  });

  it.each([
    // offsets in order of arrival, window, what the last one is told
    [[5, 5, 5, 0], 5, 1],
    [[4, 4, 4, 0], 5, 4],
    [[1, 2, 3, 4, 5, 6, 3], 3, 4],
    [[10, 20, 30, 15], 10, 2],
    [[10, 20, 30, 15], 11, 3],
  ])('tells a late event the fullest window that holds it: %j within %i is %i', (offsets, window, expected) => {
    const memory = roomy();
    const clock = T + Math.max(...offsets);
    const told = offsets.map((offset) => at(memory, T + offset, clock).count('a', 'k', window, 10).count);
    expect(told.at(-1)).toBe(expected);
  });

  it('saturates at the limit with the newest events', () => {
    const memory = roomy();
    for (let second = 0; second < 40; second += 1) at(memory, T + second * SECOND).count('a', 'k', MINUTE, 6);
    const { count, first, evidence } = at(memory, T + 40 * SECOND).count('a', 'k', MINUTE, 6);
    expect(count).toBe(6);
    expect(first).toBe(T + 35 * SECOND);
    expect(evidence).toHaveLength(6);
  });

  it('cuts evidence', () => {
    const memory = roomy();
    memory.begin(T, T, () => ({ ...evidenceFor(T, 'x'.repeat(5_000)), uri: 'é'.repeat(5_000) }));
    const [kept] = memory.count('a', 'k', MINUTE, 6).evidence;
    expect([kept!.auditId.length, kept!.uri.length]).toEqual([256, 512]);
  });

  it('is exact for events in order, against every window looked at', () => {
    let several = 0;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 3, maxLength: 60 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 12 }),
        (gaps, window, limit) => {
          const memory = roomy();
          const times: number[] = [];
          let time = T;
          for (const gap of gaps) {
            time += gap;
            times.push(time);
            const expected = times.filter((each) => each > time - window);
            const { count, first } = at(memory, time).count('a', 'k', window, limit);
            expect(count).toBe(Math.min(limit, expected.length));
            expect(first).toBe(expected.at(-count));
            if (count > 1) several += 1;
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(several).toBeGreaterThan(1_000);
  });

  it.each([
    ['windows of 5 minutes and more', 5 * MINUTE, 40 * MINUTE],
    ['windows shorter than the lateness', 20 * SECOND, 5 * MINUTE],
  ])('tells the limit for any order of arrival if and only if some window holds it: %s', (_, least, most) => {
    let reached = 0;
    let missed = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 120 }), fc.integer({ min: 0, max: 300 })), {
          minLength: 4,
          maxLength: 70,
        }),
        fc.integer({ min: least / SECOND, max: most / SECOND }),
        fc.integer({ min: 2, max: 9 }),
        (events, windowSeconds, limit) => {
          const window = windowSeconds * SECOND;
          let time = 0;
          // Each event comes up to 5 minutes after its time; events of one moment of arrival come in any order.
          const arrivals = events.map(([gap, delay]) => ({ time: (time += gap), arrival: time + delay }));
          const times = arrivals.map((each) => T + each.time * SECOND);
          arrivals.sort((a, b) => a.arrival - b.arrival);
          const memory = roomy();
          let clock = T;
          let told = 0;
          const seen: number[] = [];
          for (const arrival of arrivals) {
            const event = T + arrival.time * SECOND;
            clock = Math.max(clock, event);
            const { count, first, evidence } = at(memory, event, clock).count('a', 'k', window, limit);
            told = Math.max(told, count);
            seen.push(event);
            expect(count).toBeLessThanOrEqual(mostWithin(seen, event, window));
            expect([evidence.length, evidence[0]!.time]).toEqual([count, first]);
            memory.expire(clock);
          }
          const held = Math.max(...times.map((each) => mostWithin(times, each, window)));
          expect(told).toBe(Math.min(held, limit));
          if (held >= limit) reached += 1;
          else missed += 1;
        },
      ),
      { numRuns: 400 },
    );
    expect(Math.min(reached, missed)).toBeGreaterThan(20);
  });

  it('judges a burst before a silence, when the clock has gone on already', () => {
    const memory = roomy();
    const after = T + 3 * 60 * MINUTE;
    for (let second = 0; second < 5; second += 1) at(memory, T + second * SECOND).count('a', 'k', MINUTE, 6);
    expect(at(memory, T + 5 * SECOND, after).count('a', 'k', MINUTE, 6).count).toBe(6);
  });

  it('works before any time is believed', () => {
    const memory = roomy();
    for (let second = 0; second < 5; second += 1)
      expect(at(memory, T + second, Number.NEGATIVE_INFINITY).count('a', 'k', MINUTE, 6).count).toBe(second + 1);
    expect(at(memory, T + 9, T + 9).count('a', 'k', MINUTE, 6).count).toBe(6);
  });

  it('is not led by events from far ahead of the clock', () => {
    const memory = roomy();
    for (let event = 0; event < 50; event += 1) at(memory, T * 2 + event, T).count('a', 'k', MINUTE, 5);
    const counts = [0, 1, 2, 3, 4].map((event) => at(memory, T + event).count('a', 'k', MINUTE, 5).count);
    expect(counts).toEqual([1, 2, 3, 4, 5]);
  });

  it('refuses windows and limits that make no sense', () => {
    const memory = at(roomy(), T);
    expect(() => memory.count('a', 'k', 0, 5)).toThrow(RangeError);
    expect(() => memory.count('a', 'k', Number.NaN, 5)).toThrow(RangeError);
    expect(() => memory.count('a', 'k', 1, 0)).toThrow(RangeError);
    for (let name = 0; name < 256; name += 1) memory.count(String(name), 'k', 1, 1);
    expect(() => memory.count('one more', 'k', 1, 1)).toThrow(/256 names/);
  });
});
