import type { Micros } from '../../model/index.ts';
import { Admission } from './admission.ts';
import { bytesOfText, ownText } from './bounded-text.ts';
import { Expiry } from './expiry.ts';
import { Recency } from './recency.ts';

/** Heap bytes of a key besides its text and what lies under it: typed-array columns, the entry in its table. Measured. */
const SLOT_BYTES = 116;
/** Names a detector may give to its memories: they are words of its code, never data. */
const NAMES = 256;
/** Expected bytes of a key, for the size of the sketch. */
const USUAL_BYTES = 256;
/** The part of the budget from which on a key is only taken when it comes again. */
const PRESSED = 0.75;
const NONE = -1;

/** One named memory of one kind: its keys. */
export interface Table {
  readonly index: number;
  readonly kind: string;
  readonly name: string;
  readonly slots: Map<string, number>;
  readonly owner: Owner;
}

/** Whoever keeps something under a slot; told when the slot goes. */
export interface Owner {
  release(slot: number): void;
  /** Whether what lies under the slot never leaves for something of which this is false; absent: false of all. */
  keeps?(slot: number): boolean;
}

/**
 * The keys that one detector remembers, in slots: who they are, what they cost, when they expire and which of them leaves when the
 * budget is used up. What lies under a slot is its owner's.
 */
export class Keyspace {
  evictions = 0;
  refused = 0;
  keys = 0;
  /** Estimated heap bytes. */
  bytes = 0;
  readonly #budget: number;
  readonly #seed: number;
  readonly #tables: Table[] = [];
  readonly #byName = new Map<string, Map<string, Table>>();
  readonly #recency = new Recency();
  readonly #expiry = new Expiry();
  readonly #keyOf: string[] = [];
  readonly #free: number[] = [];
  #tableOf = new Uint16Array(64);
  #payload = new Int32Array(64);
  #cost = new Float64Array(64);
  /** By which keys compete; kept once they do. */
  #hashes = new Int32Array(64);
  #used = 0;
  #admission: Admission | undefined;
  #restored = false;

  constructor(budgetBytes: number, seed: number) {
    this.#budget = budgetBytes;
    this.#seed = seed;
  }

  /** Whether it is filled so far that who comes for the first time is only noted. */
  get isPressed(): boolean {
    return this.#admission !== undefined && this.bytes > PRESSED * this.#budget;
  }

