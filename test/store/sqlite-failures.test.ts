import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/model/index.ts';
import { Connection } from '../../src/store/connection.ts';
import { SqliteStore } from '../../src/store/sqlite.ts';
import { anAlert } from '../support/alert.ts';
import { checkpointOf } from './checkpoint.ts';
import { failure, retention, sqliteRig } from './sqlite-rig.ts';

const rig = sqliteRig();

describe('failures of the SQLite store', () => {
  it('a full disk: nothing of the commit, retryable, and the next one works', async () => {
    const store = rig.open();
    store.close();
    const connection = new Connection(rig.file, false);
    const full = new SqliteStore(connection, retention);
    rig.closing.push(full);
    full.subscribe(['s']);
    const small = checkpointOf({
      positions: new Map([['p', '1']]),
      alerts: [anAlert()],
      rows: [{ space: 's', key: 'k', value: '1' }],
    });
    await full.commit(small);
    const pages = connection.number('PRAGMA page_count');
    connection.db.exec(`PRAGMA max_page_count = ${pages + 2}`);
    const big = checkpointOf({
      positions: new Map([['p', '2']]),
      rows: [{ space: 's', key: 'k', value: '2' }, { space: 's', key: 'big', value: 'x'.repeat(1_000_000) }], // prettier-ignore
      alerts: [{ ...anAlert(), revision: 2 }],
    });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const error = await full.commit(big).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(AppError);
      expect(error).toMatchObject({ code: 'store-full', retryable: true, message: expect.stringContaining(rig.file) });
      expect([...full.load().positions]).toEqual([['p', '1']]);
      expect([...full.load().rows]).toEqual([{ space: 's', key: 'k', value: '1' }]);
      expect(full.alert(anAlert().id)?.revision).toBe(1);
    }
    connection.db.exec('PRAGMA max_page_count = 1000000');
    await full.commit(big);
    expect([...full.load().positions]).toEqual([['p', '2']]);
    expect(full.alert(anAlert().id)?.revision).toBe(2);
  });

  it('a file that is no store', () => {
    mkdirSync(rig.path);
    writeFileSync(rig.file, 'not a database, whatever its name says. '.repeat(500));
    const error = failure(() => rig.open());
    expect(error).toMatchObject({ code: 'store', retryable: false });
    expect(error.message).toContain(rig.file);
    expect(error.message).toContain('backup');
    expect(failure(() => rig.open({ readOnly: true }))).toMatchObject({ code: 'store' });
  });

  it('a damaged page, found when it is read', async () => {
    const store = rig.open();
    await store.commit(
      checkpointOf({
        rows: Array.from({ length: 5_000 }, (_, index) => ({ space: 's', key: `${index}`, value: 'v' })),
      }),
    );
    store.close();
    const db = new DatabaseSync(rig.file);
    const { rootpage } = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'rows'").get() as {
      rootpage: number;
    };
    db.close();
    const handle = openSync(rig.file, 'r+');
    writeSync(handle, Buffer.alloc(4_096, 0xa5), 0, 4_096, (rootpage - 1) * 4_096);
    closeSync(handle);
    const again = rig.open();
    expect(failure(() => [...again.load().rows])).toMatchObject({ code: 'store', retryable: false });
    await expect(again.commit(checkpointOf({ rows: [{ space: 's', key: '1', value: 'w' }] }))).rejects.toMatchObject({
      code: 'store',
    });
  });

  it.each<[string, () => void]>([
    ['a folder in place of the file', () => mkdirSync(rig.file, { recursive: true })],
    ['a file in place of the folder', () => writeFileSync(rig.path, '')],
  ])('%s', (_name, prepare) => {
    prepare();
    const error = failure(() => rig.open());
    expect(error).toMatchObject({ code: 'store', retryable: false });
    expect(error.message).toContain(rig.path);
  });

  it('a folder that may not be written', () => {
    mkdirSync(rig.path);
    chmodSync(rig.path, 0o500);
    // Root may write everywhere: then somebody else tries.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid!(65_534);
    let error: ReturnType<typeof failure>;
    try {
      error = failure(() => rig.open());
    } finally {
      if (isRoot) process.seteuid!(0);
    }
    expect(error).toMatchObject({ code: 'store', retryable: false });
    expect(error.message).toContain('dataDir');
  });

  it('a file that is moved away under it: no commit goes where nobody finds it', async () => {
    const store = rig.open();
    renameSync(rig.file, `${rig.file}.away`);
    await expect(store.commit(checkpointOf())).rejects.toMatchObject({
      code: 'store',
      message: expect.stringContaining('moved'),
    });
    writeFileSync(rig.file, '');
    await expect(store.commit(checkpointOf())).rejects.toMatchObject({ code: 'store' });
    rmSync(rig.file);
    renameSync(`${rig.file}.away`, rig.file);
    await store.commit(checkpointOf());
  });

  it('a reader where there is nothing yet', () => {
    expect(failure(() => rig.open({ readOnly: true }))).toMatchObject({
      code: 'store',
      message: expect.stringContaining('no store'),
    });
    expect(() => statSync(rig.path)).toThrow('ENOENT');
  });

  it('any use once it is closed', async () => {
    const store = rig.open();
    store.close();
    await expect(store.commit(checkpointOf())).rejects.toMatchObject({ code: 'store' });
    expect(failure(() => store.alerts({}))).toMatchObject({ code: 'store' });
    expect(failure(() => store.load())).toMatchObject({ code: 'store' });
  });
});
