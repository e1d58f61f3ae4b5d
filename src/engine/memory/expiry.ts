/**
 * Slots by the time at which they expire: a binary heap. A slot that is touched moves its time forward without being moved here; it is
 * found at its old time and put back, so that a touch costs nothing.
 */
export class Expiry {
  #heap = new Int32Array(64);
  #size = 0;
  /** Per slot: when it expires, the time under which it lies in the heap, and where. */
  #expires = new Float64Array(64);
  #filed = new Float64Array(64);
  #place = new Int32Array(64).fill(-1);

  of(slot: number): number {
    return this.#expires[slot]!;
  }

  add(slot: number, expires: number): void {
    if (slot >= this.#place.length) this.#grow(slot + 1);
    this.#expires[slot] = expires;
    this.#filed[slot] = expires;
    if (this.#size === this.#heap.length) this.#heap = longer(this.#heap, new Int32Array(this.#size * 2));
    this.#up(this.#size++, slot);
  }

  /** Only ever later: an earlier time is no change. */
  extend(slot: number, expires: number): void {
    if (expires > this.#expires[slot]!) this.#expires[slot] = expires;
  }

  remove(slot: number): void {
    const place = this.#place[slot]!;
    this.#place[slot] = -1;
    this.#size -= 1;
    if (place === this.#size) return;
    const last = this.#heap[this.#size]!;
    this.#down(place, last);
    if (this.#heap[place] === last) this.#up(place, last);
  }

  /** A slot that expired before that time, or -1. It stays until it is removed. */
  next(before: number): number {
    while (this.#size > 0) {
      const slot = this.#heap[0]!;
      if (!(this.#filed[slot]! < before)) return -1;
      if (this.#expires[slot]! < before) return slot;
      this.#filed[slot] = this.#expires[slot]!;
      this.#down(0, slot);
    }
    return -1;
  }

  #up(from: number, slot: number): void {
    const heap = this.#heap;
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above]!;
      if (this.#filed[parent]! <= this.#filed[slot]!) break;
      this.#put(place, parent);
      place = above;
    }
    this.#put(place, slot);
  }

  #down(from: number, slot: number): void {
    const heap = this.#heap;
    let place = from;
    for (;;) {
      let below = place * 2 + 1;
      if (below >= this.#size) break;
      if (below + 1 < this.#size && this.#filed[heap[below + 1]!]! < this.#filed[heap[below]!]!) below += 1;
      const child = heap[below]!;
      if (this.#filed[child]! >= this.#filed[slot]!) break;
      this.#put(place, child);
      place = below;
    }
    this.#put(place, slot);
  }

  #put(place: number, slot: number): void {
    this.#heap[place] = slot;
    this.#place[slot] = place;
  }

  #grow(least: number): void {
    const length = Math.max(least, this.#place.length * 2);
    this.#expires = longer(this.#expires, new Float64Array(length));
    this.#filed = longer(this.#filed, new Float64Array(length));
    this.#place = longer(this.#place, new Int32Array(length).fill(-1));
  }
}

const longer = <T extends Int32Array | Float64Array>(from: T, to: T): T => {
  to.set(from);
  return to;
};
