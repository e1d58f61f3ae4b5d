import { MINUTE, type Micros } from '../model/index.ts';

/** How far either side of a blind period an event may still be missing. */
export const MARGIN: Micros = 10 * MINUTE;
/** Log files of one API server follow each other with pauses; what is so close counts as one. */
const PAUSE: Micros = MINUTE;
/** Spans that are told apart. */
const SPANS = 64;

/** away: Lapwing did not run. refused: it ran, and could not take events (its store failed). */
export type BlindCause = 'away' | 'refused';

export interface Span {
  readonly from: Micros;
  readonly to: Micros;
}

/** A time over which events that were pushed to Lapwing may have been lost at their senders. */
export interface BlindPeriod extends Span {
  readonly number: number;
  readonly cause: BlindCause;
  /** Events of these times are missing unless their fingerprints are held: the margin either side, as far as fingerprints reach. */
  readonly low: Micros;
  readonly high: Micros;
  /** True until the first receipt after it. */
  readonly isOpen: boolean;
  /** What log files have covered, in order. */
  readonly covered: readonly Span[];
  /** Of these times everything counts as held: more was judged there than can be remembered one by one. */
  readonly sealed: readonly Span[];
}

/** The spans with one more, in order; what lies within a minute of each other is one. */
export function addSpan(spans: readonly Span[], more: Span, pause: Micros = PAUSE): readonly Span[] {
  if (!(more.from <= more.to)) return spans;
  const merged: Span[] = [];
  for (const each of [...spans, more].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last === undefined || each.from > last.to + pause) merged.push(each);
    else merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, each.to) };
  }
  // Of too many the first two become one: better little told twice than a list that grows for ever.
  while (merged.length > SPANS) merged.splice(0, 2, { from: merged[0]!.from, to: merged[1]!.to });
  return merged;
}

/** Whether one of them holds the time. */
export const isIn = (spans: readonly Span[], time: Micros): boolean =>
  spans.some(({ from, to }) => time >= from && time <= to);

/** How much of the period no log file has covered, in microseconds. A minute at either end counts as covered with what is next to it. */
export function uncovered({ from, to, covered }: BlindPeriod): Micros {
  let left = to - from;
  for (const span of covered) {
    const start = span.from <= from + PAUSE ? from : span.from;
    const end = span.to >= to - PAUSE ? to : span.to;
    left -= Math.max(0, Math.min(end, to) - Math.max(start, from));
  }
  return Math.max(0, left);
}

/** Whether a log file can still fill it: its own events can be told from those that are held. */
export const isFillable = ({ low, high }: BlindPeriod): boolean => low <= high;

/** The period whose reach an event of that time is in; of several the latest. Periods are in order of time. */
export function nearPeriod(periods: readonly BlindPeriod[], time: Micros): BlindPeriod | undefined {
  for (let index = periods.length - 1; index >= 0; index -= 1) {
    const period = periods[index]!;
    if (time >= period.low && time <= period.high) return period;
    // Earlier ones end earlier still.
    if (isFillable(period) && time > period.high) return undefined;
  }
  return undefined;
}
