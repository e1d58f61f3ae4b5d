import { DAY, MINUTE, type Count, type Evidence, type Memory, type Micros, type Sighting } from '../model/index.ts';
import { bestRun } from './memory/best-run.ts';
import { checked, MOST } from './memory/bounds.ts';
import { boundedText } from './memory/bounded-text.ts';
import { Entries } from './memory/entries.ts';
import { evidenceText, LazyCount } from './memory/evidence-text.ts';
import { Keyspace } from './memory/keyspace.ts';
import { COUNT, FIRST_SEEN, restoreRow, SESSION, SET } from './memory/memory-rows.ts';
import { RowLog } from './memory/row-log.ts';
import { LONGEST_RUN } from './memory/runs.ts';
import { Sightings, type Found } from './memory/sightings.ts';
import { steppedTimes } from './memory/stepped-times.ts';
import type { Persistent, PutRow } from './persist.ts';

/** How late an event may be and still find its place. */
const LATE: Micros = 5 * MINUTE;
/** How far beyond the clock an event's own time may prolong what it touches. */
const AHEAD: Micros = 30 * DAY;
/** The last sighting of what is usual moves in steps of this part of its span. */
const STEPS = 16;
/** Keys that one call of expire removes at most. */
const EXPIRED_AT_ONCE = 2_000;

export interface MemoryOptions {
  /** Heap bytes of all keys together, by estimate. */
  readonly budgetBytes: number;
  /** Of the hash by which keys compete for a full memory. */
  readonly seed?: number;
}

/** What a memory holds and what it had to give up. */
export interface MemoryStats {
  readonly bytes: number;
  readonly keys: number;
  /** Keys that left for others. */
  readonly evictions: number;
  /** Keys, or entries of a key, that others did not leave for. */
  readonly refused: number;
}

/**
 * What one detector remembers of one cluster. Answers follow event times alone, whatever the order of arrival within 5 minutes. A key
 * goes once the clock passes its last touch by its span and these 5 minutes, or when the budget is used up and another key came more
 * often. A key that is refused gets the honest answer for a single event.
 */
export class DetectorMemory implements Memory, Persistent {
  readonly #space: Keyspace;
  readonly #log = new RowLog();
  readonly #counts: Entries;
  readonly #sets: Entries;
  readonly #sightings: Sightings;
  #time: Micros = 0;
  #clock: Micros = Number.NEGATIVE_INFINITY;
  /** The clock, but never so far beyond the event that what was due when it happened seems expired. */
  #now: Micros = Number.NEGATIVE_INFINITY;
  #evidence: () => Evidence = noEvidence;
  /** The evidence's text, once a count has asked for it. */
  #text = '';
  /** Of the value that was put into a set last: where it stands, whether it was not there within the window, whether its set is gone. */
  #index = 0;
  #isNew = false;
  #isGone = false;

  constructor(options: MemoryOptions) {
    this.#space = new Keyspace(options.budgetBytes, options.seed ?? 0x1a9f3c5d);
    this.#counts = new Entries(this.#space, this.#log, 'number');
    this.#sets = new Entries(this.#space, this.#log, 'text');
    this.#sightings = new Sightings(this.#space, this.#log);
  }

  /** Sets the present event: its time, the cluster's clock, and how to make its evidence where somebody wants it. */
  begin(time: Micros, clock: Micros, evidence: () => Evidence = noEvidence): void {
    this.#space.settle();
    this.#time = time;
    this.#clock = clock;
    this.#now = Math.min(clock, time + LATE);
    this.#evidence = evidence;
    this.#text = '';
  }

