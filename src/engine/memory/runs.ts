import type { Micros } from '../../model/index.ts';

/** Longest run; 2^12. */
export const LONGEST_RUN = 4_096;
const CLASSES = 13;
/** Bytes of an entry besides its text. */
const ENTRY_BYTES = 25;
const NONE = -1;
/** The size class of a run that is closed. */
const CLOSED = 255;
/** Below that many runs a size class is not worth tidying. */
const TIDY_FROM = 1_024;

const SAVED = 1;
const DIRTY = 2;

/** Entries of one size class: runs of 2^n places each. Free runs are linked through their first id. */
class SizeClass {
  readonly capacity: number;
  times: Float64Array;
  ids: Float64Array;
  marks: Uint8Array;
  readonly texts: (string | undefined)[] = [];
  live = 0;
  #used = 0;
  #free = NONE;

  constructor(capacity: number, runs = 4) {
    this.capacity = capacity;
    this.times = new Float64Array(capacity * runs);
    this.ids = new Float64Array(capacity * runs);
    this.marks = new Uint8Array(capacity * runs);
  }

  /** True where most of the room is held for nothing. */
  get isWasteful(): boolean {
    const runs = this.times.length / this.capacity;
    return runs > TIDY_FROM && this.live * 4 < runs;
  }

  /** Index of the first place of a run. */
  take(): number {
    this.live += 1;
    if (this.#free !== NONE) {
      const at = this.#free;
      this.#free = this.ids[at]!;
      return at;
    }
    const at = this.#used;
    this.#used += this.capacity;
    if (this.#used > this.times.length) this.#grow();
    return at;
  }

  give(at: number): void {
    this.live -= 1;
    this.texts.fill(undefined, at, at + this.capacity);
    this.ids[at] = this.#free;
    this.#free = at;
  }

  #grow(): void {
    // Half as much again: what is not used yet is memory too.
    const runs = this.times.length / this.capacity;
    const length = (runs + Math.max(4, runs >> 1)) * this.capacity;
    const times = new Float64Array(length);
    const ids = new Float64Array(length);
    const marks = new Uint8Array(length);
    times.set(this.times);
    ids.set(this.ids);
    marks.set(this.marks);
    this.times = times;
    this.ids = ids;
    this.marks = marks;
  }
}

function copy(from: SizeClass, old: number, into: SizeClass, at: number, length: number): void {
  into.times.set(from.times.subarray(old, old + length), at);
  into.ids.set(from.ids.subarray(old, old + length), at);
  into.marks.set(from.marks.subarray(old, old + length), at);
  // Every place gets a value: a list with holes would be slow and large.
  for (let index = 0; index < into.capacity; index += 1)
    into.texts[at + index] = index < length ? from.texts[old + index] : undefined;
}

/**
 * Short lists of entries (a time, a text, a number that names its row), each kept in order of time and then text. They lie in
 * shared typed arrays by size class: a list of one entry takes the place of one.
 */
export class Runs {
  readonly #classes: (SizeClass | undefined)[] = Array.from({ length: CLASSES });
  #class = new Uint8Array(64);
  #at = new Int32Array(64);
  #length = new Uint16Array(64);
  #nextId = new Float64Array(64);
  #used = 0;
  readonly #free: number[] = [];

