import { SECOND, type AuditEvent, type Micros } from '../model/index.ts';
import type { Persistent, PutRow } from './persist.ts';

/** How long an event waits, in event time, for others that are older than it. */
export const SLACK: Micros = SECOND;

/** An event in its turn, and who wants it; after a restart that has to be asked anew. */
export interface Due {
  readonly event: AuditEvent;
  readonly subscribers: readonly number[] | undefined;
}

interface Waiting extends Due {
  readonly bytes: number;
  /** Of its row, should it ever be written down. */
  readonly number: number;
  saved: boolean;
}

const rowOf = ({ number }: Waiting): string => String(number).padStart(15, '0');

/** What an order needs to write events down and read them back. */
export interface EventRows {
  write(event: AuditEvent): string;
  read(row: string): AuditEvent | undefined;
}

/**
 * Events that wait for their turn, in event-time order; equal times are told apart by Audit-ID and stage, so that the order of
 * arrival within the slack changes nothing. A waiting event is written down once, as a redacted projection, and deleted once.
 */
export class Order implements Persistent {
  #queue: Waiting[] = [];
  #from = 0;
  #bytes = 0;
  #sequence = 0;
  #gone: string[] = [];
  readonly #rows: EventRows;
  readonly #budget: number;

  constructor(rows: EventRows, budgetBytes: number) {
    this.#rows = rows;
    this.#budget = budgetBytes;
  }

  get size(): number {
    return this.#queue.length - this.#from;
  }

  /** True while the waiting events are over budget: then the oldest go ahead of their time. */
  get overfull(): boolean {
    return this.#bytes > this.#budget;
  }

  insert(event: AuditEvent, subscribers: readonly number[], bytes: number): void {
    this.#place({ event, subscribers, bytes, number: this.#sequence++, saved: false });
  }

  /** The oldest event before that time, or undefined. Taken out of the queue. */
  next(before: Micros): Due | undefined {
    const first = this.#queue[this.#from];
    if (first === undefined || !(first.event.time < before)) return undefined;
    this.#from += 1;
    if (this.#from > 512 && this.#from * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#from);
      this.#from = 0;
    }
    this.#bytes -= first.bytes;
    if (first.saved) this.#gone.push(rowOf(first));
    return first;
  }

  /** Takes out the events from that time on: used when the first believed time lies behind them. */
  takeAfter(time: Micros): readonly Due[] {
    const after = this.#queue.slice(this.#from).filter((each) => each.event.time > time);
    if (after.length === 0) return [];
    this.#queue = this.#queue.slice(this.#from).filter((each) => each.event.time <= time);
    this.#from = 0;
    for (const each of after) {
      this.#bytes -= each.bytes;
      if (each.saved) this.#gone.push(rowOf(each));
    }
    return after;
  }

  restore(key: string, value: Uint8Array | string): void {
    const event = this.#rows.read(typeof value === 'string' ? value : new TextDecoder().decode(value));
    this.#sequence = Math.max(this.#sequence, Number(key) + 1);
    if (event === undefined) this.#gone.push(key);
    else this.#place({ event, subscribers: undefined, bytes: value.length, number: Number(key), saved: true });
  }

  collect(put: PutRow): void {
    for (const row of this.#gone) put(row, null);
    this.#gone = [];
    for (let index = this.#from; index < this.#queue.length; index += 1) {
      const waiting = this.#queue[index]!;
      if (waiting.saved) continue;
      waiting.saved = true;
      put(rowOf(waiting), this.#rows.write(waiting.event));
    }
  }

  #place(waiting: Waiting): void {
    const queue = this.#queue;
    let index = queue.length;
    queue.push(waiting);
    while (index > this.#from && comesBefore(waiting, queue[index - 1]!)) {
      queue[index] = queue[index - 1]!;
      index -= 1;
    }
    queue[index] = waiting;
    this.#bytes += waiting.bytes;
  }
}

function comesBefore(a: Waiting, b: Waiting): boolean {
  if (a.event.time !== b.event.time) return a.event.time < b.event.time;
  if (a.event.auditId !== b.event.auditId) return a.event.auditId < b.event.auditId;
  if (a.event.stage !== b.event.stage) return a.event.stage < b.event.stage;
  return a.event.uri < b.event.uri;
}
