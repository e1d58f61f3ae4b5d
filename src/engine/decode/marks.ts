import type { EventScanner } from './event-scanner.ts';
import { SPAN } from './spans.ts';

/** Bytes of a user agent that count. */
const AGENT = 48;

/**
 * Hashes of who an event is by, what it does, in which namespace and from where, over the values as they stand in its bytes: to
 * tell quickly that the same came before. Only the user's is keyed; whoever makes the others collide only hides from themselves.
 */
export class EventMarks {
  userHigh = 0;
  userLow = 0;
  deedMark = 0;
  placeMark = 0;
  originMark = 0;

  take(event: EventScanner, view: DataView): this {
    const { spans } = event;
    this.userHigh = event.userFirst ^ Math.imul(event.actingFirst, 0x9e3779b1);
    this.userLow = event.userSecond ^ Math.imul(event.actingSecond, 0x85ebca6b);
    this.deedMark = event.deedMark;
    this.placeMark = mark(view, spans[SPAN.namespace]!, spans[SPAN.namespace + 1]!, 0);
    const addresses = mark(view, spans[SPAN.sourceIps]!, spans[SPAN.sourceIps + 1]!, 0);
    // The program's name stands first.
    const agent = spans[SPAN.userAgent]!;
    this.originMark = mark(view, agent, Math.min(agent + AGENT, spans[SPAN.userAgent + 1]!), addresses);
    return this;
  }
}

function mark(view: DataView, from: number, to: number, seed: number): number {
  let hash = Math.imul(seed ^ (to - from), 0x9e3779b1);
  let at = from;
  for (; at + 4 <= to; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  for (; at < to; at += 1) hash = Math.imul(hash ^ view.getUint8(at), 0xc2b2ae35);
  return hash ^ (hash >>> 15);
}