  /** A new empty run; the number by which it goes. */
  open(): number {
    const run = this.#free.pop() ?? this.#used++;
    if (run >= this.#at.length) this.#grow();
    this.#class[run] = 0;
    this.#at[run] = this.#sizeClass(0).take();
    this.#length[run] = 0;
    this.#nextId[run] = 0;
    return run;
  }

  close(run: number): void {
    const number = this.#class[run]!;
    this.#sizeClass(number).give(this.#at[run]!);
    this.#class[run] = CLOSED;
    this.#free.push(run);
    this.#tidy(number);
  }

  length(run: number): number {
    return this.#length[run]!;
  }

  /** Bytes that a run takes when it has that many entries, texts aside. */
  bytesFor(entries: number): number {
    let capacity = 1;
    while (capacity < entries) capacity *= 2;
    return capacity * ENTRY_BYTES;
  }

  time(run: number, index: number): Micros {
    return this.#classes[this.#class[run]!]!.times[this.#at[run]! + index]!;
  }

  text(run: number, index: number): string {
    return this.#classes[this.#class[run]!]!.texts[this.#at[run]! + index]!;
  }

  id(run: number, index: number): number {
    return this.#classes[this.#class[run]!]!.ids[this.#at[run]! + index]!;
  }

  isSaved(run: number, index: number): boolean {
    return (this.#classes[this.#class[run]!]!.marks[this.#at[run]! + index]! & SAVED) !== 0;
  }

  isDirty(run: number, index: number): boolean {
    return (this.#classes[this.#class[run]!]!.marks[this.#at[run]! + index]! & DIRTY) !== 0;
  }

  dirty(run: number, index: number): void {
    this.#classes[this.#class[run]!]!.marks[this.#at[run]! + index]! |= DIRTY;
  }

  saved(run: number, index: number): void {
    this.#classes[this.#class[run]!]!.marks[this.#at[run]! + index] = SAVED;
  }

  /** Where the text stands, or -1. */
  find(run: number, text: string): number {
    const { texts } = this.#classes[this.#class[run]!]!;
    const at = this.#at[run]!;
    const length = this.#length[run]!;
    for (let index = 0; index < length; index += 1) if (texts[at + index] === text) return index;
    return -1;
  }

  /** Adds an entry at its place in time; the index of that place. Without an id it gets the next one; it is dirty, or saved where told so. */
  insert(run: number, time: Micros, text: string, id = this.#nextId[run]!, isSaved = false): number {
    const length = this.#length[run]!;
    if (length === this.#sizeClass(this.#class[run]!).capacity) this.#resize(run, this.#class[run]! + 1);
    const { times, texts, ids, marks } = this.#sizeClass(this.#class[run]!);
    const at = this.#at[run]!;
    let place = at + length;
    while (place > at && (times[place - 1]! > time || (times[place - 1] === time && texts[place - 1]! > text))) {
      times[place] = times[place - 1]!;
      texts[place] = texts[place - 1];
      ids[place] = ids[place - 1]!;
      marks[place] = marks[place - 1]!;
      place -= 1;
    }
    times[place] = time;
    texts[place] = text;
    ids[place] = id;
    marks[place] = isSaved ? SAVED : DIRTY;
    this.#length[run] = length + 1;
    this.#nextId[run] = Math.max(this.#nextId[run]!, id + 1);
    return place - at;
  }

  /** Takes out `count` entries from `index` on. */
  remove(run: number, index: number, count = 1): void {
    const { times, texts, ids, marks, capacity } = this.#sizeClass(this.#class[run]!);
    const start = this.#at[run]! + index;
    const end = this.#at[run]! + this.#length[run]!;
    times.copyWithin(start, start + count, end);
    ids.copyWithin(start, start + count, end);
    marks.copyWithin(start, start + count, end);
    for (let place = start; place < end; place += 1)
      texts[place] = place + count < end ? texts[place + count] : undefined;
    const length = this.#length[run]! - count;
    this.#length[run] = length;
    if (capacity >= 8 && length * 4 <= capacity) this.#resize(run, this.#class[run]! - 1);
  }

  /** Bytes of the run as it stands, texts aside. */
  bytes(run: number): number {
    return this.#sizeClass(this.#class[run]!).capacity * ENTRY_BYTES;
  }

  #sizeClass(number: number): SizeClass {
    return (this.#classes[number] ??= new SizeClass(1 << number));
  }

  #resize(run: number, to: number): void {
    const from = this.#sizeClass(this.#class[run]!);
    const into = this.#sizeClass(to);
    const old = this.#at[run]!;
    const at = into.take();
    const length = this.#length[run]!;
    copy(from, old, into, at, length);
    from.give(old);
    const number = this.#class[run]!;
    this.#class[run] = to;
    this.#at[run] = at;
    this.#tidy(number);
  }

  /** Gives back the room of a size class that stands mostly empty: whoever fills one class after the other must not hold them all. */
  #tidy(number: number): void {
    const old = this.#sizeClass(number);
    if (!old.isWasteful) return;
    const fresh = new SizeClass(old.capacity, Math.max(4, old.live * 2));
    for (let run = 0; run < this.#used; run += 1) {
      if (this.#class[run] !== number) continue;
      const from = this.#at[run]!;
      const at = fresh.take();
      copy(old, from, fresh, at, this.#length[run]!);
      this.#at[run] = at;
    }
    this.#classes[number] = fresh;
  }

  #grow(): void {
    const length = this.#at.length * 2;
    const sizes = new Uint8Array(length);
    const at = new Int32Array(length);
    const lengths = new Uint16Array(length);
    const nextId = new Float64Array(length);
    sizes.set(this.#class);
    at.set(this.#at);
    lengths.set(this.#length);
    nextId.set(this.#nextId);
    this.#class = sizes;
    this.#at = at;
    this.#length = lengths;
    this.#nextId = nextId;
  }
}
