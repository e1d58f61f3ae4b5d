import type { Micros } from '../../model/index.ts';
import type { PutRow } from '../persist.ts';
import { bytesOfText, ownText } from './bounded-text.ts';
import type { Keyspace, Owner, Table } from './keyspace.ts';
import type { RowLog } from './row-log.ts';
import { Runs } from './runs.ts';

/** What an entry is called in its row: by its text (a member of a set) or by a number. */
type Naming = 'text' | 'number';

/** Keys with a run of entries under each. Every entry is a row of its own, so that a busy key writes only what is new. */
export class Entries implements Owner {
  readonly runs = new Runs();
  readonly #space: Keyspace;
  readonly #log: RowLog;
  readonly #naming: Naming;
  readonly #dirty = new Set<number>();

  constructor(space: Keyspace, log: RowLog, naming: Naming) {
    this.#space = space;
    this.#log = log;
    this.#naming = naming;
  }

  /** A new key with one entry; -1 where it is refused. */
  create(table: Table, key: string, time: Micros, text: string, expires: Micros, now: Micros): number {
    const bytes = this.runs.bytesFor(1) + bytesOfText(text);
    const slot = this.#space.add(table, key, bytes, expires, now);
    if (slot < 0) return slot;
    const run = this.runs.open();
    this.#space.setPayload(slot, run);
    this.runs.insert(run, time, this.#own(text));
    this.#dirty.add(slot);
    return slot;
  }

  /**
   * Adds an entry to a key, the oldest leaving for it where the budget says so. The index of its place; -1 where it is not kept: it is older
   * than all there is room for.
   */
  add(slot: number, time: Micros, text: string, expires: Micros, now: Micros): number {
    const run = this.#space.payload(slot);
    const textBytes = bytesOfText(text);
    for (;;) {
      const growth = Math.max(0, this.runs.bytesFor(this.runs.length(run) + 1) - this.runs.bytes(run));
      if (this.#space.makeRoom(slot, growth + textBytes, now)) break;
      if (this.runs.length(run) === 0) {
        this.#space.remove(slot);
        return -1;
      }
      if (time < this.runs.time(run, 0)) return -1;
      this.remove(slot, 0);
    }
    const before = this.runs.bytes(run);
    const index = this.runs.insert(run, time, this.#own(text));
    this.#space.charge(slot, this.runs.bytes(run) - before + textBytes);
    this.#space.extend(slot, expires);
    this.#dirty.add(slot);
    return index;
  }

  /** Moves an entry to another time. */
  move(slot: number, index: number, time: Micros, expires: Micros): number {
    const run = this.#space.payload(slot);
    const text = this.runs.text(run, index);
    const id = this.runs.id(run, index);
    const isSaved = this.runs.isSaved(run, index);
    const before = this.runs.bytes(run);
    this.runs.remove(run, index);
    const moved = this.runs.insert(run, time, text, id, isSaved);
    this.#space.charge(slot, this.runs.bytes(run) - before);
    this.runs.dirty(run, moved);
    this.#space.extend(slot, expires);
    this.#dirty.add(slot);
    return moved;
  }

  remove(slot: number, index: number, count = 1): void {
    const run = this.#space.payload(slot);
    const before = this.runs.bytes(run);
    let texts = 0;
    for (let each = index; each < index + count; each += 1) {
      texts += bytesOfText(this.runs.text(run, each));
      if (this.runs.isSaved(run, each)) this.#log.delete(this.#rowKey(slot, run, each));
    }
    this.runs.remove(run, index, count);
    this.#space.charge(slot, this.runs.bytes(run) - before - texts);
    // The row that went may have been the one that told how long the key lives.
    const left = this.runs.length(run);
    if (left > 0) {
      this.runs.dirty(run, left - 1);
      this.#dirty.add(slot);
    }
  }

  /** Removes the entries up to that time, that moment included. */
  prune(slot: number, upTo: Micros): void {
    const run = this.#space.payload(slot);
    const length = this.runs.length(run);
    let count = 0;
    while (count < length && this.runs.time(run, count) <= upTo) count += 1;
    if (count > 0) this.remove(slot, 0, count);
  }

  release(slot: number): void {
    const run = this.#space.payload(slot);
    for (let index = 0; index < this.runs.length(run); index += 1)
      if (this.runs.isSaved(run, index)) this.#log.delete(this.#rowKey(slot, run, index));
    this.runs.close(run);
    this.#dirty.delete(slot);
  }

  restore(table: Table, key: string, time: Micros, text: string, id: number | undefined, expires: Micros): void {
    let slot = table.slots.get(key) ?? -1;
    if (slot < 0) {
      slot = this.#space.restore(table, key, this.runs.bytesFor(1), expires);
      this.#space.setPayload(slot, this.runs.open());
    }
    const run = this.#space.payload(slot);
    const before = this.runs.bytes(run);
    this.runs.insert(run, time, text, id, true);
    this.#space.charge(slot, this.runs.bytes(run) - before + bytesOfText(text));
    this.#space.extend(slot, expires);
  }

  collect(put: PutRow): void {
    for (const slot of this.#dirty) {
      const run = this.#space.payload(slot);
      for (let index = 0; index < this.runs.length(run); index += 1) {
        if (!this.runs.isDirty(run, index)) continue;
        const text = this.#naming === 'text' ? '' : `,${this.runs.text(run, index)}`;
        const value = `[${this.#space.expires(slot)},${this.runs.time(run, index)}${text}]`;
        this.#log.put(this.#rowKey(slot, run, index), value, put);
        this.runs.saved(run, index);
      }
    }
    this.#dirty.clear();
  }

  /** Evidence is a text of its own already. */
  #own(text: string): string {
    return this.#naming === 'text' ? ownText(text) : text;
  }

  #rowKey(slot: number, run: number, index: number): string {
    const { kind, name } = this.#space.tableOf(slot);
    const member = this.#naming === 'text' ? this.runs.text(run, index) : this.runs.id(run, index);
    return JSON.stringify([kind, name, this.#space.keyOf(slot), member]);
  }
}
