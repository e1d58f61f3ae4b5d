import type { Batch, Source } from '../model/index.ts';

/** A batch on its way to the engine, and the source that waits to hear of it. */
export interface Entry {
  readonly source: Source;
  readonly batch: Batch;
}

/** Batches of one source that may wait here; the source's own read-ahead comes on top. */
const DEPTH = 4;

/** Where the readers of all sources meet the one loop that feeds the engine. Bounded per source, first come first served. */
export class Inbox {
  #entries: Entry[] = [];
  readonly #waiting = new Map<Source, number>();
  #readers = 0;
  #failure: unknown;
  #wake: (() => void) | undefined;
  #room: (() => void)[] = [];

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** True once every reader has ended well and everything was taken; after a failure `take` throws it. */
  get isDone(): boolean {
    return this.#readers === 0 && this.isEmpty && this.#failure === undefined;
  }

  /** Reads a source to its end. Its failure is thrown by the next `take`. */
  async pump(source: Source, batches: AsyncIterable<Batch>, signal: AbortSignal): Promise<void> {
    this.#readers += 1;
    try {
      for await (const batch of batches) {
        this.#entries.push({ source, batch });
        this.#waiting.set(source, (this.#waiting.get(source) ?? 0) + 1);
        this.#wake?.();
        while ((this.#waiting.get(source) ?? 0) >= DEPTH && !signal.aborted) await this.#makeRoom(signal);
        if (signal.aborted) return;
      }
    } catch (thrown) {
      this.#failure ??= thrown;
    } finally {
      this.#readers -= 1;
      this.#wake?.();
    }
  }

  /** All that waits now; where nothing does, waits for something, for the end, or for so many milliseconds. */
  async take(milliseconds: number): Promise<readonly Entry[]> {
    if (this.isEmpty && this.#readers > 0 && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    const entries = this.#entries;
    this.#entries = [];
    this.#waiting.clear();
    for (const resolve of this.#room.splice(0)) resolve();
    if (entries.length === 0 && this.#failure !== undefined) throw this.#failure;
    return entries;
  }

  /** Ends a `take` that waits. */
  wake(): void {
    this.#wake?.();
  }

  #makeRoom(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#room.push(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
