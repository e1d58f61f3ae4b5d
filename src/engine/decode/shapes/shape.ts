import type { Micros } from '../../../model/index.ts';
import type { JsonView } from '../json-view.ts';

/** Input that stands within other input: an event, a list, an array, lines of them, or one more wrapper. */
export interface Piece {
  readonly bytes: Buffer;
  /** The cluster by the wrapper's word. Where the record itself names one, or an outer wrapper does, that counts. */
  readonly cluster?: string | undefined;
  /** When the wrapper says it happened: used only where the event's own times are lost with its end. */
  readonly time?: Micros | undefined;
  /**
   * Whoever wrapped it may have cut it: what was whole before the cut counts, where that is enough for an event. Without it, input that
   * breaks off is rejected.
   */
  readonly mayBeCut?: boolean;
  /** Whoever wrapped it may have moved its times away: the wrapper's counts, else the one of receipt. */
  readonly mayLackTime?: boolean;
  /** An event, and nothing that it holds besides is to be looked at any more. */
  readonly isPlain?: boolean;
  /** Why it cannot be read at all: its neighbours can. Fixed words. */
  readonly broken?: string;
}

/**
 * What is in a value. `pieces`: read on there; made one by one, as they are read, wherever a value may hold many. `passed`: nothing to read, and nothing is lost (a probe, another program's log). `broken`:
 * it is of this shape and cannot be read. `event`: it is an event as it stands; the cluster may be named beside it. Reasons are
 * fixed words: no part of the value is in them.
 */
export type Unwrapped =
  | { readonly pieces: Iterable<Piece> }
  | { readonly passed: string }
  | { readonly broken: string }
  | { readonly event: true; readonly cluster?: string | undefined };

/** What a shape may spend while it unwraps. */
export interface Means {
  /** The bytes of gzip, inflated; undefined where they are none, or too many for what is left of the record's allowance. */
  inflate(deflated: Buffer): Buffer | undefined;
}

/** One form in which events arrive. Pure; told from the bytes alone. */
export interface Shape {
  /** Its name in configuration, counters and `lapwing decode`. */
  readonly id: string;
  /** What it is, in a few words. */
  readonly title: string;
  /** Members of which a value of this shape has at least one, at the top; quickly told. */
  readonly marks: readonly string[];
  /** Undefined where the value is of another shape. The value is whole, checked JSON. */
  unwrap(value: JsonView, means: Means): Unwrapped | undefined;
  /** Reads a line that is no JSON value by itself; its end of line is not part of it. */
  unwrapLine?(line: Buffer): Unwrapped | undefined;
  /** Saves what is whole of an object that breaks off. */
  unwrapCut?(bytes: Buffer): Unwrapped | undefined;
}
