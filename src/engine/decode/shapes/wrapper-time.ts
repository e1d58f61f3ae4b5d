import type { Micros } from '../../../model/index.ts';
import type { JsonView } from '../json-view.ts';
import { parseTime } from '../timestamp.ts';

/** Epochs below these are in seconds, milliseconds, microseconds; the rest in nanoseconds. Up to the year 5138. */
const [SECONDS, MILLISECONDS, MICROSECONDS] = [1e11, 1e14, 1e17] as readonly [number, number, number];

/** The time by the first of these members that holds one, whatever its form; undefined where none does. */
export function wrapperTime(value: JsonView, ...members: readonly string[]): Micros | undefined {
  for (const member of members) {
    const time = timeOf(value.at(member));
    if (time !== undefined) return time;
  }
  return undefined;
}

/** A time as wrappers write it: RFC 3339, or an epoch in seconds, milliseconds, microseconds or nanoseconds, as a number or text. */
export function timeOf(value: JsonView | undefined): Micros | undefined {
  if (value === undefined || value.to - value.from > 64) return undefined;
  const epoch = value.number;
  const time = epoch === undefined || epoch < 1e8 ? parseTime(value.text ?? '') : microsOf(epoch);
  return Number.isSafeInteger(time) ? time : undefined;
}

function microsOf(epoch: number): Micros {
  if (epoch < SECONDS) return Math.round(epoch * 1e6);
  if (epoch < MILLISECONDS) return Math.round(epoch * 1e3);
  return Math.round(epoch < MICROSECONDS ? epoch : epoch / 1e3);
}
