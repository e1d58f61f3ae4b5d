import type { Micros } from '../model/index.ts';
import { DUPLICATE, FingerprintTable, idHash } from './fingerprint-table.ts';
import type { PutRow } from './persist.ts';

/** Bytes at the start of a saved segment: the time at which its generation began. */
const HEADER = 8;
const FINGERPRINT = 16;
const FIRST_LOG = 64;
/** Lanes of log that are kept from one checkpoint to the next; a burst's room is given back. */
const KEPT_LOG = 65_536;

/** Fingerprints that are remembered and forgotten together. */
export class Generation {
  readonly number: number;
  readonly table: FingerprintTable;
  /** Clock at its beginning; not a number until one is known. */
  start: Micros = Number.NaN;
  /** Segments written so far. */
  saved = 0;
  #log = new Int32Array(FIRST_LOG);
  #logged = 0;
  #startChanged = false;

  /** Made with room for about as many fingerprints as are expected. */
  constructor(number: number, expected = 0) {
    this.number = number;
    this.table = new FingerprintTable(expected);
  }

  get bytes(): number {
    return this.table.bytes + this.#log.byteLength;
  }

  begin(clock: Micros): void {
    this.start = clock;
    this.#startChanged = true;
  }

  /** Notes a fingerprint for the next segment. */
  append(idHigh: number, idLow: number, request: number, content: number): void {
    if (this.#logged === this.#log.length) {
      const longer = new Int32Array(this.#log.length * 2);
      longer.set(this.#log);
      this.#log = longer;
    }
    this.#log[this.#logged++] = idHigh;
    this.#log[this.#logged++] = idLow;
    this.#log[this.#logged++] = request;
    this.#log[this.#logged++] = content;
  }

  collect(put: PutRow): void {
    if (this.#logged === 0 && !this.#startChanged) return;
    const bytes = new Uint8Array(HEADER + this.#logged * 4);
    const view = new DataView(bytes.buffer);
    view.setFloat64(0, this.start, true);
    for (let lane = 0; lane < this.#logged; lane += 1) view.setInt32(HEADER + lane * 4, this.#log[lane]!, true);
    put(this.#key(this.saved), bytes);
    this.saved += 1;
    this.#logged = 0;
    this.#startChanged = false;
    if (this.#log.length > KEPT_LOG) this.#log = new Int32Array(FIRST_LOG);
  }

  restore(sequence: number, bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const isNewest = sequence >= this.saved;
    this.saved = Math.max(this.saved, sequence + 1);
    if (bytes.byteLength < HEADER) return;
    if (isNewest) this.start = view.getFloat64(0, true);
    for (let at = HEADER; at + FINGERPRINT <= bytes.byteLength; at += FINGERPRINT) {
      const idHigh = view.getInt32(at, true);
      const idLow = view.getInt32(at + 4, true);
      const request = view.getInt32(at + 8, true);
      const content = view.getInt32(at + 12, true);
      const hash = idHash(idHigh, idLow);
      const found = this.table.find(hash, idHigh, idLow, request, content);
      if (found !== DUPLICATE) this.table.insert(hash, found, idHigh, idLow, request, content);
    }
  }

  /** Keys of all its segments. */
  *keys(): Iterable<string> {
    for (let sequence = 0; sequence < this.saved; sequence += 1) yield this.#key(sequence);
  }

  #key(sequence: number): string {
    return `${String(this.number).padStart(12, '0')}-${String(sequence).padStart(9, '0')}`;
  }
}
