import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  AppError,
  type Alert,
  type AlertPage,
  type AlertQuery,
  type Checkpoint,
  type Logger,
  type Micros,
  type OutboxState,
  type Reject,
  type Saved,
  type Store,
} from '../model/index.ts';
import { Connection } from './connection.ts';
import { ensureDirectory, ensureFile } from './directory.ts';
import { storeFailure } from './failure.ts';
import { lockDirectory } from './lock.ts';
import type { Retention } from './retention.ts';
import { migrate, SCHEMA_VERSION, schemaVersion } from './schema.ts';
import { SqliteJournal } from './sqlite-journal.ts';
import { SqliteOutbox } from './sqlite-outbox.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { SqliteRetention } from './sqlite-retention.ts';

export interface SqliteOptions {
  /** The data directory. Holds lapwing.db (with its -wal and -shm) and lapwing.lock. */
  readonly path: string;
  /** For readers beside a running writer. Nothing is created, nothing can be changed. */
  readonly readOnly?: boolean;
  readonly log?: Logger;
  readonly retention: Retention;
}

/**
 * Opens the store of a data directory: as its only writer, making or upgrading it, or read-only beside one. Throws AppError:
 * `store-locked` (another writer), `store-newer` (written by a later version), `store-full`, `store` (anything else).
 */
export function openSqlite({ path: directory, readOnly = false, log, retention }: SqliteOptions): SqliteStore {
  const path = join(directory, 'lapwing.db');
  let lock: { release(): void } | undefined;
  let connection: Connection | undefined;
  try {
    if (readOnly) {
      if (!existsSync(path))
        throw new AppError('store', `there is no store in ${directory} yet: \`lapwing run\` makes one.`);
    } else {
      ensureDirectory(directory);
      lock = lockDirectory(directory);
      ensureFile(path);
    }
    connection = new Connection(path, readOnly);
    const version = readOnly ? schemaVersion(connection.db, path) : migrate(connection.db, path);
    if (readOnly && version < SCHEMA_VERSION)
      throw new AppError(
        'store',
        `${path} is of an older version (schema ${version}): start \`lapwing run\` once to upgrade it.`,
      );
    if (!readOnly && version > 0 && version < SCHEMA_VERSION)
      log?.info({ path, from: version, to: SCHEMA_VERSION }, 'the store was upgraded');
    return new SqliteStore(connection, retention, lock);
  } catch (thrown) {
    connection?.close();
    lock?.release();
    throw storeFailure(thrown, path);
  }
}

/** The embedded store: one SQLite file with a write-ahead log, synced at each commit. */
export class SqliteStore implements Store {
  readonly durable = true;
  readonly #connection: Connection;
  readonly #lock: { release(): void } | undefined;
  readonly #outbox: SqliteOutbox;
  readonly #journal: SqliteJournal;
  readonly #reader: SqliteReader;
  readonly #retention: SqliteRetention;

  /** Takes over an open connection with an up-to-date schema, and the lock of its directory. */
  constructor(connection: Connection, retention: Retention, lock?: { release(): void }) {
    this.#connection = connection;
    this.#lock = lock;
    this.#outbox = new SqliteOutbox(connection);
    this.#journal = new SqliteJournal(connection, this.#outbox);
    this.#reader = new SqliteReader(connection);
    this.#retention = new SqliteRetention(connection, retention);
  }

  load(): Saved {
    return this.#journal.load();
  }

  /** For a store beside a running writer: all that the work reads is of one moment. Not to be nested. */
  snapshot<T>(work: () => T): T {
    return this.#connection.snapshot(work);
  }

  async commit(checkpoint: Checkpoint): Promise<void> {
    this.#connection.write(() => this.#journal.write(checkpoint));
  }

  subscribe(sinks: readonly string[]): void {
    this.#outbox.subscribe(sinks);
  }

  pending(sink: string, limit: number, now: Micros): readonly Alert[] {
    return this.#outbox.pending(sink, limit, now);
  }

  nextDue(sink: string, now: Micros): Micros | undefined {
    return this.#outbox.nextDue(sink, now);
  }

  delivered(sink: string, alerts: readonly Alert[], now: Micros): void {
    this.#outbox.delivered(sink, alerts, now);
  }

  park(sink: string, alertId: string, reason: string): void {
    this.#outbox.park(sink, alertId, reason);
  }

  outbox(): readonly OutboxState[] {
    return this.#outbox.state();
  }

  alerts(query: AlertQuery): AlertPage {
    return this.#reader.alerts(query);
  }

  alert(id: string): Alert | undefined {
    return this.#reader.alert(id);
  }

  row(space: string, key: string): Uint8Array | string | undefined {
    return this.#reader.row(space, key);
  }

  rejects(limit: number): readonly Reject[] {
    return this.#reader.rejects(limit);
  }

  retain(now: Micros): number {
    return this.#retention.retain(now);
  }

  close(): void {
    this.#connection.close();
    this.#lock?.release();
  }
}
