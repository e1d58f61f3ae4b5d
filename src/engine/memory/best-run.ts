import type { Micros } from '../../model/index.ts';
import type { Runs } from './runs.ts';

/** Neighbouring entries of a run: from that index, so many. */
export interface Span {
  readonly from: number;
  readonly size: number;
}

/**
 * The most entries that any window of that length holds together with the given time, at most `limit`; of equals the earliest window.
 * A window ends at some time x and reaches back to x − window, that moment excluded. For a time that none is later than, this is
 * the window that ends there.
 */
export function bestRun(runs: Runs, run: number, time: Micros, window: Micros, limit: number): Span {
  const length = runs.length(run);
  let last = length - 1;
  while (last >= 0 && runs.time(run, last) > time) last -= 1;
  let start = last + 1;
  while (start > 0 && last - start + 1 < limit && runs.time(run, start - 1) > time - window) start -= 1;
  let from = start;
  let size = last - start + 1;
  for (let end = last + 1; size < limit && end < length; end += 1) {
    const until = runs.time(run, end);
    if (until >= time + window) break;
    while (runs.time(run, start) <= until - window) start += 1;
    if (end - start + 1 > size) {
      from = start;
      size = end - start + 1;
    }
  }
  return { from, size };
}
