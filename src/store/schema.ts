import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { AppError } from '../model/index.ts';

/**
 * Each step brings the file from the version before to its own (its place here, from 1). A step that was once released is never
 * changed: a new one follows it.
 */
const STEPS: readonly string[] = [
  `
  CREATE TABLE positions (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  -- The key before the space: keys differ early, spaces late, and each comparison costs.
  CREATE TABLE rows (
    key TEXT NOT NULL, space TEXT NOT NULL, value ANY NOT NULL,
    PRIMARY KEY (key, space)
  ) STRICT, WITHOUT ROWID;

  -- What queries look at, apart from the bodies, so that a scan reads little.
  CREATE TABLE alerts (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    category TEXT NOT NULL,
    detector TEXT NOT NULL,
    cluster TEXT NOT NULL,
    namespace TEXT,
    user TEXT,
    reason TEXT NOT NULL
  ) STRICT;
  CREATE INDEX alerts_by_time ON alerts (last_seen, severity, category, detector, cluster);

  CREATE TABLE bodies (
    seq INTEGER PRIMARY KEY REFERENCES alerts ON DELETE CASCADE,
    body TEXT NOT NULL
  ) STRICT;

  CREATE TABLE sinks (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

  -- What a sink has had of an alert (sent_*), and when the newest revision is due; null where nothing waits.
  CREATE TABLE outbox (
    alert INTEGER NOT NULL REFERENCES alerts ON DELETE CASCADE,
    sink INTEGER NOT NULL REFERENCES sinks,
    revision INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    sent_revision INTEGER NOT NULL DEFAULT 0,
    sent_severity INTEGER NOT NULL DEFAULT -1,
    sent_at INTEGER NOT NULL DEFAULT 0,
    due INTEGER DEFAULT 0,
    parked TEXT,
    PRIMARY KEY (alert, sink)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX outbox_due ON outbox (sink, due, alert, last_seen) WHERE due IS NOT NULL;
  CREATE INDEX outbox_parked ON outbox (sink) WHERE parked IS NOT NULL;

  CREATE TABLE rejects (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
  `,
  // The needles of an investigation, one user or one namespace among a million alerts; and how many bytes the alerts take, so
  // that retention need not count them.
  `
  CREATE INDEX alerts_by_user ON alerts (user, last_seen) WHERE user IS NOT NULL;
  CREATE INDEX alerts_by_namespace ON alerts (namespace, last_seen) WHERE namespace IS NOT NULL;

  ALTER TABLE alerts ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  UPDATE alerts SET bytes = (SELECT octet_length(body) FROM bodies WHERE bodies.seq = alerts.seq);

  CREATE TABLE totals (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO totals SELECT 'alert_count', count(*) FROM alerts;
  INSERT INTO totals SELECT 'alert_bytes', coalesce(sum(bytes), 0) FROM alerts;
  `,
  // Exceptions: whether one mutes the alert, in the index too, so that a million muted ones hide none of the others. And how many
  // actions an alert has seen: a further one makes an update urgent.
  `
  ALTER TABLE alerts ADD COLUMN muted INTEGER NOT NULL DEFAULT 0;
  DROP INDEX alerts_by_time;
  CREATE INDEX alerts_by_time ON alerts (last_seen, severity, category, detector, cluster, muted);

  ALTER TABLE outbox ADD COLUMN actions INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE outbox ADD COLUMN sent_actions INTEGER NOT NULL DEFAULT 0;
  `,
];

/** The version that this program writes. */
export const SCHEMA_VERSION = STEPS.length;

/** The version of the file, 0 where it is new. Throws AppError `store-newer` where this program is too old for it. */
export function schemaVersion(db: DatabaseSyncInstance, path: string): number {
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > SCHEMA_VERSION)
    throw new AppError(
      'store-newer',
      `${path} was written by a newer Lapwing (schema ${version}, this one knows ${SCHEMA_VERSION}). Run that version, or name another folder in dataDir.`,
    );
  return version;
}

/** Brings the file up to date: all steps that it lacks, or none. Returns the version that it had. */
export function migrate(db: DatabaseSyncInstance, path: string): number {
  const from = schemaVersion(db, path);
  if (from === SCHEMA_VERSION) return from;
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const step of STEPS.slice(from)) db.exec(step);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    db.exec('COMMIT');
  } catch (thrown) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw thrown;
  }
  return from;
}
