import { MINUTE, SECOND, type Micros } from '../model/index.ts';
import { Held } from './blind-held.ts';
import {
  addSpan,
  isFillable,
  MARGIN,
  nearPeriod,
  uncovered,
  type BlindCause,
  type BlindPeriod,
  type Span,
} from './blind-period.ts';
import type { Dedupe } from './dedupe.ts';
import type { Print } from './fingerprint-table.ts';
import type { Persistent, PutRow } from './persist.ts';

/** An API server that cannot send gives up after this, at the earliest. */
const PATIENCE: Micros = 90 * SECOND;
/** And after this at the latest: what comes later was sent to a Lapwing that listened. */
const LAST_TRY: Micros = 5 * MINUTE;
/** How far the saved time may be behind: receipts move it often, idle time seldom. */
const STEP: Micros = SECOND;
const IDLE_STEP: Micros = 30 * SECOND;
const PERIODS = 1_000;

const ABLE = 'able';
const rowOf = ({ number }: BlindPeriod): string => `period/${String(number).padStart(12, '0')}`;

/**
 * When one cluster's pushed events may have been lost: a span of over 90 seconds in which Lapwing could take none. Times are
 * of the wall clock and come from outside; a sender that is idle makes no blind period.
 */
export class Blind implements Persistent {
  readonly held: Held;
  /** The last time at which events could be taken; not a number for a cluster that pushes nothing. */
  #able: Micros = Number.NaN;
  #saved: Micros = Number.NaN;
  /** True from a restart until the first sign of life after it. */
  #isRestart = false;
  /** Something was pushed since the time was saved. */
  #isBusy = false;
  #periods: BlindPeriod[] = [];
  #next = 0;
  readonly #dirty = new Set<string>();
  /** Rows of periods that are not saved before all that is held for them: a crash until then finds these periods again. */
  readonly #unready = new Set<string>();
  /** Events before this time may lie within a period's reach. */
  until: Micros = Number.NEGATIVE_INFINITY;

  constructor(held: Held = new Held()) {
    this.held = held;
  }

  /** In order of time. */
  get periods(): readonly BlindPeriod[] {
    return this.#periods;
  }

