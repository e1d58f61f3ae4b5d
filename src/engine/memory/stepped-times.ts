import type { Micros } from '../../model/index.ts';

/** Counted exactly below this. */
const EXACT = 16;
const STEPS_PER_DOUBLING = 8;
const MOST = 2 ** 31;

/**
 * One more of a number that is exact below 16 and goes on in steps, an eighth of its power of two each: it moves in one of so many
 * cases as the step is high, told by the event's time. Right on average, within about a quarter, and seldom changed.
 */
export function steppedTimes(times: number, time: Micros): number {
  if (times < EXACT) return times + 1;
  const step = 2 ** Math.floor(Math.log2(times)) / STEPS_PER_DOUBLING;
  return scatter(time) % step === 0 ? Math.min(times + step, MOST) : times;
}

function scatter(time: Micros): number {
  let hash = Math.imul(Math.floor(time / 2 ** 32) ^ 0x5bd1e995, 0x9e3779b1) ^ ((time % 2 ** 32) | 0);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
