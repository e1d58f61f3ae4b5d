import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe, expect, it } from 'vitest';
import { DAY, type Alert } from '../../src/model/index.ts';
import { Connection } from '../../src/store/connection.ts';
import { migrate, SCHEMA_VERSION } from '../../src/store/schema.ts';
import { alertId, anAlert, someAlerts } from '../support/alert.ts';
import { checkpointOf } from './checkpoint.ts';
import { failure, sqliteRig } from './sqlite-rig.ts';

const rig = sqliteRig();

/** The tables of the first version, written down once more: the step that made them must never change. */
const FIRST_VERSION = `
  PRAGMA auto_vacuum = INCREMENTAL;
  CREATE TABLE positions (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE rows (key TEXT NOT NULL, space TEXT NOT NULL, value ANY NOT NULL, PRIMARY KEY (key, space)) STRICT, WITHOUT ROWID;
  CREATE TABLE alerts (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL, last_seen INTEGER NOT NULL,
    severity INTEGER NOT NULL, category TEXT NOT NULL, detector TEXT NOT NULL, cluster TEXT NOT NULL,
    namespace TEXT, user TEXT, reason TEXT NOT NULL) STRICT;
  CREATE INDEX alerts_by_time ON alerts (last_seen, severity, category, detector, cluster);
  CREATE TABLE bodies (seq INTEGER PRIMARY KEY REFERENCES alerts ON DELETE CASCADE, body TEXT NOT NULL) STRICT;
  CREATE TABLE sinks (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE outbox (
    alert INTEGER NOT NULL REFERENCES alerts ON DELETE CASCADE, sink INTEGER NOT NULL REFERENCES sinks,
    revision INTEGER NOT NULL, severity INTEGER NOT NULL, last_seen INTEGER NOT NULL,
    sent_revision INTEGER NOT NULL DEFAULT 0, sent_severity INTEGER NOT NULL DEFAULT -1, sent_at INTEGER NOT NULL DEFAULT 0,
    due INTEGER DEFAULT 0, parked TEXT, PRIMARY KEY (alert, sink)) STRICT, WITHOUT ROWID;
  CREATE INDEX outbox_due ON outbox (sink, due, alert, last_seen) WHERE due IS NOT NULL;
  CREATE INDEX outbox_parked ON outbox (sink) WHERE parked IS NOT NULL;
  CREATE TABLE rejects (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
  PRAGMA user_version = 1;
`;

describe('the schema of the SQLite store', () => {
  const firstVersion = (alerts: readonly Alert[]): void => {
    mkdirSync(rig.path);
    const db = new DatabaseSync(rig.file);
    db.exec(FIRST_VERSION);
    db.prepare('INSERT INTO positions VALUES (?, ?)').run('p', '41');
    db.prepare('INSERT INTO rows VALUES (?, ?, ?)').run('k', 's', Uint8Array.from([1, 2]));
    db.prepare('INSERT INTO sinks (name) VALUES (?)').run('elastic');
    for (const alert of alerts) {
      const { lastInsertRowid } = db
        .prepare('INSERT INTO alerts VALUES (NULL, ?, ?, ?, 3, ?, ?, ?, ?, ?, ?)')
        .run(alert.id, alert.revision, alert.lastSeen, alert.rule.category, alert.rule.id, alert.cluster, 'payments', alert.actor.user, alert.reason.toLowerCase()); // prettier-ignore
      db.prepare('INSERT INTO bodies VALUES (?, ?)').run(lastInsertRowid, JSON.stringify(alert));
      db.prepare('INSERT INTO outbox (alert, sink, revision, severity, last_seen) VALUES (?, 1, ?, 3, ?)').run(lastInsertRowid, alert.revision, alert.lastSeen); // prettier-ignore
    }
    db.close();
  };
  const layout = (name: string): unknown => {
    const db = new DatabaseSync(name, { readOnly: true });
    rig.closing.push(db);
    return db.prepare('SELECT type, name FROM sqlite_schema ORDER BY name').all();
  };

  it('is upgraded in place from the first version, and nothing is lost', async () => {
    const alerts = someAlerts(40);
    firstVersion(alerts);
    const told: string[] = [];
    const say = (_fields: object, message: string) => void told.push(message);
    const store = rig.open({
      log: { debug: say, info: say, warn: say, error: say },
      retention: { age: 90 * DAY, bytes: 0 },
    });
    expect(told).toEqual(['the store was upgraded']);
    expect([...store.load().positions]).toEqual([['p', '41']]);
    expect([...store.load().rows]).toEqual([{ space: 's', key: 'k', value: Uint8Array.from([1, 2]) }]);
    expect(store.alerts({ user: anAlert().actor.user! }).alerts).toEqual([...alerts].reverse());
    expect(store.alerts({ muted: false }).alerts).toHaveLength(40);
    store.subscribe(['elastic']);
    expect(store.pending('elastic', 100, 0)).toEqual(alerts);
    await store.commit(checkpointOf({ alerts: [{ ...alerts[0]!, revision: 2 }, anAlert({ id: alertId('new') })] })); // prettier-ignore
    // Counts of the upgrade and of later commits together: size 0 takes all, and no more than all.
    expect(store.retain(0)).toBe(41);
    expect(store.retain(0)).toBe(0);
    const connection = new Connection(rig.file, false);
    rig.closing.push(connection);
    expect(connection.statement('SELECT * FROM totals ORDER BY name').all()).toEqual([
      { name: 'alert_bytes', value: 0 },
      { name: 'alert_count', value: 0 },
    ]);
  });

  it('is the same whether new or upgraded', () => {
    firstVersion([]);
    rig.open().close();
    const upgraded = layout(rig.file);
    const fresh = join(rig.path, 'fresh');
    rig.open({ path: fresh }).close();
    expect(layout(join(fresh, 'lapwing.db'))).toEqual(upgraded);
  });

  it('is upgraded as a whole or not at all', () => {
    firstVersion(someAlerts(3));
    const db = new DatabaseSync(rig.file);
    db.exec('CREATE TABLE totals (in_the_way)');
    expect(() => migrate(db, rig.file)).toThrow('already exists');
    expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 });
    expect(db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'alerts_by_user'").get()).toEqual({ n: 0 });
    db.exec('DROP TABLE totals');
    db.close();
    expect(rig.open().alerts({}).alerts).toHaveLength(3);
  });

  it('is not upgraded by a reader', () => {
    firstVersion([]);
    expect(failure(() => rig.open({ readOnly: true }))).toMatchObject({
      code: 'store',
      message: expect.stringContaining('lapwing run'),
    });
  });

  it('of a newer version is left alone', () => {
    rig.open().close();
    const db = new DatabaseSync(rig.file);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    db.close();
    expect(failure(() => rig.open())).toMatchObject({
      code: 'store-newer',
      message: expect.stringContaining(rig.file),
    });
    expect(failure(() => rig.open({ readOnly: true }))).toMatchObject({ code: 'store-newer' });
    // The lock was given back: the newer program can go on.
    const again = new DatabaseSync(rig.file);
    again.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    again.close();
    rig.open();
  });
});