  table(kind: string, name: string, owner: Owner): Table {
    let names = this.#byName.get(kind);
    if (names === undefined) this.#byName.set(kind, (names = new Map<string, Table>()));
    let table = names.get(name);
    if (table === undefined) {
      if (this.#tables.length >= NAMES)
        throw new Error(`more than ${NAMES} names of memories: ${kind} ${name.slice(0, 80)}`);
      table = { index: this.#tables.length, kind, name, slots: new Map(), owner };
      this.#tables.push(table);
      names.set(name, table);
    }
    return table;
  }

  /** The slot of a key, or -1; one that expired before that time is gone. */
  find(table: Table, key: string, now: Micros): number {
    const slot = table.slots.get(key);
    if (slot === undefined) return NONE;
    if (this.#expiry.of(slot) < now) {
      this.remove(slot);
      return NONE;
    }
    return slot;
  }

  /** The slot was used. */
  use(slot: number): void {
    this.#recency.use(slot);
    this.#watch();
    this.#admission?.note(this.#hashes[slot]!);
  }

  /** A slot for a new key, or -1 where the keys that would have to leave for it are worth more. */
  add(table: Table, key: string, payloadBytes: number, expires: Micros, now: Micros): number {
    const bytes = SLOT_BYTES + bytesOfText(key) + payloadBytes;
    this.#watch();
    let hash = 0;
    if (this.#admission !== undefined) {
      hash = this.#admission.hash(table.index, key);
      // Most of a flood of names comes once: that much must cost next to nothing, and take nobody's place.
      const isKnown = this.#admission.note(hash);
      if (!isKnown && this.isPressed && this.#expiry.next(now) === NONE) return this.#turnAway();
    }
    if (!this.#room(bytes, NONE, hash, now)) return NONE;
    return this.#place(table, key, bytes, expires, hash);
  }

  /** A slot put back as it was saved, whatever the budget; `settle` follows. */
  restore(table: Table, key: string, payloadBytes: number, expires: Micros): number {
    this.#restored = true;
    return this.#place(table, key, SLOT_BYTES + bytesOfText(key) + payloadBytes, expires);
  }

  /** After restoring: what expires first was used longest ago, as far as anyone can tell; what is over budget goes. */
  settle(): void {
    if (!this.#restored) return;
    this.#restored = false;
    const slots: number[] = [];
    for (const table of this.#tables) for (const slot of table.slots.values()) slots.push(slot);
    slots.sort((a, b) => this.#expiry.of(a) - this.#expiry.of(b) || compare(this.#keyOf[a]!, this.#keyOf[b]!));
    for (const slot of slots) this.#recency.use(slot);
    while (this.bytes > this.#budget && this.#recency.oldest !== NONE) this.#evict(this.#recency.oldest);
  }

  /** Makes room for a slot to grow by that much; false where nobody else is worth less. */
  makeRoom(slot: number, bytes: number, now: Micros): boolean {
    if (this.bytes + bytes <= this.#budget) return true;
    return this.#room(bytes, slot, this.#hashes[slot]!, now);
  }

  charge(slot: number, bytes: number): void {
    this.#cost[slot]! += bytes;
    this.bytes += bytes;
  }

  /** The slot lives until then; never shorter than it did. */
  extend(slot: number, expires: Micros): void {
    this.#expiry.extend(slot, expires);
  }

  expires(slot: number): Micros {
    return this.#expiry.of(slot);
  }

  /** Removes what expired before that time: at most so many. */
  expire(before: Micros, most: number): void {
    for (let removed = 0; removed < most; removed += 1) {
      const slot = this.#expiry.next(before);
      if (slot === NONE) return;
      this.remove(slot);
    }
  }

  remove(slot: number): void {
    const table = this.tableOf(slot);
    table.owner.release(slot);
    table.slots.delete(this.#keyOf[slot]!);
    this.#recency.remove(slot);
    this.#expiry.remove(slot);
    this.#keyOf[slot] = '';
    this.bytes -= this.#cost[slot]!;
    this.keys -= 1;
    this.#free.push(slot);
  }

  tableOf(slot: number): Table {
    return this.#tables[this.#tableOf[slot]!]!;
  }

  keyOf(slot: number): string {
    return this.#keyOf[slot]!;
  }

  /** The owner's number for what lies under the slot. */
  payload(slot: number): number {
    return this.#payload[slot]!;
  }

  setPayload(slot: number, payload: number): void {
    this.#payload[slot] = payload;
  }

  #place(table: Table, text: string, bytes: number, expires: Micros, hash = 0): number {
    const key = ownText(text);
    const slot = this.#free.pop() ?? this.#used++;
    if (slot >= this.#payload.length) this.#grow();
    this.#tableOf[slot] = table.index;
    this.#cost[slot] = bytes;
    this.#hashes[slot] = hash;
    this.#keyOf[slot] = key;
    table.slots.set(key, slot);
    this.#recency.add(slot);
    this.#expiry.add(slot, expires);
    this.bytes += bytes;
    this.keys += 1;
    return slot;
  }

  /** What expired goes first; then the key used longest ago, unless it came as often as the one that asks. */
  #room(bytes: number, asking: number, hash: number, now: Micros): boolean {
    while (this.bytes + bytes > this.#budget) {
      const expired = this.#expiry.next(now);
      if (expired !== NONE && expired !== asking) {
        this.remove(expired);
        continue;
      }
      let victim = this.#recency.oldest;
      if (victim !== NONE && victim === asking) victim = this.#recency.after(victim);
      const admission = this.#admission;
      if (victim === NONE || admission === undefined) return this.#refuse();
      const isKept = this.#keeps(victim) && !this.#keeps(asking);
      if (isKept || admission.frequency(this.#hashes[victim]!) >= admission.frequency(hash)) {
        // It has shown its worth: the next one that asks meets another.
        this.#recency.use(victim);
        return this.#refuse();
      }
      this.#evict(victim);
    }
    return true;
  }

  #keeps(slot: number): boolean {
    return slot !== NONE && this.tableOf(slot).owner.keeps?.(slot) === true;
  }

  /** From half of the budget on it matters how often keys come. */
  #watch(): void {
    if (this.#admission !== undefined || this.bytes <= this.#budget / 2) return;
    const admission = new Admission(this.#budget / USUAL_BYTES, this.#seed);
    this.#admission = admission;
    this.bytes += admission.bytes;
    for (const { index, slots } of this.#tables)
      for (const [key, slot] of slots) this.#hashes[slot] = admission.hash(index, key);
  }

  #turnAway(): number {
    this.refused += 1;
    return NONE;
  }

  #refuse(): false {
    this.refused += 1;
    return false;
  }

  #evict(slot: number): void {
    this.evictions += 1;
    this.remove(slot);
  }

  #grow(): void {
    const length = this.#payload.length * 2;
    const tableOf = new Uint16Array(length);
    const payload = new Int32Array(length);
    const cost = new Float64Array(length);
    const hashes = new Int32Array(length);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    tableOf.set(this.#tableOf);
    payload.set(this.#payload);
    cost.set(this.#cost);
    this.#tableOf = tableOf;
    this.#payload = payload;
    this.#cost = cost;
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
