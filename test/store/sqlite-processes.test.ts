import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY } from '../../src/model/index.ts';
import { openSqlite, type SqliteStore } from '../../src/store/sqlite.ts';
import { checkpointOf } from './checkpoint.ts';
import { compileStore } from './compiled-store.ts';
import { WriterProcess } from './writer-process.ts';

/** Kills on each run; the nightly script asks for hundreds. */
const KILLS = Number(process.env['LAPWING_TEST_KILLS'] ?? 10);
const retention = { age: 90 * DAY, bytes: 2 ** 30 };

let work: string;
let module: string;
let path: string;
let writer: WriterProcess | undefined;
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'lapwing-compiled-'));
  module = compileStore(join(work, 'store'));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'lapwing-processes-'));
});
afterEach(async () => {
  await writer?.kill();
  rmSync(path, { recursive: true, force: true });
});

/** What a killed writer left: everything of one checkpoint, nothing of another. Returns its number. */
function inspect(store: SqliteStore): number {
  const { positions, rows } = store.load();
  const n = Number(positions.get('n') ?? 0);
  const all = [...rows];
  const group = all.filter(({ space }) => space === 'group');
  expect(group).toHaveLength(n === 0 ? 0 : 60);
  expect(new Set(group.map(({ value }) => Number(value)))).toEqual(new Set(n === 0 ? [] : [n]));
  const own = all.filter(({ space }) => space === 'own').map(({ key }) => Number(key));
  expect(own.sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, index) => index + 1));
  expect(store.alert('the one')?.revision).toBe(n === 0 ? undefined : n);
  expect(store.alert(`of ${n + 1}`)).toBeUndefined();
  expect(store.alert(`of ${n}`) !== undefined).toBe(n > 0);
  return n;
}

describe('the SQLite store among processes', () => {
  it(
    'holds every acknowledged checkpoint after a SIGKILL, and whole ones only',
    async () => {
      let before = 0;
      let acknowledged = 0;
      for (let kill = 0; kill < KILLS; kill += 1) {
        writer = new WriterProcess(module, path);
        // Some are killed while they open, most somewhere within a commit.
        await writer.said(kill % 5 === 4 ? 0 : 1 + Math.floor(Math.random() * 40));
        await sleep(Math.random() * (kill % 5 === 4 ? 200 : 12));
        await writer.kill();
        expect(writer.lines.filter((line) => line.startsWith('error'))).toEqual([]);
        const store = openSqlite({ path, retention });
        const n = inspect(store);
        store.close();
        expect(n).toBeGreaterThanOrEqual(Math.max(before, writer.acknowledged));
        // At most the one that was under way, whose acknowledgement could not be told any more.
        expect(n).toBeLessThanOrEqual(Math.max(before, writer.acknowledged) + 1);
        acknowledged += Math.max(0, writer.acknowledged - before);
        before = n;
      }
      expect(acknowledged).toBeGreaterThan(KILLS);
    },
    30_000 + KILLS * 5_000,
  );

  // The writer's store is unreachable for its own program by then, ready to be collected: its lock must stay.
  it('lets one process write, tells the other, and is free once that one is killed', async () => {
    writer = new WriterProcess(module, path, 3);
    await writer.said(5);
    expect(writer.lines.at(-1)).toBe('done');
    expect(() => openSqlite({ path, retention })).toThrow(
      expect.objectContaining({ code: 'store-locked', message: expect.stringContaining(path) }),
    );
    await writer.kill();
    const store = openSqlite({ path, retention });
    const second = new WriterProcess(module, path, 1);
    await second.said(1);
    await second.kill();
    expect(second.lines[0]).toContain('error store-locked');
    expect(inspect(store)).toBe(3);
    store.close();
  });

  it('lets readers read beside a writer, each commit whole', async () => {
    writer = new WriterProcess(module, path);
    await writer.said(2);
    const reader = openSqlite({ path, readOnly: true, retention });
    const seen = new Set<number>();
    for (let look = 0; look < 20 || seen.size < 3; look += 1) {
      const n = Number(reader.load().positions.get('n'));
      seen.add(n);
      // An alert that the position promises is there for whoever asks later.
      expect(reader.alert(`of ${n}`)).toBeDefined();
      await writer.said(writer.lines.length + 1);
    }
    expect(reader.alerts({ limit: 5 }).alerts).toHaveLength(5);
    expect(reader.outbox()).toMatchObject([{ sink: 'sink' }]);
    await expect(reader.commit(checkpointOf())).rejects.toMatchObject({ code: 'store' });
    expect(() => reader.retain(0)).toThrow(expect.objectContaining({ code: 'store' }));
    await writer.kill();
    expect(Number(reader.load().positions.get('n'))).toBeGreaterThanOrEqual(writer.acknowledged);
    reader.close();
  });
});
