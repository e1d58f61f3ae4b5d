/** Rows of counters; a key is as frequent as the least of its four. */
const ROWS = 4;
const MOST = 15;
/** Counters in a row for each key that is expected: with fewer, a flood of other keys would make every key look frequent. */
const SPARE = 4;
/** Halve all after this many sightings per expected key: what was frequent long ago no longer is. */
const AGING = 10;

/**
 * How often keys came lately, roughly and in bounded space: decides whether a newcomer is worth more than the key that would have to
 * leave for it. A count-min sketch whose counters are halved as it ages.
 */
export class Admission {
  readonly #width: number;
  readonly #counters: Uint8Array;
  readonly #seed: number;
  readonly #span: number;
  #noted = 0;

  /** Made for about that many keys. */
  constructor(keys: number, seed: number) {
    let width = 256;
    while (width < keys * SPARE) width *= 2;
    this.#width = width;
    this.#counters = new Uint8Array(width * ROWS);
    this.#seed = seed;
    this.#span = (width / SPARE) * AGING;
  }

  get bytes(): number {
    return this.#counters.length;
  }

  /** A seeded hash of a key within its table. */
  hash(table: number, key: string): number {
    let hash = this.#seed ^ Math.imul(table + 1, 0x9e3779b1);
    for (let index = 0; index < key.length; index += 1) {
      hash = Math.imul(hash ^ key.charCodeAt(index), 0x85ebca6b);
      hash ^= hash >>> 15;
    }
    return Math.imul(hash, 0xc2b2ae35) ^ (hash >>> 16);
  }

  /** Counts a sighting; whether there was one before. */
  note(hash: number): boolean {
    const frequency = this.frequency(hash);
    if (frequency < MOST)
      for (let row = 0; row < ROWS; row += 1) {
        // Only the least counters rise: the others stand too high already, by the sightings of other keys.
        const at = this.#at(hash, row);
        if (this.#counters[at] === frequency) this.#counters[at] = frequency + 1;
      }
    this.#noted += 1;
    if (this.#noted >= this.#span) this.#age();
    return frequency > 0;
  }

  /** 0 to 15: never less than the key's sightings since it was last halved, as far as 15 reaches. */
  frequency(hash: number): number {
    let least = MOST;
    for (let row = 0; row < ROWS; row += 1) least = Math.min(least, this.#counters[this.#at(hash, row)]!);
    return least;
  }

  #at(hash: number, row: number): number {
    let mixed = Math.imul(hash ^ Math.imul(row + 1, 0x27d4eb2f), 0x9e3779b1);
    mixed ^= mixed >>> 15;
    return row * this.#width + (mixed & (this.#width - 1));
  }

  #age(): void {
    this.#noted >>>= 1;
    const counters = this.#counters;
    for (let at = 0; at < counters.length; at += 1) counters[at] = counters[at]! >>> 1;
  }
}
