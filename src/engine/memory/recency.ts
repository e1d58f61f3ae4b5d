const NONE = -1;

/** Slots in the order of their last use: a doubly linked list in two typed arrays. */
export class Recency {
  #before = new Int32Array(64);
  #after = new Int32Array(64);
  #oldest = NONE;
  #newest = NONE;

  /** The slot that was not used for longest, or -1. */
  get oldest(): number {
    return this.#oldest;
  }

  /** The slot used next after that one, or -1. */
  after(slot: number): number {
    return this.#after[slot]!;
  }

  add(slot: number): void {
    if (slot >= this.#after.length) this.#grow(slot + 1);
    this.#before[slot] = this.#newest;
    this.#after[slot] = NONE;
    if (this.#newest === NONE) this.#oldest = slot;
    else this.#after[this.#newest] = slot;
    this.#newest = slot;
  }

  remove(slot: number): void {
    const before = this.#before[slot]!;
    const after = this.#after[slot]!;
    if (before === NONE) this.#oldest = after;
    else this.#after[before] = after;
    if (after === NONE) this.#newest = before;
    else this.#before[after] = before;
  }

  use(slot: number): void {
    if (slot === this.#newest) return;
    this.remove(slot);
    this.add(slot);
  }

  #grow(least: number): void {
    const length = Math.max(least, this.#after.length * 2);
    const [before, after] = [new Int32Array(length), new Int32Array(length)];
    before.set(this.#before);
    after.set(this.#after);
    this.#before = before;
    this.#after = after;
  }
}
