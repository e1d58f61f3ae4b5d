const LINE_END = 10;

/**
 * Remembers raw JSON values that repeat, by their bytes: a value that stands at a position is told by comparing bytes, and needs no
 * second validation, since a string, object or array is complete where it ends. Bounded by slots × width bytes; a value is
 * admitted on its second sight, so that values that are all new cost a comparison and no copy.
 */
export class RawMemo<T> {
  /** What was made of the value in a slot; undefined until somebody sets it. Emptied when another value takes the slot. */
  readonly made: (T | undefined)[];
  readonly #lengths: Int32Array;
  readonly #credit: Uint8Array;
  readonly #seen: Int32Array;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #width: number;
  readonly #mask: number;

  /** slots: a power of two. width: the longest value in bytes, a multiple of 4. */
  constructor(slots: number, width: number) {
    this.made = Array.from({ length: slots }, () => undefined);
    this.#lengths = new Int32Array(slots);
    this.#credit = new Uint8Array(slots);
    this.#seen = new Int32Array(slots);
    this.#words = new Int32Array((slots * width) / 4);
    this.#bytes = new Uint8Array(this.#words.buffer);
    this.#width = width;
    this.#mask = slots - 1;
  }

  /** The slot whose value stands at `pos`, or -1. The hash only says where to look. */
  find(view: DataView, pos: number, end: number, hash: number): number {
    const slot = hash & this.#mask;
    const length = this.#lengths[slot]!;
    if (length === 0 || pos + length > end) return -1;
    const full = length >> 2;
    const words = this.#words;
    let word = (slot * this.#width) >> 2;
    const last = word + full;
    let at = pos;
    for (; word < last; word += 1, at += 4) if (view.getInt32(at, true) !== words[word]) return this.#missed(slot);
    for (let index = full << 2; index < length; index += 1)
      if (view.getUint8(pos + index) !== this.#bytes[slot * this.#width + index]) return this.#missed(slot);
    if (this.#credit[slot]! < 8) this.#credit[slot]! += 1;
    return slot;
  }

  #missed(slot: number): -1 {
    if (this.#credit[slot]! > 0) this.#credit[slot]! -= 1;
    return -1;
  }

  /** Length in bytes of the value in a slot. */
  lengthOf(slot: number): number {
    return this.#lengths[slot]!;
  }

  /**
   * Offers a value that was validated but not found. Returns its slot once it is admitted, else -1. A slot whose value is in
   * steady use is not given away. One over several lines is not admitted: whether it may stand somewhere depends on what came before,
   * and what is remembered must not change what is read.
   */
  offer(bytes: Uint8Array, from: number, to: number, hash: number): number {
    const length = to - from;
    const slot = hash & this.#mask;
    if (length > this.#width || length === 0) return -1;
    const print = hash ^ Math.imul(sample(bytes, from, to), 0x9e3779b1);
    if (this.#seen[slot] !== print) {
      this.#seen[slot] = print;
      return -1;
    }
    if (this.#credit[slot]! > 0) return -1;
    const value = bytes.subarray(from, to);
    if (value.includes(LINE_END)) return -1;
    this.#bytes.set(value, slot * this.#width);
    this.#lengths[slot] = length;
    this.#credit[slot] = 1;
    this.made[slot] = undefined;
    return slot;
  }
}

/** A cheap mark of a value: its length and some 16 bytes spread over it. */
function sample(bytes: Uint8Array, from: number, to: number): number {
  const step = Math.max(1, (to - from) >> 4);
  let mark = to - from;
  for (let at = from; at < to; at += step) mark = Math.imul(mark ^ bytes[at]!, 0x01000193);
  return mark;
}
