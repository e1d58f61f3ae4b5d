import type { Alert, AppError, AuditEvent, Exception, Micros, Reject, Row } from '../model/index.ts';
import type { Print } from './fingerprint-table.ts';
import type { Budgets, Enabled, OnBlind } from './cluster.ts';

/** What an engine is made from. */
export interface EngineOptions {
  readonly detectors: readonly Enabled[];
  /** 16 secret bytes of this data directory, for fingerprints. */
  readonly key: Uint8Array;
  /** Cluster of records whose origin names none; empty for none. */
  readonly cluster: string;
  /** The first that matches a finding mutes it. */
  readonly exceptions?: readonly Exception[];
  readonly budgets: Budgets;
  /** Seeds the hash by which memory over budget chooses what to keep: secret where it runs for long, fixed where output must repeat. */
  readonly seed: number;
  /** Told of each detector that throws, with the event it threw on. */
  readonly onError: (error: AppError, event: AuditEvent) => void;
  /** Told of each blind period when it is known. */
  readonly onBlind?: OnBlind;
  /** Says of each event what it is for; all are judged where absent. */
  readonly partOf?: (cluster: string, print: Print, time: Micros) => Part;
  /** Told the id of each alert that a judged event has joined. */
  readonly onRaised?: (alertId: string) => void;
}

/** judged: as always. context: detectors see it, but no alert is due to it. passed: as if it were not there. */
export type Part = 'judged' | 'context' | 'passed';

/** What the engine hands to a checkpoint: all that changed since the last one. */
export interface EngineChanges {
  readonly rows: readonly Row[];
  readonly alerts: readonly Alert[];
  readonly rejects: readonly Reject[];
}
