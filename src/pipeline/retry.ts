import { setTimeout as sleep } from 'node:timers/promises';

/** Waits that grow from `first` to `most` milliseconds, doubling, each shortened by up to a quarter so that many do not come at once. */
export class Backoff {
  readonly #first: number;
  readonly #most: number;
  #failures = 0;

  constructor(first: number, most: number) {
    this.#first = first;
    this.#most = most;
  }

  /** The next wait, in milliseconds. */
  next(): number {
    const wait = Math.min(this.#most, this.#first * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return Math.round(wait * (1 - Math.random() / 4));
  }

  reset(): void {
    this.#failures = 0;
  }

  /** Waits; an abort ends the wait without an error. */
  async wait(signal: AbortSignal): Promise<number> {
    const milliseconds = this.next();
    await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
    return milliseconds;
  }
}
