import { compareSeverity, type Alert, type Category, type Severity } from './alert.ts';
import type { AppError } from './errors.ts';
import type { Micros } from './time.ts';

/** Where to resume, by a key that the source chooses ("kafka/audit/3" → "1042"). Opaque to everyone else. */
export type Positions = ReadonlyMap<string, string>;

/** Where bytes came from. Position is for people: "audit/3@1042", "/var/log/audit.log@88213". */
export interface Origin {
  readonly source: string;
  /** Set by credential, path, topic or configuration, never guessed. */
  readonly cluster?: string;
  readonly position: string;
  /** The one shape that its records have, where configuration says so; otherwise each is told by itself. */
  readonly shape?: string;
  /** Its sender gives up where Lapwing cannot take it: then it is lost, and that is to be told. */
  readonly pushed?: true;
}

/**
 * A piece of input as it came: one or more whole JSON values (Event, EventList, array), or lines of them. The receiver owns the
 * bytes until the batch is committed; nobody changes them.
 */
export interface RawRecord {
  readonly bytes: Uint8Array;
  readonly origin: Origin;
  readonly received?: Micros;
  /** What the source itself could not read, and why, in fixed words: the record is rejected with this reason. */
  readonly unreadable?: string;
}

export interface Batch {
  /** May be empty: then only positions moved. */
  readonly records: readonly RawRecord[];
  /** Resume here once this batch is durable: only the positions that moved. */
  readonly positions: Positions;
}

/** One way in. Reads from a position, and is told what has become durable. */
export interface Source {
  readonly name: string;
  /** What it has counted since it started, for metrics: names are words of its code. */
  readonly counters?: Readonly<Record<string, number>>;
  /**
   * Batches in order, until the signal aborts (the iteration then ends without an error) or the input ends. Throws AppError when
   * it cannot go on. Called once. Holds a bounded number of bytes that are not committed.
   */
  read(from: Positions, signal: AbortSignal): AsyncIterable<Batch>;
  /** The batch with these positions is durable, and every batch before it. Batches are committed in the order they were read. */
  commit(upTo: Positions): Promise<void>;
  /** The batch with these positions could not be made durable now: whoever waits for an answer is told so. */
  refuse?(upTo: Positions, error: AppError): void;
  /** Releases sockets and handles. Safe to call twice, and without read. */
  close(): Promise<void>;
}

/** A row that the engine remembers; null deletes it. */
export interface Row {
  readonly space: string;
  readonly key: string;
  readonly value: Uint8Array | string | null;
}

/** Input that could not be decoded: a value, kept for inspection. The sample is capped and redacted. */
export interface Reject {
  readonly source: string;
  readonly cluster?: string;
  readonly position: string;
  readonly reason: string;
  readonly shape: string;
  readonly bytes: number;
  readonly sample: string;
  /** Where that much could be read. */
  readonly auditId?: string;
  readonly received?: Micros;
}

/** What one commit makes durable, all or nothing. */
export interface Checkpoint {
  readonly positions: Positions;
  /** Changed rows only; the last one of a key counts. */
  readonly rows: readonly Row[];
  /** Changed alerts in their newest revision. */
  readonly alerts: readonly Alert[];
  readonly rejects: readonly Reject[];
}

/** What is there at the start. */
export interface Saved {
  readonly positions: Positions;
  readonly rows: Iterable<Row>;
}

/** How far a sink is behind. */
export interface OutboxState {
  readonly sink: string;
  readonly pending: number;
  readonly parked: number;
  /** Last-seen time of the oldest pending alert. */
  readonly oldest?: Micros;
}

/** What of an alert decides whether an update can wait. */
export interface Urgency {
  readonly severity: Severity;
  /** How many actions it has seen. */
  readonly actions: number;
}

/** An alert that an earlier version kept has no list of actions. */
export const urgencyOf = ({ severity, actions }: Pick<Alert, 'severity'> & Partial<Alert>): Urgency => ({
  severity,
  actions: actions?.length ?? 0,
});

/** Whether an update must not wait its minute: the severity rose, or an alert of medium or more has seen a further action. */
export const isMoreUrgent = (now: Urgency, before: Urgency): boolean =>
  compareSeverity(now.severity, before.severity) > 0 ||
  (compareSeverity(now.severity, 'medium') >= 0 && now.actions > before.actions);

export interface AlertQuery {
  readonly severity?: Severity;
  readonly category?: Category;
  readonly detector?: string;
  readonly cluster?: string;
  readonly namespace?: string;
  readonly user?: string;
  /** last_seen at or after. */
  readonly since?: Micros;
  /** last_seen before. */
  readonly until?: Micros;
  /** Only alerts that an exception mutes, or only those that none does; both where absent. */
  readonly muted?: boolean;
  /** Case-insensitive text within the reason. */
  readonly text?: string;
  /** At most 10,000; default 100. Newest first. */
  readonly limit?: number;
  /** From the previous page. */
  readonly cursor?: string;
}

export interface AlertPage {
  readonly alerts: readonly Alert[];
  readonly next?: string;
}

export interface Journal {
  load(): Saved;
  /** Resolves once the checkpoint is durable (synced), rejects with AppError (`store`, `store-full`) when nothing of it is. */
  commit(checkpoint: Checkpoint): Promise<void>;
}

/**
 * The newest revision of each alert that a sink has not had. An alert is pending when its revision is above the delivered one and
 * either it was never delivered, or a minute has passed since, or it is more urgent since (`isMoreUrgent`).
 */
export interface Outbox {
  /** Names the sinks of this run: alerts committed from now on are queued for each. Unknown older sinks are forgotten. */
  subscribe(sinks: readonly string[]): void;
  pending(sink: string, limit: number, now: Micros): readonly Alert[];
  /** When the next update becomes due, if nothing else comes; undefined where nothing waits. */
  nextDue(sink: string, now: Micros): Micros | undefined;
  delivered(sink: string, alerts: readonly Alert[], now: Micros): void;
  /** Set aside with its reason; visible and replayable. A newer revision does not bring it back. */
  park(sink: string, alertId: string, reason: string): void;
  outbox(): readonly OutboxState[];
}

export interface Reader {
  alerts(query: AlertQuery): AlertPage;
  alert(id: string): Alert | undefined;
  rejects(limit: number): readonly Reject[];
  /** One row of what the engine remembers, as the last checkpoint left it. */
  row(space: string, key: string): Uint8Array | string | undefined;
}

export interface Store extends Journal, Outbox, Reader {
  /** False for a store that a crash empties: such a store must not acknowledge a webhook. */
  readonly durable: boolean;
  /** Drops what is past its age or size; returns how many alerts went. Called now and then, between commits. */
  retain(now: Micros): number;
  close(): void;
}

/** One alert that a sink will never take, with the destination's reason. */
export interface Refusal {
  readonly id: string;
  readonly reason: string;
}

/** One way out. Writing the same alert revision twice is the same as writing it once. */
export interface Sink {
  readonly name: string;
  /** Whether it keeps alerts for later questions, and so takes muted ones too. Without it none reaches it. */
  readonly keepsMuted?: boolean;
  /** Returns the alerts that can never be delivered; throws AppError (retryable or not) where the whole call failed. */
  write(alerts: readonly Alert[], signal: AbortSignal): Promise<readonly Refusal[]>;
  /** Safe to call twice, and without write. */
  close(): Promise<void>;
}
