/**
 * A keyed hash of four 32-bit lanes, 16 bytes a step. The multipliers are odd and secret, and a lane is folded onto itself before each
 * multiplication, so that no difference can be planned to cancel out without the key. Not for anything but telling repeats apart.
 */
export class KeyedHash {
  /** The result, after `finish`. */
  first = 0;
  second = 0;
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;
  readonly #seeds: Int32Array;
  readonly #p: number;
  readonly #q: number;
  readonly #r: number;
  readonly #s: number;

  /** The key has 16 bytes; fewer count as filled with zeros. */
  constructor(key: Uint8Array) {
    const state = new Int32Array(4);
    for (let index = 0; index < Math.min(16, key.length); index += 1)
      state[index >> 2]! |= key[index]! << ((index & 3) * 8);
    // Expands the key: xoshiro-like steps, each word finished on its own.
    const words = Int32Array.from({ length: 8 }, (_, round) => {
      const spun = Math.imul(state[1]! + round + 1, 5);
      const kept = state[1]! << 9;
      state[2]! ^= state[0]!;
      state[3]! ^= state[1]!;
      state[1]! ^= state[2]!;
      state[0]! ^= state[3]!;
      state[2]! ^= kept;
      state[3] = (state[3]! << 11) | (state[3]! >>> 21);
      return avalanche(Math.imul((spun << 7) | (spun >>> 25), 9) ^ state[0]!);
    });
    this.#seeds = words.subarray(0, 4);
    this.#p = words[4]! | 1;
    this.#q = words[5]! | 1;
    this.#r = words[6]! | 1;
    this.#s = words[7]! | 1;
  }

  /** Starts a hash of its own kind: equal input under another purpose gives another result. */
  begin(purpose: number): void {
    this.#a = this.#seeds[0]! ^ purpose;
    this.#b = this.#seeds[1]!;
    this.#c = this.#seeds[2]!;
    this.#d = this.#seeds[3]!;
  }

  /** Takes in four numbers, as 32-bit words. */
  words(w: number, x: number, y: number, z: number): void {
    let a = this.#a ^ w;
    let b = this.#b ^ x;
    let c = this.#c ^ y;
    let d = this.#d ^ z;
    a = Math.imul(a ^ (a >>> 15), this.#p);
    b = Math.imul(b ^ (b >>> 15), this.#q);
    c = Math.imul(c ^ (c >>> 15), this.#r);
    d = Math.imul(d ^ (d >>> 15), this.#s);
    this.#a = (a + b) | 0;
    this.#b = b ^ c;
    this.#c = (c + d) | 0;
    this.#d = d ^ a;
  }

  /** Takes in bytes and how many they are, so that borders between ranges count. */
  range(view: DataView, from: number, to: number): void {
    let a = this.#a;
    let b = this.#b;
    let c = this.#c;
    let d = this.#d;
    const p = this.#p;
    const q = this.#q;
    const r = this.#r;
    const s = this.#s;
    let at = from;
    for (; at + 16 <= to; at += 16) {
      a ^= view.getInt32(at, true);
      b ^= view.getInt32(at + 4, true);
      c ^= view.getInt32(at + 8, true);
      d ^= view.getInt32(at + 12, true);
      a = Math.imul(a ^ (a >>> 15), p);
      b = Math.imul(b ^ (b >>> 15), q);
      c = Math.imul(c ^ (c >>> 15), r);
      d = Math.imul(d ^ (d >>> 15), s);
      const old = a;
      a = (a + b) | 0;
      b ^= c;
      c = (c + d) | 0;
      d ^= old;
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
    this.words(wordAt(view, at, to), wordAt(view, at + 4, to), wordAt(view, at + 8, to), wordAt(view, at + 12, to));
    this.words(to - from, 0, 0, 0);
  }

  finish(): void {
    this.words(1, 2, 3, 4);
    this.words(5, 6, 7, 8);
    this.first = avalanche(this.#a ^ Math.imul(this.#c, this.#q));
    this.second = avalanche(this.#b ^ Math.imul(this.#d, this.#p));
  }
}

/** Four bytes, those from `to` on as zeros. */
function wordAt(view: DataView, at: number, to: number): number {
  if (at + 4 <= to) return view.getInt32(at, true);
  let word = 0;
  for (let index = 0; at + index < to; index += 1) word |= view.getUint8(at + index) << (index * 8);
  return word;
}

function avalanche(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x7feb352d);
  word = Math.imul(word ^ (word >>> 15), 0x846ca68b);
  return word ^ (word >>> 16);
}
