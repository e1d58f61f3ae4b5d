import { describe, expect, it } from 'vitest';
import { DetectorMemory } from '../../../src/engine/memory.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/model/index.ts';
import { at, Rows, T } from './model.ts';

const BUDGET = 200_000;
const small = () => new DetectorMemory({ budgetBytes: BUDGET });

type Kind = 'count' | 'distinct' | 'firstSeen' | 'session';

/** How many the memory tells. */
function ask(memory: DetectorMemory, kind: Kind, key: string, value: string): number {
  if (kind === 'count') return memory.count('a', key, HOUR, 20).count;
  if (kind === 'distinct') return memory.distinct('a', key, value, HOUR, 20);
  return memory[kind]('a', key, HOUR).times;
}

describe('memory budget', () => {
  it.each(['count', 'distinct', 'firstSeen', 'session'] as const)('holds against a flood of keys: %s', (kind) => {
    const memory = small();
    const rows = new Rows();
    for (let event = 0; event < 6_000; event += 1) {
      at(memory, T + event);
      const key = `${'k'.repeat(event % 400)}${event}`;
      expect(ask(memory, kind, key, 'é'.repeat(event % 300))).toBe(1);
      expect(memory.stats().bytes).toBeLessThanOrEqual(BUDGET);
      if (event % 1_500 === 0) rows.collect(memory);
    }
    rows.collect(memory);
    const { keys, evictions, refused } = memory.stats();
    expect(keys).toBeGreaterThan(100);
    expect(keys + evictions + refused).toBe(6_000);
    expect(rows.rows.size).toBe(keys);
  });

  it('holds against keys that grow', () => {
    const memory = small();
    for (let event = 0; event < 8_000; event += 1) {
      at(memory, T + event * SECOND, T + event * SECOND, 'x'.repeat(event % 300));
      const { count } = memory.count('a', `k${event % 7}`, DAY, 1_000);
      memory.distinct('b', `k${event % 11}`, `value ${event}`, DAY, 1_000);
      expect(count).toBeGreaterThan(0);
      expect(memory.stats().bytes).toBeLessThanOrEqual(BUDGET);
    }
    expect(memory.stats().bytes).toBeGreaterThan(BUDGET / 2);
    expect(memory.stats().refused).toBeGreaterThan(0);
  });

  it('charges no more for a key whose entries come and go', () => {
    const memory = small();
    const bytes = Array.from({ length: 2_000 }, (_, event) => {
      at(memory, T + event * SECOND).count('a', 'k', 10 * MINUTE, 5);
      memory.distinct('b', 'k', `value ${event % 1_000}`, DAY, 5);
      return memory.stats().bytes;
    });
    expect(Math.max(...bytes.slice(1_000))).toBeLessThanOrEqual(Math.max(...bytes.slice(0, 1_000)));
    expect(Math.max(...bytes)).toBeLessThan(5_000);
  });

  it('keeps what comes often through a flood of keys that come once', () => {
    const memory = small();
    const actor = (n: number) => `actor ${n}`;
    for (let round = 0; round < 5; round += 1)
      for (let n = 0; n < 100; n += 1) at(memory, T + round * SECOND).firstSeen('a', actor(n), DAY);
    for (let event = 0; event < 50_000; event += 1) {
      at(memory, T + MINUTE + event).firstSeen('a', `flood ${event}`, DAY);
      if (event % 20 === 0) memory.firstSeen('a', actor((event / 20) % 100), DAY);
    }
    const kept = Array.from({ length: 100 }, (_, n) => at(memory, T + HOUR).firstSeen('a', actor(n), DAY)).filter(
      ({ isNew }) => !isNew,
    );
    expect(kept).toHaveLength(100);
    expect(memory.stats().refused).toBeGreaterThan(10_000);
  });

  it('lets a newcomer in that keeps coming', () => {
    const memory = small();
    for (let event = 0; event < 5_000; event += 1) at(memory, T + event).count('a', `flood ${event}`, DAY, 20);
    const counts = Array.from(
      { length: 30 },
      (_, n) => at(memory, T + MINUTE + n).count('a', 'newcomer', DAY, 20).count,
    );
    expect(counts.at(-1)).toBe(20);
    expect(memory.stats().evictions).toBeGreaterThan(0);
  });

  it('frees what expired before anything that did not', () => {
    const memory = small();
    for (let event = 0; event < 5_000; event += 1) at(memory, T + event).firstSeen('short', `flood ${event}`, MINUTE);
    at(memory, T + HOUR);
    const before = memory.stats();
    for (let n = 0; n < 500; n += 1) expect(memory.firstSeen('long', `actor ${n}`, DAY).isNew).toBe(true);
    for (let n = 0; n < 500; n += 1) expect(memory.firstSeen('long', `actor ${n}`, DAY).isNew).toBe(false);
    expect(memory.stats().evictions).toBe(before.evictions);
    expect(memory.stats().refused).toBe(before.refused);
  });

  it('restores more than a smaller budget takes, and lets the rest go', () => {
    const large = new DetectorMemory({ budgetBytes: 8 << 20 });
    for (let event = 0; event < 5_000; event += 1) at(large, T + event).firstSeen('a', `actor ${event}`, DAY);
    const rows = new Rows();
    rows.collect(large);
    const memory = rows.restored({ budgetBytes: BUDGET }, true);
    const { keys, bytes, evictions } = memory.stats();
    expect(bytes).toBeLessThanOrEqual(BUDGET);
    expect(keys + evictions).toBe(5_000);
    expect(at(memory, T + MINUTE).firstSeen('a', 'actor 4999', DAY).isNew).toBe(false);
    rows.collect(memory);
    expect(rows.rows.size).toBe(memory.stats().keys);
  });

  it('does as it did before, on the same input', () => {
    const run = () => {
      const memory = small();
      const answers: unknown[] = [];
      for (let event = 0; event < 8_000; event += 1) {
        at(memory, T + event * SECOND);
        answers.push(memory.count('a', `k${(event * event) % 3_001}`, HOUR, 5).count, memory.stats().bytes);
      }
      return answers;
    };
    expect(run()).toEqual(run());
  });
});
