import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe, expect, it } from 'vitest';
import { DAY } from '../../src/model/index.ts';
import { Connection } from '../../src/store/connection.ts';
import { anAlert, someAlerts } from '../support/alert.ts';
import { checkpointOf } from './checkpoint.ts';
import { failure, sqliteRig } from './sqlite-rig.ts';

const rig = sqliteRig();

describe('the SQLite store', () => {
  it('is for its owner alone', async () => {
    const store = rig.open();
    await store.commit(checkpointOf({ positions: new Map([['a', '1']]) }));
    expect(store.durable).toBe(true);
    const mode = (name: string) => statSync(name).mode & 0o777;
    expect(mode(rig.path)).toBe(0o700);
    for (const name of ['lapwing.db', 'lapwing.db-wal', 'lapwing.db-shm', 'lapwing.lock'])
      expect(mode(join(rig.path, name))).toBe(0o600);
  });

  it('syncs each commit to the disk', () => {
    rig.open();
    const connection = new Connection(rig.file, false);
    rig.closing.push(connection);
    expect(connection.number('PRAGMA synchronous')).toBe(2);
    expect(connection.number('PRAGMA foreign_keys')).toBe(1);
    expect(connection.number('PRAGMA auto_vacuum')).toBe(2);
    expect(connection.statement('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  });

  it('gives room back to the disk when alerts go, a piece at a time', async () => {
    const store = rig.open();
    const alerts = someAlerts(6_000).map((alert) => ({ ...alert, commandLine: 'x'.repeat(4_000), lastSeen: 1 }));
    await store.commit(checkpointOf({ alerts }));
    const pages = () =>
      new DatabaseSync(rig.file, { readOnly: true }).prepare('PRAGMA page_count').get() as { page_count: number };
    const before = pages().page_count;
    for (let calls = 0; calls < 14; calls += 1) store.retain(200 * DAY);
    expect(store.alerts({}).alerts).toEqual([]);
    expect(pages().page_count).toBeLessThan(before / 3);
    await store.commit(checkpointOf({ alerts: alerts.slice(0, 10) }));
    expect(store.alerts({}).alerts).toHaveLength(10);
  });

  it('does not let what detectors remember push out all alerts', async () => {
    const store = rig.open({ retention: { age: 90 * DAY, bytes: 1024 ** 2 } });
    const rows = Array.from({ length: 400 }, (_, index) => ({
      space: 's',
      key: `${index}`,
      value: 'x'.repeat(10_000),
    }));
    await store.commit(checkpointOf({ rows, alerts: someAlerts(300) }));
    for (let calls = 0; calls < 10; calls += 1) store.retain(0);
    expect(store.alerts({ limit: 1_000 }).alerts.length).toBeGreaterThan(100);
  });

  it('is one whole file once it is closed', async () => {
    const store = rig.open();
    await store.commit(checkpointOf({ alerts: [anAlert()] }));
    store.close();
    expect(statSync(`${rig.file}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
    copyFileSync(rig.file, `${rig.path}.copy`);
    const db = new DatabaseSync(`${rig.path}.copy`);
    rig.closing.push(db);
    expect(db.prepare('SELECT count(*) AS n FROM bodies').get()).toEqual({ n: 1 });
  });

  it('shows a reader one moment for as long as it asks, whatever is written meanwhile', async () => {
    const store = rig.open();
    const row = (value: string) => ({ space: 'some', key: 'key', value });
    await store.commit(checkpointOf({ rows: [row('before')] }));
    const reader = rig.open({ readOnly: true });
    const valueOf = (): unknown => reader.row('some', 'key');
    const seen = reader.snapshot(() => {
      const first = valueOf();
      void store.commit(checkpointOf({ rows: [row('after')] }));
      return [first, valueOf(), [...reader.load().rows].map(({ value }) => value)];
    });
    expect(seen).toEqual(['before', 'before', ['before']]);
    expect(valueOf()).toBe('after');
    const failing = (): never => {
      throw new Error('no');
    };
    expect(() => reader.snapshot(failing)).toThrow('no');
    expect(reader.snapshot(valueOf)).toBe('after');
  });

  it('refuses a second writer in the same process, and lets readers in', async () => {
    const store = rig.open();
    const error = failure(() => rig.open());
    expect(error).toMatchObject({ code: 'store-locked', retryable: false });
    expect(error.message).toContain(rig.path);
    // The refused one must not have let go of the first one's lock.
    expect(failure(() => rig.open())).toMatchObject({ code: 'store-locked' });
    await store.commit(checkpointOf({ alerts: [anAlert()] }));
    expect(rig.open({ readOnly: true }).alerts({}).alerts).toHaveLength(1);
    store.close();
    store.close();
    expect(rig.open().alerts({}).alerts).toHaveLength(1);
  });
});