  /** Whether a receipt at that time is anything to `receive`. */
  isNews(time: Micros): boolean {
    return !(time <= this.#able) || this.#periods.at(-1)?.isOpen === true;
  }

  /** How many periods are not filled, and for how long in all. */
  open(): { readonly periods: number; readonly seconds: number } {
    const left = this.#periods.map(uncovered).filter((each) => each > 0);
    return { periods: left.length, seconds: left.reduce((sum, each) => sum + each, 0) / SECOND };
  }

  /** Events can be taken at this time. Returns the blind period that this ends. */
  awake(now: Micros, dedupe: Dedupe): BlindPeriod | undefined {
    return Number.isNaN(this.#able) ? undefined : this.#pass(now, dedupe);
  }

  /** Events were pushed here at this time. Returns the blind period that this ends. */
  receive(time: Micros, dedupe: Dedupe): BlindPeriod | undefined {
    if (Number.isNaN(this.#able)) this.#able = time;
    this.#isBusy = true;
    const begun = this.#pass(time, dedupe);
    const last = this.#periods.at(-1);
    if (last?.isOpen === true) {
      const to = time <= last.to + LAST_TRY ? Math.max(last.to, time) : last.to;
      this.#put({ ...last, to, high: isFillable(last) ? to + MARGIN : last.high, isOpen: false });
    }
    return begun;
  }

  /** Whether an event of that time, new to `dedupe`, was here before all the same: judged from a log file, or long ago. Remembers it. */
  meets(print: Print, time: Micros): boolean {
    if (nearPeriod(this.#periods, time) === undefined) return false;
    if (this.held.has(print)) return true;
    this.#hold(print);
    return false;
  }

  /** An event of a log file was judged. False where there is no room to remember it: the span it came from is to be sealed instead. */
  judged(print: Print): boolean {
    return this.held.add(print) || this.held.has(print);
  }

  /** A log file covered this much of a period; sealed where what it held cannot be remembered. */
  cover(number: number, span: Span, sealed: boolean): void {
    const period = this.#periods.find((each) => each.number === number);
    if (period === undefined) return;
    this.#put({
      ...period,
      covered: addSpan(period.covered, span),
      sealed: sealed ? addSpan(period.sealed, span) : period.sealed,
    });
  }

  restore(key: string, value: Uint8Array | string): void {
    if (key === ABLE) {
      this.#able = this.#saved = Number(value);
      this.#isRestart = true;
    } else {
      this.#periods.push(JSON.parse(String(value)) as BlindPeriod);
      this.#periods.sort((a, b) => a.number - b.number);
      this.#next = this.#periods.at(-1)!.number + 1;
      this.#reach();
    }
  }

  collect(put: PutRow): void {
    if (!this.held.isTaking) this.#unready.clear();
    const moved = Math.abs(this.#able - this.#saved);
    const isNews = !Number.isNaN(this.#able) && !(moved < (this.#isBusy ? STEP : IDLE_STEP));
    if (isNews && this.#unready.size === 0) {
      this.#saved = this.#able;
      this.#isBusy = false;
      put(ABLE, String(this.#able));
    }
    if (this.#dirty.size === 0) return;
    const rows = new Map(this.#periods.map((each) => [rowOf(each), each]));
    for (const key of this.#dirty) {
      if (this.#unready.has(key)) continue;
      const period = rows.get(key);
      put(key, period === undefined ? null : JSON.stringify(period));
      this.#dirty.delete(key);
    }
  }

  #pass(now: Micros, dedupe: Dedupe): BlindPeriod | undefined {
    const from = this.#able;
    // A wall clock that was set back: what it said before is no measure.
    if (now < from - PATIENCE) this.#able = now;
    if (now <= from) return undefined;
    this.#able = now;
    const cause = this.#isRestart ? 'away' : 'refused';
    this.#isRestart = false;
    return now - from > PATIENCE ? this.#begin(from, now, cause, dedupe) : undefined;
  }

  #begin(from: Micros, to: Micros, cause: BlindCause, dedupe: Dedupe): BlindPeriod {
    const last = this.#periods.at(-1);
    // Nothing was received since the last one: it goes on.
    if (last?.isOpen === true) {
      this.#put({ ...last, to, high: isFillable(last) ? to + MARGIN : last.high });
      return this.#periods.at(-1)!;
    }
    if (dedupe.stats().events > this.held.room) this.#forget();
    const low = Math.min(from, Math.max(from - MARGIN, this.held.takeFrom(dedupe)));
    this.#put({ number: this.#next++, from, to, cause, low, high: to + MARGIN, isOpen: true, covered: [], sealed: [] });
    if (this.held.isTaking) this.#unready.add(rowOf(this.#periods.at(-1)!));
    if (this.#periods.length > PERIODS) this.#mergeOldest();
    return this.#periods.at(-1)!;
  }

  /** The oldest two become one, which no file can fill any more: what came between them is not to be told from what was lost. */
  #mergeOldest(): void {
    const [first, second] = this.#periods.splice(0, 2) as [BlindPeriod, BlindPeriod];
    this.#dirty.add(rowOf(first));
    const covered = second.covered.reduce<readonly Span[]>((spans, span) => addSpan(spans, span), first.covered);
    this.#put({ ...second, from: first.from, covered, low: second.to, high: first.from });
  }

  #put(period: BlindPeriod): void {
    const at = this.#periods.findIndex(({ number }) => number >= period.number);
    if (at < 0) this.#periods.push(period);
    else this.#periods.splice(at, this.#periods[at]!.number === period.number ? 1 : 0, period);
    this.#dirty.add(rowOf(period));
    this.#reach();
  }

  #reach(): void {
    this.until = this.#periods.reduce((latest, { high }) => Math.max(latest, high), Number.NEGATIVE_INFINITY);
  }

  #hold(print: Print): void {
    if (this.held.room === 0) this.#forget();
    this.held.add(print);
  }

  /** Too many to remember: from now on files fill what is between the ends of each period, and once. */
  #forget(): void {
    this.held.clear();
    for (const period of this.#periods.filter(isFillable))
      this.#put({ ...period, low: period.from, high: period.to, sealed: period.covered });
  }
}
