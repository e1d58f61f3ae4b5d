import type { AuditEvent, Micros, RawRecord, Reject } from '../../model/index.ts';
import type { Asker } from './asker.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { EventMarks } from './marks.ts';

/**
 * Walks the events of a record without making an object for each: the plain fields are those of the present event and change with
 * every `next`. Ordinary traffic is dispatched on them alone.
 */
export interface Cursor {
  /** Starts on a record: JSON values or lines of them, in any shape of `shapes/index.ts`. The bytes must not change while it is read. */
  open(record: RawRecord): void;
  /** Moves to the next event; false at the end of the record. What cannot be decoded goes to `onReject` and is passed over. */
  next(): boolean;
  /** Of the present event: by its record's origin, else by its wrapper, else by configuration; '' for none. */
  readonly cluster: string;
  /** Its record broke off, and what stood before that is taken. */
  readonly cutShort: boolean;
  /** One of its members is given twice. */
  readonly repeated: boolean;
  /** The outermost wrapper that it came in; '' for none. */
  readonly wrapper: string;
  /** Wrapped, cut short, or with a member given twice: quickly told. */
  readonly isOdd: boolean;
  /** The wrappers that it came in, from the outside, then the form of the event itself ("eventlist", "array", "raw-event"). */
  readonly shapes: readonly string[];
  /** Event time: stageTimestamp, else requestReceivedTimestamp, else (only where the event was cut short) the wrapper's. */
  readonly time: Micros;
  /** Interned: the same text is the same string object. "pods/exec"; '' for non-resource requests. */
  readonly resource: string;
  readonly apiGroup: string;
  readonly verb: string;
  readonly stage: string;
  readonly code: number;
  /** AuditEvent.final of the present event. */
  readonly final: boolean;
  /** Size of the event in its record, in bytes. */
  readonly bytes: number;
  /**
   * Keyed 128-bit fingerprint over the values as they stand in the bytes, as four signed 32-bit numbers: two of Audit-ID and stage, one of
   * user (with impersonated user), verb and URI, one of everything that identifies content (both times, code, object bytes, and the former). The same object each time.
   */
  fingerprint(): Fingerprint;
  /** Hashes that tell what repeats: of who, what, in which namespace and from where. The same object each time. */
  marks(): EventMarks;
  /** Who asks in the present event. */
  readonly asker: Asker;
  /** The present event as an object that stays valid after `next` and as long as the record's bytes do. */
  event(reusedAuditId: boolean): AuditEvent;
}

export interface CursorOptions {
  /** Secret of this data directory, 16 bytes: nobody outside can make two events with one fingerprint. */
  readonly key: Uint8Array;
  /** Cluster of records whose origin names none. */
  readonly cluster: string;
  /** Told of what should be an event and is none. */
  readonly onReject: (reject: Reject) => void;
  /** Told of what a shape knows to be no audit event: nothing is lost with it. */
  readonly onPassed?: (shape: string, reason: string) => void;
}
