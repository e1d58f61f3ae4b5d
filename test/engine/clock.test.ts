import { describe, expect, it } from 'vitest';
import { Clock } from '../../src/engine/clock.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/model/index.ts';

const T = 1_800_000_000_000_000;

function told(): Clock {
  const clock = new Clock();
  for (let event = 0; event < 10; event += 1) clock.observe(T, undefined);
  return clock;
}

describe('clock with a time of receipt', () => {
  it('follows the greatest event time', () => {
    const clock = new Clock();
    expect(clock.observe(T, T)).toBe(true);
    expect(clock.observe(T + SECOND, T + SECOND)).toBe(true);
    expect(clock.observe(T - SECOND, T + SECOND)).toBe(true);
    expect(clock.now).toBe(T + SECOND);
  });

  it('never runs more than five minutes ahead of receipt', () => {
    const clock = new Clock();
    expect(clock.observe(T + 100 * DAY, T)).toBe(false);
    expect(clock.now).toBe(T + 5 * MINUTE);
    expect(clock.observe(T + 5 * MINUTE, T)).toBe(true);
  });
});

describe('clock without a time of receipt', () => {
  it('believes the first time once ten events agree', () => {
    const clock = new Clock();
    for (let event = 1; event <= 9; event += 1) {
      expect(clock.observe(T + event, undefined)).toBe(false);
      expect(clock.now).toBe(Number.NEGATIVE_INFINITY);
    }
    expect(clock.observe(T + 10, undefined)).toBe(true);
    expect(clock.now).toBe(T + 10);
  });

  it('is not led by one forged time at the start', () => {
    const clock = new Clock();
    clock.observe(T + 1_000 * DAY, undefined);
    for (let event = 0; event < 10; event += 1) clock.observe(T + event, undefined);
    expect(clock.now).toBe(T + 9);
  });

  it('judges a jump over an hour at its own time, and follows after ten that agree', () => {
    const clock = told();
    expect(clock.observe(T + HOUR, undefined)).toBe(true);
    for (let event = 0; event < 9; event += 1) expect(clock.observe(T + 3 * HOUR, undefined)).toBe(false);
    expect(clock.now).toBe(T + HOUR);
    expect(clock.observe(T + 3 * HOUR, undefined)).toBe(true);
    expect(clock.now).toBe(T + 3 * HOUR);
  });

  it('does not add up jumps that disagree', () => {
    const clock = told();
    for (let event = 1; event <= 30; event += 1) clock.observe(T + event * 10 * DAY, undefined);
    expect(clock.now).toBe(T);
  });

  it('settles on what most agreed on at the end of input', () => {
    const clock = new Clock();
    clock.observe(T + 900 * DAY, undefined);
    clock.observe(T, undefined);
    clock.observe(T + 1, undefined);
    clock.settle();
    expect(clock.now).toBe(T + 1);
  });
});

it('a restored clock goes on as if nothing had happened', () => {
  const clock = told();
  for (let event = 0; event < 9; event += 1) clock.observe(T + 3 * HOUR, undefined);
  const rows = new Map<string, string>();
  clock.collect((key, value) => rows.set(key, String(value)));
  expect(rows.size).toBe(1);
  const restored = new Clock();
  for (const [key, value] of rows) restored.restore(key, value);
  expect(restored.now).toBe(clock.now);
  expect(restored.observe(T + 3 * HOUR, undefined)).toBe(true);
  clock.collect(() => expect.unreachable('nothing changed since'));
});
