import { RawMemo } from './raw-memo.ts';
import type { Scanner } from './scanner.ts';
import { passOther, SPAN } from './spans.ts';

/** What annotations are made of, once somebody asked. */
export type Annotations = ReadonlyMap<string, string>;
export interface KnownAnnotations {
  values: Annotations | undefined;
}

/** Passes an event's annotations. They repeat with user, verb and resource, and are told by their bytes. */
export class AnnotationScanner {
  /** Where the last annotations are remembered, or undefined. */
  known: KnownAnnotations | undefined;
  readonly #memo = new RawMemo<KnownAnnotations>(2048, 512);

  /** Passes the value at `from`; `context` is a mark of what it repeats with. */
  pass(scanner: Scanner, from: number, spans: Int32Array, context: number): number {
    this.known = undefined;
    const { view, bytes, end } = scanner;
    if (scanner.at(from) !== 123) return passOther(scanner, from, spans, SPAN.annotations);
    const memo = this.#memo;
    let mark = context ^ (context >>> 15);
    let to = -1;
    let slot = memo.find(view, from, end, mark);
    if (slot < 0 && from + 140 < end) {
      mark = Math.imul(
        mark ^ view.getInt32(from + 112, true) ^ Math.imul(view.getInt32(from + 132, true), 5),
        0x85ebca6b,
      );
      mark ^= mark >>> 15;
    }
    if (slot < 0) slot = memo.find(view, from, end, mark);
    if (slot >= 0) {
      to = from + memo.lengthOf(slot);
    } else {
      to = scanner.value(from);
      if (to < 0) return -1;
      slot = memo.offer(bytes, from, to, context ^ (context >>> 15));
      if (slot < 0) slot = memo.offer(bytes, from, to, mark);
      if (slot >= 0) memo.made[slot] = { values: undefined };
    }
    if (slot >= 0) this.known = memo.made[slot];
    spans[SPAN.annotations] = from;
    spans[SPAN.annotations + 1] = to;
    return to;
  }
}