  /**
   * Keeps the newest limit × (1 + ⌈5 min / window⌉) events of a key, at most 4,096, no older than 5 minutes and a window: if one of these leaves for
   * want of space, then some window has held `limit` events already, and was told. So events up to 5 minutes late count right.
   */
  count(name: string, key: string, window: Micros, limit: number): Count {
    const most = checked(window, limit);
    const table = this.#space.table(COUNT, name, this.#counts);
    const { runs } = this.#counts;
    const id = boundedText(key);
    const time = this.#time;
    const text = (this.#text ||= evidenceText(this.#evidence()));
    const expires = this.#expires(window);
    const slot = this.#space.find(table, id, this.#now);
    if (slot < 0) {
      this.#counts.create(table, id, time, text, expires, this.#now);
      return new LazyCount([time], [text]);
    }
    this.#space.use(slot);
    const run = this.#space.payload(slot);
    this.#counts.prune(slot, this.#now - LATE - window);
    const places = Math.min(LONGEST_RUN, most * (1 + Math.ceil(LATE / window)));
    const isKept =
      this.#makePlace(this.#counts, slot, places) && this.#counts.add(slot, time, text, expires, this.#now) >= 0;
    const { from, size } = bestRun(runs, run, time, window, isKept ? most : most - 1);
    const [times, texts]: [Micros[], string[]] = isKept ? [[], []] : [[time], [text]];
    for (let index = from; index < from + size; index += 1) {
      times.push(runs.time(run, index));
      texts.push(runs.text(run, index));
    }
    return new LazyCount(times, texts);
  }

  /**
   * A value's last sighting moves in steps of a sixteenth of the window: it is never counted for longer than the window, and for less by
   * a sixteenth at most. Of more values than the limit the oldest leave.
   */
  distinct(name: string, key: string, value: string, window: Micros, limit: number): number {
    const most = checked(window, limit);
    const slot = this.#enter(name, key, value, window, most);
    if (slot < 0 || this.#isGone) return 1;
    const { from, size } = bestRun(this.#sets.runs, this.#space.payload(slot), this.#time, window, most);
    return this.#index >= from && this.#index < from + size ? size : Math.min(most, size + 1);
  }

  adds(name: string, key: string, value: string, window: Micros, limit: number): boolean {
    const slot = this.#enter(name, key, value, window, checked(window, limit));
    return slot < 0 || this.#isNew;
  }

  /** Puts a value into a set: the slot of the set, -1 where the set is new. Leaves `#index`, `#isNew` and `#isGone`. */
  #enter(name: string, key: string, value: string, window: Micros, most: number): number {
    const table = this.#space.table(SET, name, this.#sets);
    const { runs } = this.#sets;
    const id = boundedText(key);
    const text = boundedText(value);
    const time = this.#time;
    const expires = this.#expires(window);
    const slot = this.#space.find(table, id, this.#now);
    if (slot < 0) {
      this.#sets.create(table, id, time, text, expires, this.#now);
      return slot;
    }
    this.#space.use(slot);
    const run = this.#space.payload(slot);
    this.#sets.prune(slot, this.#now - LATE - window);
    let index = runs.find(run, text);
    this.#isGone = false;
    this.#isNew = index < 0 || Math.abs(time - runs.time(run, index)) >= window;
    if (index < 0) {
      if (this.#makePlace(this.#sets, slot, most)) index = this.#sets.add(slot, time, text, expires, this.#now);
      this.#isGone = runs.length(run) === 0;
    } else if (this.#isStep(time, runs.time(run, index), window)) index = this.#sets.move(slot, index, time, expires);
    this.#index = index;
    return slot;
  }

  members(name: string, key: string, window: Micros): readonly string[] {
    const slot = this.#space.find(this.#space.table(SET, name, this.#sets), boundedText(key), this.#now);
    if (slot < 0) return [];
    const { runs } = this.#sets;
    const run = this.#space.payload(slot);
    const { from, size } = bestRun(runs, run, this.#time, window, MOST);
    const texts: string[] = [];
    for (let index = from; index < from + size; index += 1) texts.push(runs.text(run, index));
    return texts;
  }

  size(name: string, key: string, window: Micros): number {
    const slot = this.#space.find(this.#space.table(SET, name, this.#sets), boundedText(key), this.#now);
    return slot < 0 ? 0 : bestRun(this.#sets.runs, this.#space.payload(slot), this.#time, window, MOST).size;
  }

  /**
   * The last sighting moves in steps of a sixteenth of the ttl, the number of sightings in steps from 16 on: what is usual writes no
   * rows. So a key may be forgotten early by a sixteenth.
   */
  firstSeen(name: string, key: string, ttl: Micros): Sighting {
    const found = this.#sighted(FIRST_SEEN, name, key, ttl);
    const { slot, time } = found;
    const last = slot < 0 ? time : this.#sightings.last(slot);
    if (slot < 0 || time - last >= ttl) return this.#first(found);
    this.#space.use(slot);
    const since = this.#sightings.since(slot);
    const times = this.#sightings.times(slot);
    const earlier = time < since && since - time <= LATE ? time : since;
    const more = steppedTimes(times, time);
    const moved = this.#isStep(time, last, ttl) ? time : last;
    if (more !== times || earlier !== since || moved !== last)
      this.#sightings.set(slot, earlier, moved, more, found.expires);
    return { isNew: false, since: earlier, times: more };
  }

  /** Whether no key of this name was ever seen by `firstSeen`, or none is left. */
  isEmpty(name: string): boolean {
    return this.#space.table(FIRST_SEEN, name, this.#sightings).slots.size === 0;
  }

  /** When a key of `firstSeen` was first seen, without a sighting of it. */
  since(name: string, key: string): Micros | undefined {
    const slot = this.#space.find(this.#space.table(FIRST_SEEN, name, this.#sightings), boundedText(key), this.#now);
    return slot < 0 ? undefined : this.#sightings.since(slot);
  }

  session(name: string, key: string, gap: Micros): Sighting {
    const found = this.#sighted(SESSION, name, key, gap);
    const { slot, time } = found;
    if (slot < 0) return this.#first(found);
    const last = this.#sightings.last(slot);
    const since = this.#sightings.since(slot);
    if (time > last + gap) return this.#first(found);
    this.#space.use(slot);
    // Of an earlier run, which is over: the present one goes on.
    if (time < since - gap && !this.#isAhead(since)) return { isNew: true, since: time, times: 1 };
    const times = Math.min(this.#sightings.times(slot) + 1, 2 ** 31);
    const first = Math.min(since, time);
    this.#sightings.set(slot, first, this.#isAhead(last) ? time : Math.max(last, time), times, found.expires);
    return { isNew: false, since: first, times };
  }

  /** Removes some of the keys that expired; call it now and then. */
  expire(clock: Micros): void {
    this.#space.settle();
    this.#space.expire(clock, EXPIRED_AT_ONCE);
  }

  stats(): MemoryStats {
    this.#space.settle();
    const { bytes, keys, evictions, refused } = this.#space;
    return { bytes, keys, evictions, refused };
  }

  restore(key: string, value: Uint8Array | string): void {
    const [space, log, counts, sets, sightings] = [this.#space, this.#log, this.#counts, this.#sets, this.#sightings];
    restoreRow({ space, log, counts, sets, sightings }, key, value);
  }

  collect(put: PutRow): void {
    this.#space.settle();
    this.#counts.collect(put);
    this.#sets.collect(put);
    this.#sightings.collect(put);
    this.#log.collect(put);
  }

  #sighted(kind: string, name: string, key: string, span: Micros): Found {
    checked(span, 1);
    const table = this.#space.table(kind, name, this.#sightings);
    const id = boundedText(key);
    return {
      table,
      key: id,
      slot: this.#space.find(table, id, this.#now),
      time: this.#time,
      expires: this.#expires(span),
    };
  }

  #first({ table, key, slot, time, expires }: Found): Sighting {
    if (slot < 0) this.#sightings.create(table, key, time, expires, this.#now);
    else {
      this.#space.use(slot);
      this.#sightings.set(slot, time, time, 1, expires);
    }
    return { isNew: true, since: time, times: 1 };
  }

  /** Sees to it that a run has fewer entries than `most`; false where the present event is older than all of so many. */
  #makePlace(entries: Entries, slot: number, most: number): boolean {
    const { runs } = entries;
    const run = this.#space.payload(slot);
    while (runs.length(run) >= most) {
      const newest = runs.length(run) - 1;
      if (this.#isAhead(runs.time(run, newest) - LATE)) entries.remove(slot, newest);
      else if (this.#time < runs.time(run, 0)) return false;
      else entries.remove(slot, 0);
    }
    return true;
  }

  #isStep(time: Micros, last: Micros, span: Micros): boolean {
    return time - last > span / STEPS || this.#isAhead(last);
  }

  /** A time that the clock has not reached, while it has reached the present event: forged or not believed. It yields to the present one. */
  #isAhead(time: Micros): boolean {
    return time > this.#clock && this.#time <= this.#clock;
  }

  #expires(span: Micros): Micros {
    const touched = Number.isFinite(this.#clock)
      ? Math.max(this.#clock, Math.min(this.#time, this.#clock + AHEAD))
      : this.#time;
    return Math.min(touched + span + LATE, Number.MAX_SAFE_INTEGER);
  }
}

const noEvidence = (): Evidence => ({ time: 0, auditId: '', stage: '', verb: '', uri: '', code: 0 });
