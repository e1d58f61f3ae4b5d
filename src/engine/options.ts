import type { Alert, AppError, AuditEvent, Exception, Reject, Row } from '../model/index.ts';
import type { Budgets, Enabled } from './cluster.ts';

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
}

/** What the engine hands to a checkpoint: all that changed since the last one. */
export interface EngineChanges {
  readonly rows: readonly Row[];
  readonly alerts: readonly Alert[];
  readonly rejects: readonly Reject[];
}
