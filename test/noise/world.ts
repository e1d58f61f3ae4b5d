import { Agenda } from './agenda.ts';

/** Spans of event time, in microseconds. */
export const SECOND = 1_000_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** What somebody does over time: says requests, and yields how long until it goes on. */
export type Story = Generator<number, void, void>;

/** A Saturday at midnight, UTC. */
export const START = Date.parse('2026-11-21T00:00:00Z') * 1_000;
const CHUNK = 1 << 20;
const ROOM = CHUNK + (64 << 10);

/**
 * Time, dice and the log of a made-up cluster. Stories run interleaved on one agenda; the same seed tells the same log, byte for
 * byte. Lines come out in the order of their times, as far as a real log's do.
 */
export class World {
  now = START;
  readonly counts = new Map<string, number>();
  #state: number;
  #drift = 0;
  #size = 0;
  #chunk = Buffer.allocUnsafe(ROOM);
  readonly #agenda = new Agenda<Story>();

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Starts a story after that long. */
  spawn(story: Story, after = 0): void {
    this.#agenda.add(Math.round(this.now + after), story);
  }

  /** The log until that much event time has passed, in chunks of about a mebibyte. */
  *run(span: number): Generator<Buffer, void, void> {
    const end = START + span;
    for (let next = this.#agenda.next(end); next !== undefined; next = this.#agenda.next(end)) {
      this.now = next.time;
      this.#drift = 0;
      const { done, value } = next.item.next();
      if (!done) this.#agenda.add(this.now + Math.max(1, Math.round(value)), next.item);
      if (this.#size < CHUNK) continue;
      yield this.#take();
    }
    if (this.#size > 0) yield this.#take();
  }

  /** One line of ASCII. */
  write(line: string, persona: string): void {
    if (this.#size + line.length >= ROOM) throw new Error('a step wrote more than a chunk has room for');
    this.#size += this.#chunk.write(line, this.#size, 'latin1');
    this.#chunk[this.#size++] = 10;
    this.counts.set(persona, (this.counts.get(persona) ?? 0) + 1);
  }

  /** When the next request within the present step arrives: one after the other. */
  tick(latency: number): number {
    this.#drift += latency;
    return this.now + this.#drift;
  }

  /** From 0 to 1, without 1. */
  roll(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  between(least: number, most: number): number {
    return least + this.roll() * (most - least);
  }

  count(least: number, most: number): number {
    return Math.floor(this.between(least, most + 1));
  }

  chance(share: number): boolean {
    return this.roll() < share;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.roll() * list.length)]!;
  }

  /** A different few of the list. */
  some<T>(list: readonly T[], howMany: number): readonly T[] {
    const rest = [...list];
    return Array.from({ length: Math.min(howMany, rest.length) }, () =>
      rest.splice(Math.floor(this.roll() * rest.length), 1),
    ).flat();
  }

  /** Letters and digits as Kubernetes puts behind generated names. */
  suffix(length = 5): string {
    let text = '';
    for (let index = 0; index < length; index += 1)
      text += 'bcdfghjklmnpqrstvwxz2456789'[Math.floor(this.roll() * 27)]!;
    return text;
  }

  uuid(): string {
    const hex = () =>
      Math.floor(this.roll() * 0x1_0000)
        .toString(16)
        .padStart(4, '0');
    return `${hex()}${hex()}-${hex()}-4${hex().slice(1)}-8${hex().slice(1)}-${hex()}${hex()}${hex()}`;
  }

  /** How long until that hour of the day comes next. */
  until(hour: number): number {
    const today = (this.now - START) % DAY;
    const wanted = hour * HOUR;
    return wanted > today ? wanted - today : wanted + DAY - today;
  }

  #take(): Buffer {
    const full = this.#chunk.subarray(0, this.#size);
    this.#chunk = Buffer.allocUnsafe(ROOM);
    this.#size = 0;
    return full;
  }
}
