import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { AppError, DAY } from '../../src/model/index.ts';
import { openSqlite, type SqliteOptions, type SqliteStore } from '../../src/store/sqlite.ts';

export const retention = { age: 90 * DAY, bytes: 10 * 1024 ** 3 };

/** A data directory of its own for each test, not made yet, and what is closed after it. */
export interface SqliteRig {
  path: string;
  file: string;
  readonly closing: { close(): void }[];
  open(options?: Partial<SqliteOptions>): SqliteStore;
}

export function sqliteRig(): SqliteRig {
  const rig: SqliteRig = {
    path: '',
    file: '',
    closing: [],
    open(options) {
      const store = openSqlite({ path: rig.path, retention, ...options });
      rig.closing.push(store);
      return store;
    },
  };
  let parent: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'lapwing-sqlite-'));
    rig.path = join(parent, 'data');
    rig.file = join(rig.path, 'lapwing.db');
  });
  afterEach(() => {
    for (const each of rig.closing.splice(0)) each.close();
    rmSync(parent, { recursive: true, force: true });
  });
  return rig;
}

/** The AppError that the work throws. */
export function failure(work: () => unknown): AppError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}
