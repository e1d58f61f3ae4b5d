import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addHour, firstHour, hoursBefore } from '../../../src/engine/habits/hours.ts';

/** Hours in rising order, neighbours swapped here and there, repeats in between. */
const seen = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.boolean()), { minLength: 1, maxLength: 40 })
  .map((steps) => {
    let hour = 100;
    const hours = steps.map(([step]) => (hour += step));
    for (const [index, [, swap]] of steps.entries())
      if (swap && index > 0 && hours[index]! - hours[index - 1]! <= 1)
        [hours[index - 1], hours[index]] = [hours[index]!, hours[index - 1]!];
    return hours;
  });

test('counts each hour once, whatever the order around its border', () => {
  fc.assert(
    fc.property(seen, (hours) => {
      const state = firstHour(hours[0]!);
      for (const hour of hours.slice(1)) addHour(state, hour);
      const set = new Set(hours);
      expect(state.count).toBe(set.size);
      expect(state.since).toBe(Math.min(...set));
      for (const hour of [state.last - 1, state.last, state.last + 1])
        expect(hoursBefore(state, hour)).toBe([...set].filter((each) => each < hour).length);
    }),
  );
});

test('an hour long past is counted for the least it can have been', () => {
  const state = firstHour(10);
  for (const hour of [11, 12, 20, 21]) addHour(state, hour);
  expect(hoursBefore(state, 12)).toBeLessThanOrEqual(2);
  expect(hoursBefore(state, 10)).toBe(0);
  expect(addHour(state, 13)).toBe(false);
});
