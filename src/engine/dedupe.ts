import { MINUTE, type Micros } from '../model/index.ts';
import { DUPLICATE, idHash, OTHER_REQUEST, type FingerprintTable } from './fingerprint-table.ts';
import { Generation } from './generation.ts';
import type { Persistent, PutRow } from './persist.ts';

/** What a fingerprint says of an event: never seen, the very same again, or another request under the same Audit-ID and stage. */
export type Verdict = 'new' | 'duplicate' | 'reused';

/** A generation ends at this age, or once it holds that many events. The one before it is still looked at. */
const AGE: Micros = 10 * MINUTE;
const EVENTS = 2_000_000;

export interface DedupeOptions {
  /** Events after which a generation ends; two million where absent. */
  readonly events?: number;
}

/**
 * Which events of one cluster were here before, by a keyed 128-bit fingerprint. Remembers at least the last 10 minutes of the cluster's
 * clock or two million events, the smaller, and at most twice that. Saved as segments that are only ever appended, and
 * dropped with their generation.
 */
export class Dedupe implements Persistent {
  readonly #events: number;
  #current = new Generation(0);
  #previous: Generation | undefined;
  #dropped: string[] = [];

  constructor(options: DedupeOptions = {}) {
    this.#events = options.events ?? EVENTS;
  }

  /**
   * Four signed 32-bit lanes: two of Audit-ID and stage, one of user, verb and URI, one of the content. duplicate: all four are known.
   * reused: the id is known with another request. Remembers the event unless it is a duplicate. Of one id sent over and over, the
   * first eight of a generation decide on reuse.
   */
  check(idHigh: number, idLow: number, request: number, content: number, clock: Micros): Verdict {
    this.#rotate(clock);
    const current = this.#current;
    const hash = idHash(idHigh, idLow);
    const found = current.table.find(hash, idHigh, idLow, request, content);
    if (found === DUPLICATE) return 'duplicate';
    const before = this.#previous?.table.find(hash, idHigh, idLow, request, content) ?? 0;
    if (before === DUPLICATE) return 'duplicate';
    current.table.insert(hash, found, idHigh, idLow, request, content);
    current.append(idHigh, idLow, request, content);
    return ((found | before) & OTHER_REQUEST) === 0 ? 'new' : 'reused';
  }

  /** How far back a repeat would be recognised now, in microseconds of the cluster's clock. */
  horizon(clock: Micros): Micros {
    const since = (this.#previous ?? this.#current).start;
    return Number.isFinite(clock) && Number.isFinite(since) ? Math.max(0, clock - since) : 0;
  }

  /** Shows what is remembered, the newest generation first, until `take` wants no more. */
  eachGeneration(take: (prints: FingerprintTable, since: Micros) => boolean): void {
    for (const each of [this.#current, this.#previous]) if (each === undefined || !take(each.table, each.start)) return;
  }

  /** Fingerprints held, and the bytes they take. */
  stats(): { readonly events: number; readonly bytes: number } {
    const held = this.#previous === undefined ? [this.#current] : [this.#previous, this.#current];
    return {
      events: held.reduce((sum, each) => sum + each.table.size, 0),
      bytes: held.reduce((sum, each) => sum + each.bytes, 0),
    };
  }

  restore(key: string, value: Uint8Array | string): void {
    const [, number, sequence] = /^(\d{12,15})-(\d{9,15})$/.exec(key) ?? [];
    const generation = number !== undefined && typeof value !== 'string' ? this.#restored(Number(number)) : undefined;
    if (typeof value === 'string' || generation === undefined) this.#dropped.push(key);
    else generation.restore(Number(sequence), value);
  }

  collect(put: PutRow): void {
    for (const key of this.#dropped) put(key, null);
    this.#dropped = [];
    this.#previous?.collect(put);
    this.#current.collect(put);
  }

  #rotate(clock: Micros): void {
    const current = this.#current;
    const isFull = current.table.size >= this.#events;
    if (!isFull && clock - current.start < AGE && clock - current.start > -AGE) return;
    if (isFull || clock - current.start >= AGE) {
      this.#drop(this.#previous);
      this.#previous = current;
      this.#current = new Generation(current.number + 1, current.table.size);
      this.#current.begin(Number.isFinite(clock) ? clock : current.start);
    } else if (Number.isFinite(clock)) {
      // The first time that is believed, or a clock that stepped back: the generation's age counts from here.
      current.begin(clock);
    }
  }

  #drop(generation: Generation | undefined): void {
    if (generation !== undefined) for (const key of generation.keys()) this.#dropped.push(key);
  }

  /** The generation of that number, rows coming in any order; undefined where newer ones have taken its place. */
  #restored(number: number): Generation | undefined {
    const current = this.#current;
    if (number === current.number) return current;
    if (number > current.number) {
      this.#drop(this.#previous);
      if (number > current.number + 1) this.#drop(current);
      this.#previous = number === current.number + 1 && current.saved > 0 ? current : undefined;
      this.#current = new Generation(number);
      return this.#current;
    }
    if (number < current.number - 1) return undefined;
    this.#previous ??= new Generation(number);
    return this.#previous;
  }
}
