import type { Micros } from '../../model/index.ts';
import type { PutRow } from '../persist.ts';
import type { Keyspace, Owner, Table } from './keyspace.ts';
import type { RowLog } from './row-log.ts';

/** Bytes of a sighting in its columns. */
const SIGHTING_BYTES = 25;

/** Keys with a first and a last sighting and their number under each: one row a key. */
export class Sightings implements Owner {
  readonly #space: Keyspace;
  readonly #log: RowLog;
  readonly #dirty = new Set<number>();
  readonly #free: number[] = [];
  #since = new Float64Array(64);
  #last = new Float64Array(64);
  #times = new Float64Array(64);
  #saved = new Uint8Array(64);
  #used = 0;

  constructor(space: Keyspace, log: RowLog) {
    this.#space = space;
    this.#log = log;
  }

  /** A new key, seen once; false where it is refused. */
  create(table: Table, key: string, time: Micros, expires: Micros, now: Micros): boolean {
    const slot = this.#space.add(table, key, SIGHTING_BYTES, expires, now);
    if (slot < 0) return false;
    this.#space.setPayload(slot, this.#take());
    this.set(slot, time, time, 1, expires);
    return true;
  }

  since(slot: number): Micros {
    return this.#since[this.#space.payload(slot)]!;
  }

  last(slot: number): Micros {
    return this.#last[this.#space.payload(slot)]!;
  }

  times(slot: number): number {
    return this.#times[this.#space.payload(slot)]!;
  }

  set(slot: number, since: Micros, last: Micros, times: number, expires: Micros): void {
    const at = this.#space.payload(slot);
    this.#since[at] = since;
    this.#last[at] = last;
    this.#times[at] = times;
    this.#space.extend(slot, expires);
    this.#dirty.add(slot);
  }

  release(slot: number): void {
    const at = this.#space.payload(slot);
    if (this.#saved[at] === 1) this.#log.delete(this.#rowKey(slot));
    this.#free.push(at);
    this.#dirty.delete(slot);
  }

  restore(table: Table, key: string, since: Micros, last: Micros, times: number, expires: Micros): void {
    if (table.slots.has(key)) return;
    const slot = this.#space.restore(table, key, SIGHTING_BYTES, expires);
    const at = this.#take();
    this.#space.setPayload(slot, at);
    this.#since[at] = since;
    this.#last[at] = last;
    this.#times[at] = times;
    this.#saved[at] = 1;
  }

  collect(put: PutRow): void {
    for (const slot of this.#dirty) {
      const at = this.#space.payload(slot);
      this.#saved[at] = 1;
      const value = `[${this.#space.expires(slot)},${this.#since[at]},${this.#last[at]},${this.#times[at]}]`;
      this.#log.put(this.#rowKey(slot), value, put);
    }
    this.#dirty.clear();
  }

  #rowKey(slot: number): string {
    const { kind, name } = this.#space.tableOf(slot);
    return JSON.stringify([kind, name, this.#space.keyOf(slot)]);
  }

  #take(): number {
    const at = this.#free.pop() ?? this.#used++;
    if (at >= this.#since.length) this.#grow();
    this.#saved[at] = 0;
    return at;
  }

  #grow(): void {
    const length = this.#since.length * 2;
    const longer = (from: Float64Array) => {
      const to = new Float64Array(length);
      to.set(from);
      return to;
    };
    this.#since = longer(this.#since);
    this.#last = longer(this.#last);
    this.#times = longer(this.#times);
    const saved = new Uint8Array(length);
    saved.set(this.#saved);
    this.#saved = saved;
  }
}

/** Where a sighting was looked for, and with what it would be written. */
export interface Found {
  readonly table: Table;
  readonly key: string;
  readonly slot: number;
  readonly time: Micros;
  readonly expires: Micros;
}
