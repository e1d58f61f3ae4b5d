import type { Batch, Positions } from '../model/index.ts';

interface Outstanding {
  readonly batch: Batch;
  readonly bytes: number;
}

/** Even an empty record costs memory. */
const RECORD_OVERHEAD = 256;

/**
 * Between the consumer, which pushes, and the pipeline, which takes and commits: a queue that knows how many bytes are not yet
 * durable.
 */
export class Handover {
  readonly #limit: number;
  readonly #queue: Batch[] = [];
  /** In the order read, taken or not; a Map keeps that order. */
  readonly #outstanding = new Map<number, Outstanding>();
  readonly #numbers = new Map<string, number>();
  #number = 0;
  #bytes = 0;
  #ended = false;
  #failure: Error | undefined;
  #wakeTaker: (() => void) | undefined;
  #wakePusher: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** True while nothing more should be pushed. A batch is let in as a whole while there is any room. */
  get isFull(): boolean {
    return this.#bytes >= this.#limit;
  }

  push(batch: Batch): void {
    if (this.#ended) return;
    const bytes = batch.records.reduce((sum, record) => sum + record.bytes.length + RECORD_OVERHEAD, 0);
    this.#outstanding.set(++this.#number, { batch, bytes });
    for (const [key, offset] of batch.positions) this.#numbers.set(`${key}@${offset}`, this.#number);
    this.#bytes += bytes;
    this.#queue.push(batch);
    this.#wakeTaker?.();
  }

  /** Resolves when there may be room, and at the latest after so many milliseconds. */
  room(milliseconds: number): Promise<void> {
    if (!this.isFull || this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wakePusher?.(), milliseconds);
      this.#wakePusher = () => {
        clearTimeout(timer);
        this.#wakePusher = undefined;
        resolve();
      };
    });
  }

  /** The next batch; undefined after the end; throws the failure it ended with. */
  async take(): Promise<Batch | undefined> {
    while (this.#queue.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wakeTaker = resolve;
      });
      this.#wakeTaker = undefined;
    }
    if (!this.#ended) return this.#queue.shift();
    if (this.#failure) throw this.#failure;
    return undefined;
  }

  /** Lets go of the batch with these positions and all before it; returns the positions that became durable by that. */
  release(upTo: Positions): Positions {
    let last = 0;
    for (const [key, offset] of upTo) last = Math.max(last, this.#numbers.get(`${key}@${offset}`) ?? 0);
    const durable = new Map<string, string>();
    for (const [number, { batch, bytes }] of this.#outstanding) {
      if (number > last) break;
      for (const [key, offset] of batch.positions) {
        durable.set(key, offset);
        this.#numbers.delete(`${key}@${offset}`);
      }
      this.#outstanding.delete(number);
      this.#bytes -= bytes;
    }
    if (!this.isFull) this.#wakePusher?.();
    return durable;
  }

  /** Nothing more is given; what was not taken is dropped (it was not committed and comes again). */
  end(failure?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#queue.length = 0;
    this.#wakeTaker?.();
    this.#wakePusher?.();
  }
}
