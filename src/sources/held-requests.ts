import type { ServerResponse } from 'node:http';
import type { Micros } from '../model/index.ts';
import { Wake } from './wake.ts';

/** A whole body whose sender waits for the answer. */
export interface Held {
  readonly bytes: Buffer;
  readonly received: Micros;
  readonly cluster: string | undefined;
  /** For people: the sender's address and the number of the request. */
  readonly position: string;
}

interface Entry extends Held {
  readonly response: ServerResponse;
  timer: NodeJS.Timeout | undefined;
  batch: number | undefined;
}

export interface HeldOptions {
  /** How long a sender waits at most, in ms. */
  readonly hold: number;
  /** The bytes of a request are free again: it was committed, refused, or dropped before it was given on. */
  readonly release: (bytes: number) => void;
  readonly answer: (response: ServerResponse, status: 200 | 503) => void;
}

/** Requests between their last byte and their answer: first waiting for a batch, then in one, answered when it is committed. */
export class HeldRequests {
  readonly #options: HeldOptions;
  readonly #came = new Wake();
  readonly #emptied = new Wake();
  #waiting: Entry[] = [];
  #given: Entry[] = [];
  #sequence = 0;
  #open = true;

  constructor(options: HeldOptions) {
    this.#options = options;
  }

  /** Takes a request in, or answers 503 once nobody will ask for it any more. */
  add(held: Held, response: ServerResponse): void {
    const entry: Entry = { ...held, response, timer: undefined, batch: undefined };
    if (!this.#open) return this.#finish(entry, 503);
    entry.timer = setTimeout(() => this.#expire(entry), this.#options.hold);
    response.on('close', () => this.#expire(entry));
    this.#waiting.push(entry);
    this.#came.wake();
    return undefined;
  }

  /** All requests that wait, up to `most` bytes and at least one; undefined once `stop` was called. One caller at a time. */
  async take(most: number): Promise<{ sequence: number; requests: readonly Held[] } | undefined> {
    while (this.#open && this.#waiting.length === 0) await this.#came.wait();
    if (!this.#open) return undefined;
    let bytes = this.#waiting[0]!.bytes.length;
    let count = 1;
    while (count < this.#waiting.length && bytes + this.#waiting[count]!.bytes.length <= most) {
      bytes += this.#waiting[count++]!.bytes.length;
    }
    const sequence = ++this.#sequence;
    const requests = this.#waiting.splice(0, count);
    for (const entry of requests) {
      entry.batch = sequence;
      this.#given.push(entry);
    }
    return { sequence, requests };
  }

  /** Answers every request that was given on up to this batch. True where there was one. */
  settle(sequence: number, status: 200 | 503): boolean {
    let count = this.#given.findIndex(({ batch }) => batch! > sequence);
    if (count < 0) count = this.#given.length;
    for (const entry of this.#given.splice(0, count)) this.#finish(entry, status);
    if (this.#given.length === 0) this.#emptied.wake();
    return count > 0;
  }

  /** Nothing more is given on: whoever is not in a batch is told so. */
  stop(): void {
    this.#open = false;
    for (const entry of this.#waiting.splice(0)) this.#finish(entry, 503);
    this.#came.wake();
  }

  /** After `stop`: waits until every batch was settled, at most for `hold`; the rest is answered with 503. */
  async drain(): Promise<void> {
    const until = performance.now() + this.#options.hold;
    for (;;) {
      const left = until - performance.now();
      if (this.#given.length === 0 || left <= 0) break;
      await this.#emptied.wait(left);
    }
    this.settle(this.#sequence, 503);
  }

  /** The sender waited too long or went away. What a batch holds stays there: it may become durable yet. */
  #expire(entry: Entry): void {
    clearTimeout(entry.timer);
    if (entry.batch !== undefined) return this.#options.answer(entry.response, 503);
    const at = this.#waiting.indexOf(entry);
    if (at < 0) return undefined;
    this.#waiting.splice(at, 1);
    return this.#finish(entry, 503);
  }

  #finish(entry: Entry, status: 200 | 503): void {
    clearTimeout(entry.timer);
    this.#options.release(entry.bytes.length);
    this.#options.answer(entry.response, status);
  }
}
