import { statSync } from 'node:fs';
import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';
import { AppError } from '../model/index.ts';
import { storeFailure } from './failure.ts';
import { closeHandle, openHandle } from './handle.ts';

const BUSY_TIMEOUT_MS = 5_000;

/**
 * What a writer sets, in this order: auto_vacuum counts only before the first table, and the driver's own default of
 * `synchronous` for a write-ahead log is NORMAL, which loses commits with the power.
 */
const WRITER = `
  PRAGMA auto_vacuum = INCREMENTAL;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA cache_size = -65536;
  PRAGMA wal_autocheckpoint = 8000;
  PRAGMA journal_size_limit = 67108864;
  PRAGMA temp_store = MEMORY;
`;
const READER = 'PRAGMA query_only = ON; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;';

/** One open database file: statements compiled once, transactions, failures told as AppError. */
export class Connection {
  readonly path: string;
  readonly readOnly: boolean;
  readonly #db: DatabaseSyncInstance;
  readonly #statements = new Map<string, StatementSyncInstance>();
  readonly #file: string;

  constructor(path: string, readOnly: boolean) {
    this.path = path;
    this.readOnly = readOnly;
    this.#db = openHandle(path, { readOnly, timeout: BUSY_TIMEOUT_MS });
    try {
      this.#db.exec(readOnly ? READER : WRITER);
      this.#file = this.#identity();
    } catch (thrown) {
      this.close();
      throw thrown;
    }
  }

  /** The handle itself, for migrations. */
  get db(): DatabaseSyncInstance {
    return this.#db;
  }

  /** The statement, compiled at its first use. */
  statement(sql: string): StatementSyncInstance {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** The one number that a statement or PRAGMA gives. */
  number(sql: string): number {
    return Object.values(this.statement(sql).get() as Record<string, number>)[0]!;
  }

  /** Reads; throws AppError. */
  read<T>(work: () => T): T {
    try {
      this.#mustBeOpen();
      return work();
    } catch (thrown) {
      throw storeFailure(thrown, this.path);
    }
  }

  /** Has all reads of the work see the store as it was at its beginning, whatever another process writes meanwhile; throws AppError. */
  snapshot<T>(work: () => T): T {
    return this.read(() => {
      this.#db.exec('BEGIN');
      try {
        return work();
      } finally {
        this.#db.exec('ROLLBACK');
      }
    });
  }

  /** All of the work, durable, or none of it; throws AppError. */
  write<T>(work: () => T): T {
    try {
      this.#mustBeOpen();
      if (this.readOnly) throw new AppError('store', `${this.path} is open for reading only`);
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      if (this.#identity() !== this.#file)
        throw new AppError(
          'store',
          `${this.path} was moved or deleted while Lapwing uses it: put it back, or restart.`,
        );
      this.statement('BEGIN IMMEDIATE').run();
      const result = work();
      this.statement('COMMIT').run();
      return result;
    } catch (thrown) {
      // Some failures, a full disk among them, have ended the transaction already.
      if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw storeFailure(thrown, this.path);
    }
  }

  /** Safe to call twice. */
  close(): void {
    if (!this.readOnly && this.#db.isOpen) this.#fold();
    this.#statements.clear();
    closeHandle(this.#db);
  }

  /**
   * Moves the log into the file, so that the file alone is the store. SQLite does so at the last close, but the driver's close is
   * not one while its statements await collection. Where it fails, the next open does it.
   */
  #fold(): void {
    try {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // The log is whole and stays.
    }
  }

  #mustBeOpen(): void {
    if (!this.#db.isOpen) throw new AppError('store', `${this.path} is closed`);
  }

  /** Which file the path names now. */
  #identity(): string {
    const stat = statSync(this.path, { throwIfNoEntry: false });
    return stat === undefined ? 'none' : `${stat.dev}:${stat.ino}`;
  }
}
