import type { Micros } from '../model/index.ts';

/** How long alerts stay. */
export interface Retention {
  /** Since last_seen. */
  readonly age: Micros;
  /** Past this size of the database the oldest alerts go. Half of it is theirs, however much the detectors remember. */
  readonly bytes: number;
}

/** Alerts that one call of `retain` drops at most: it runs between commits and must not hold them up. */
export const DROPPED_AT_ONCE = 1_000;

/** What an alert weighs besides its JSON: its columns, its indexes, its place in the outbox. */
export const ALERT_OVERHEAD = 700;
