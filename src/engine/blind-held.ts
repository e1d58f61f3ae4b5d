import type { Micros } from '../model/index.ts';
import type { Dedupe } from './dedupe.ts';
import { DUPLICATE, idHash, type FingerprintTable, type Print } from './fingerprint-table.ts';
import { Generation } from './generation.ts';
import type { Persistent, PutRow } from './persist.ts';

/** Fingerprints that are held for all blind periods of a cluster. */
const MOST = 2_000_000;
/** Fingerprints that are taken over from one checkpoint to the next: some milliseconds. */
const AT_ONCE = 16_384;

/** Which events around blind periods a cluster has had: kept beyond the horizon of repeats, bounded, saved as segments. */
export class Held implements Persistent {
  readonly #most: number;
  readonly #atOnce: number;
  #prints = new Generation(0);
  #dropped: string[] = [];
  /** What is still to be taken over, and how many that are at most. */
  #source: Iterator<Print> | undefined;
  #due = 0;

  constructor(most: number = MOST, atOnce: number = AT_ONCE) {
    this.#most = most;
    this.#atOnce = atOnce;
  }

  get size(): number {
    return this.#prints.table.size;
  }

  /** How many more it can take. */
  get room(): number {
    return Math.max(0, this.#most - this.size - this.#due);
  }

  /** True while what `takeFrom` promised is not all there. */
  get isTaking(): boolean {
    return this.#source !== undefined;
  }

  has({ idHigh, idLow, requestHash, contentHash }: Print): boolean {
    return this.#prints.table.find(idHash(idHigh, idLow), idHigh, idLow, requestHash, contentHash) === DUPLICATE;
  }

  /** False where it was known already, or where there is no room. */
  add({ idHigh, idLow, requestHash, contentHash }: Print): boolean {
    const { table } = this.#prints;
    const hash = idHash(idHigh, idLow);
    const found = table.find(hash, idHigh, idLow, requestHash, contentHash);
    if (found === DUPLICATE || table.size >= this.#most) return false;
    table.insert(hash, found, idHigh, idLow, requestHash, contentHash);
    this.#prints.append(idHigh, idLow, requestHash, contentHash);
    return true;
  }

  /**
   * Takes over what `dedupe` remembers, the newest first: a part now, and one with each checkpoint. Returns the event time from which on it
   * then has everything.
   */
  takeFrom(dedupe: Dedupe): Micros {
    let since = Number.POSITIVE_INFINITY;
    const tables: FingerprintTable[] = [];
    dedupe.eachGeneration((prints, start) => {
      if (prints.size > this.room) return false;
      tables.push(prints);
      this.#due += prints.size;
      // What moved the clock to the generation's beginning came before it.
      if (Number.isFinite(start)) since = start + 1;
      return true;
    });
    this.#source = printsOf(this.#source, tables);
    this.#takeMore();
    return since;
  }

  /** Every one of them. */
  all(): Iterable<Print> {
    return this.#prints.table.prints();
  }

  /** Forgets all. */
  clear(): void {
    this.#dropped.push(...this.#prints.keys());
    this.#prints = new Generation(this.#prints.number + 1);
    this.#source = undefined;
    this.#due = 0;
  }

  restore(key: string, value: Uint8Array | string): void {
    const [, number, sequence] = /^(\d{12,15})-(\d{9,15})$/.exec(key) ?? [];
    if (number === undefined || typeof value === 'string') return void this.#dropped.push(key);
    if (Number(number) > this.#prints.number) {
      this.#dropped.push(...this.#prints.keys());
      this.#prints = new Generation(Number(number));
    }
    if (Number(number) < this.#prints.number) this.#dropped.push(key);
    else this.#prints.restore(Number(sequence), value);
  }

  collect(put: PutRow): void {
    for (const key of this.#dropped) put(key, null);
    this.#dropped = [];
    this.#prints.collect(put);
    this.#takeMore();
  }

  #takeMore(): void {
    for (let taken = 0; taken < this.#atOnce; taken += 1) {
      const next = this.#source?.next();
      if (next === undefined || next.done === true) {
        this.#source = undefined;
        this.#due = 0;
        return;
      }
      this.#due = Math.max(0, this.#due - 1);
      this.add(next.value);
    }
  }
}

function* printsOf(first: Iterator<Print> | undefined, tables: readonly FingerprintTable[]): Generator<Print> {
  for (let next = first?.next(); next !== undefined && next.done !== true; next = first!.next()) yield next.value;
  for (const table of tables) yield* table.prints();
}
