import { AppError, type Positions } from '../model/index.ts';

/** What the broker holds of one partition: from low (the oldest record) to just before high. */
export interface Extent {
  readonly partition: number;
  readonly low: number;
  readonly high: number;
}

/** A saved position that the broker no longer has, and where reading goes on instead. */
export interface Jump {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

// Offsets are 64 bits on the wire; a double holds them exactly up to nine quadrillion records in one partition.
const OFFSET = /^\d{1,15}$/;

/** The next offset to read of each partition: from the checkpoint at first, from what was handed over since. */
export class Progress {
  readonly #prefix: string;
  readonly #fromBeginning: boolean;
  readonly #next = new Map<string, number>();
  readonly #outOfRange = new Set<string>();
  readonly #wasSaved: boolean;
  #begun = false;
  /** Where partitions without a saved position began; goes into the first batch, so that a restart begins there, too. */
  #start = new Map<string, string>();

  /** Throws AppError `source` where a saved position of this source is not an offset. */
  constructor(name: string, saved: Positions, fromBeginning: boolean) {
    this.#prefix = `kafka/${name}/`;
    this.#fromBeginning = fromBeginning;
    for (const [key, text] of saved) {
      if (!key.startsWith(this.#prefix)) continue;
      if (!OFFSET.test(text)) throw new AppError('source', `the saved position ${key} is not an offset`);
      this.#next.set(key, Number(text));
    }
    this.#wasSaved = this.#next.size > 0;
  }

  key(topic: string, partition: number): string {
    return `${this.#prefix}${topic}/${partition}`;
  }

  /**
   * Settles where each partition begins, before a consumer joins. Partitions that have appeared since the first time begin with
   * their oldest record. Returns the positions that the broker does not have.
   */
  begin(topic: string, extents: readonly Extent[], isFirst: boolean): Jump[] {
    const jumps: Jump[] = [];
    for (const { partition, low, high } of extents) {
      const key = this.key(topic, partition);
      const next = this.#next.get(key);
      if (next === undefined) {
        const latest = isFirst && !this.#wasSaved && !this.#fromBeginning;
        this.#next.set(key, latest ? high : low);
        if (latest) this.#start.set(key, String(high));
      } else if (next < low || next > high) {
        jumps.push({ topic, partition, from: next, to: low });
        this.#next.set(key, low);
      }
    }
    this.#begun = true;
    return jumps;
  }

  /** The next offset to read. A partition that appears while reading is new: its first record is 0. */
  next(topic: string, partition: number): number {
    return this.#next.get(this.key(topic, partition)) ?? 0;
  }

  /** Everything below `next` was handed over. */
  advance(topic: string, partition: number, next: number): Positions {
    const key = this.key(topic, partition);
    this.#next.set(key, next);
    const positions = this.#start.size > 0 && this.#begun ? this.#start : new Map<string, string>();
    this.#start = new Map();
    return positions.set(key, String(next));
  }

  /** The broker refused the offset: the next record that comes of this partition is where reading goes on. */
  markOutOfRange(topic: string, partition: number): void {
    this.#outOfRange.add(this.key(topic, partition));
  }

  /** Follows a refused offset to the first record that came instead; undefined in the ordinary case. */
  follow(topic: string, partition: number, first: number): Jump | undefined {
    const key = this.key(topic, partition);
    if (!this.#outOfRange.delete(key)) return undefined;
    const from = this.next(topic, partition);
    this.#next.set(key, first);
    return { topic, partition, from, to: first };
  }
}
