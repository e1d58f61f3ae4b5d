import type { Positions } from '../model/index.ts';
import { Wake } from './wake.ts';

interface Given {
  readonly key: string;
  readonly position: string;
  readonly bytes: number;
}

/** The batches that were given and are not committed, in order; says when there is room for one more. */
export class ReadAhead {
  readonly #maxBatches: number;
  readonly #maxBytes: number;
  readonly #freed = new Wake();
  #given: Given[] = [];
  #bytes = 0;
  #open = true;

  constructor(maxBatches: number, maxBytes: number) {
    this.#maxBatches = maxBatches;
    this.#maxBytes = maxBytes;
  }

  add(key: string, position: string, bytes: number): void {
    this.#given.push({ key, position, bytes });
    this.#bytes += bytes;
  }

  /** Forgets every batch up to the last one whose position is among these. */
  commit(upTo: Positions): void {
    const last = this.#given.findLastIndex(({ key, position }) => upTo.get(key) === position);
    for (const { bytes } of this.#given.splice(0, last + 1)) this.#bytes -= bytes;
    this.#freed.wake();
  }

  /** Resolves with true once there is room, with false once it is closed. One caller at a time. */
  async room(): Promise<boolean> {
    while (this.#open && (this.#given.length >= this.#maxBatches || this.#bytes >= this.#maxBytes)) {
      await this.#freed.wait();
    }
    return this.#open;
  }

  close(): void {
    this.#open = false;
    this.#freed.wake();
  }
}
