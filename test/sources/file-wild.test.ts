import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, chmod, mkdir, mkdtemp, open, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Batch } from '../../src/model/index.ts';
import type { FileSettings } from '../../src/sources/file.ts';
import { fileSource, FileSource } from '../../src/sources/file.ts';
import { auditIds, contractEvents, Reading } from '../contract/source.ts';
import type { TestContext } from './context.ts';
import { testContext } from './context.ts';

let root: string;
let serial = 0;
const open_: FileSource[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lapwing-wild-'));
  await chmod(root, 0o755);
});
afterEach(async () => {
  for (const source of open_.splice(0)) await source.close();
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function folder(): Promise<string> {
  const made = join(root, String(serial++));
  await mkdir(made);
  return made;
}

function make(paths: readonly string[], given: object = {}, context = testContext()): FileSource {
  const settings = fileSource.settings.parse({ paths, follow: true, pollInterval: '5ms', ...given }) as FileSettings;
  const source = new FileSource('logs', settings, context);
  open_.push(source);
  return source;
}

const lines = (events: readonly string[]): string => events.map((event) => `${event}\n`).join('');
const idsIn = (events: readonly string[]): string[] => auditIds(lines(events));
const warnings = ({ logged }: TestContext): string[] =>
  logged.filter(({ level }) => level === 'warn').map(({ message }) => message);
const clustersOf = (batches: readonly Batch[]): (string | undefined)[] =>
  batches.flatMap(({ records }) => records.map(({ origin }) => origin.cluster));

/** Takes batches until something was logged that holds this text. */
async function untilLogged(context: TestContext, text: string, reading: Reading): Promise<void> {
  while (!context.logged.some(({ message }) => message.includes(text))) {
    const first = await Promise.race([reading.ask(), new Promise((resolve) => setImmediate(resolve))]);
    if (first !== undefined) await reading.commit((await reading.next())!);
  }
}

describe('patterns', () => {
  it('take up new files, each with the cluster that its path names', async () => {
    const dir = await folder();
    const events = contractEvents(4);
    const put = async (path: string, event: string): Promise<void> => {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await appendFile(join(dir, path), `${event}\n`);
    };
    await put('east/audit.log', events[0]!);
    const reading = new Reading(make([`${dir}/{cluster}/audit.log`, `${dir}/plain*`], { cluster: 'else' }));
    await reading.until(1);
    await put('west/audit.log', events[1]!);
    await reading.until(2);
    await put('plain.log', events[2]!);
    await reading.until(3);
    await put('east/audit.log', events[3]!);
    expect(await reading.until(4)).toEqual(idsIn(events));
    expect(clustersOf(reading.batches)).toEqual(['east', 'west', 'else', 'east']);
    expect([...reading.saved.keys()].sort()).toEqual(
      ['east/audit.log', 'plain.log', 'west/audit.log'].map((path) => `file/logs/${dir}/${path}`),
    );
    await reading.stop();
  });

  it('leave rotated files to the log that they were', async () => {
    const dir = await folder();
    const path = join(dir, 'audit.log');
    const [old, before, after] = [contractEvents(2), contractEvents(3), contractEvents(3)];
    await writeFile(join(dir, 'audit-2026-11-20T10-00-00.000.log'), lines(old));
    await writeFile(path, lines(before));
    const reading = new Reading(make([`${dir}/audit*`]));
    await reading.until(3);
    await rename(path, join(dir, 'audit-2026-11-21T10-00-00.000.log'));
    await writeFile(path, lines(after));
    expect(await reading.until(6)).toEqual(idsIn([...before, ...after]));
    // Several looks at the folder later nothing else has come.
    const more = contractEvents(1);
    await reading.stop();
    await appendFile(path, lines(more));
    const again = new Reading(make([`${dir}/audit*`]), reading.saved);
    expect(await again.until(1)).toEqual(idsIn(more));
    await again.stop();
  });

  it('follow dated files on their own where there is no log that they were', async () => {
    const dir = await folder();
    const events = contractEvents(2);
    await writeFile(join(dir, 'audit-20261120.log'), lines(events.slice(0, 1)));
    await writeFile(join(dir, 'audit-20261121.log'), lines(events.slice(1)));
    const reading = new Reading(make([`${dir}/audit-*.log`]));
    expect((await reading.until(2)).toSorted()).toEqual(idsIn(events).toSorted());
    await reading.stop();
  });

  it('let go of files that are gone, and know them when they come back', async () => {
    const dir = await folder();
    const [one, two] = [join(dir, 'a.log'), join(dir, 'b.log')];
    const events = contractEvents(4);
    await writeFile(one, lines(events.slice(0, 2)));
    const source = make([`${dir}/*.log`]);
    const reading = new Reading(source);
    await reading.until(2);
    await rename(one, join(dir, 'away'));
    await writeFile(two, lines(events.slice(2, 3)));
    await reading.until(3);
    await rename(join(dir, 'away'), one);
    await appendFile(one, lines(events.slice(3)));
    expect(await reading.until(4)).toEqual(idsIn(events));
    await reading.stop();
  });

  it('are read once from the oldest file to the log itself', async () => {
    const dir = await folder();
    const names = ['audit.log.10', 'audit.log.2.gz', 'audit.log.1', 'audit.log'];
    const events = contractEvents(4);
    for (const [at, name] of names.entries()) {
      const text = lines(events.slice(at, at + 1));
      await writeFile(join(dir, name), name.endsWith('.gz') ? gzipSync(text) : text);
    }
    const reading = new Reading(make([`${dir}/audit.log*`], { follow: false }));
    expect(await reading.until(Infinity)).toEqual(idsIn(events));
    const none = new Reading(make([`${dir}/none*`], { follow: false }));
    await expect(none.until(1)).rejects.toMatchObject({ code: 'source', message: expect.stringContaining('none*') });
  });

  it('are names where a file is called so', async () => {
    const dir = await folder();
    const events = contractEvents(2);
    await writeFile(join(dir, 'a*.log'), lines(events.slice(0, 1)));
    await writeFile(join(dir, 'ab.log'), lines(events.slice(1)));
    const reading = new Reading(make([`${dir}/a*.log`], { follow: false }));
    expect(await reading.until(Infinity)).toEqual(idsIn(events.slice(0, 1)));
  });
});

describe('what befalls a followed log', () => {
  it('a folder vanishes and comes back', async () => {
    const dir = join(await folder(), 'kubernetes');
    const path = join(dir, 'audit.log');
    const [before, after, last] = [contractEvents(3), contractEvents(3), contractEvents(1)];
    await mkdir(dir);
    await writeFile(path, lines(before));
    const reading = new Reading(make([path]));
    await reading.until(3);
    void reading.ask();
    await rm(dir, { recursive: true });
    await mkdir(dir);
    await writeFile(path, lines(after));
    await reading.until(6);
    await appendFile(path, lines(last));
    expect(await reading.until(7)).toEqual(idsIn([...before, ...after, ...last]));
    await reading.stop();
  });

  it('the log cannot be read for a while', async () => {
    const dir = await folder();
    const path = join(dir, 'audit.log');
    const events = contractEvents(2);
    await writeFile(path, lines(events));
    await chmod(path, 0o000);
    const isRoot = process.geteuid?.() === 0;
    const context = testContext();
    const reading = new Reading(make([path], {}, context));
    if (isRoot) process.seteuid!(65_534);
    try {
      await untilLogged(context, 'cannot be read now', reading);
    } finally {
      if (isRoot) process.seteuid!(0);
    }
    await chmod(path, 0o644);
    expect(await reading.until(2)).toEqual(idsIn(events));
    expect(warnings(context)).toEqual(['cannot be read now; trying again until it can']);
    await reading.stop();
  });

  it('a link points in a circle, then to one file, then to another', async () => {
    const dir = await folder();
    const path = join(dir, 'audit.log');
    const [one, two] = [contractEvents(3), contractEvents(3)];
    await symlink(path, path);
    const context = testContext();
    const reading = new Reading(make([path], {}, context));
    await untilLogged(context, 'cannot be read now', reading);
    await mkdir(join(dir, '..1'));
    await mkdir(join(dir, '..2'));
    await writeFile(join(dir, '..1/audit.log'), lines(one));
    await writeFile(join(dir, '..2/audit.log'), lines(two));
    await symlink('..1', join(dir, '..data'));
    await symlink('..data/audit.log', join(dir, 'new'));
    await rename(join(dir, 'new'), path);
    await reading.until(3);
    await symlink('..2', join(dir, '..next'));
    await rename(join(dir, '..next'), join(dir, '..data'));
    expect(await reading.until(6)).toEqual(idsIn([...one, ...two]));
    await reading.stop();
  });

  it('rotated files lie beside the file that the link points to', async () => {
    const dir = await folder();
    const real = join(dir, 'real');
    await mkdir(real);
    await symlink('real/audit.log', join(dir, 'audit.log'));
    const [one, two, three] = [contractEvents(2), contractEvents(2), contractEvents(2)];
    await writeFile(join(real, 'audit.log'), lines(one));
    const reading = new Reading(make([join(dir, 'audit.log')]));
    await reading.until(2);
    await reading.stop();
    for (const [at, events] of [two, three].entries()) {
      await rename(join(real, 'audit.log'), join(real, `audit-2026-11-21T10-00-0${at}.000.log`));
      await writeFile(join(real, 'audit.log'), lines(events));
    }
    const again = new Reading(make([join(dir, 'audit.log')]), reading.saved);
    expect(await again.until(4)).toEqual(idsIn([...two, ...three]));
    await again.stop();
  });

  it('the log is truncated under a writer that keeps its offset: the hole is passed over and told once', async () => {
    const path = join(await folder(), 'audit.log');
    const [before, after, last] = [contractEvents(3_000), contractEvents(3), contractEvents(1)];
    const writer = await open(path, 'w');
    await writer.write(lines(before));
    const context = testContext();
    const reading = new Reading(make([path], {}, context));
    await reading.until(3_000);
    await truncate(path);
    await writer.write(lines(after));
    await reading.until(3_003);
    await writer.write(lines(last));
    expect(await reading.until(3_004)).toEqual(idsIn([...before, ...after, ...last]));
    expect(warnings(context).filter((message) => message.includes('hole'))).toHaveLength(1);
    expect(context.logged.find(({ message }) => message.includes('hole'))!.fields).toMatchObject({
      bytes: lines(before).length,
    });
    await reading.stop();
    await writer.close();
  });

  it('a hole of many turns is told when it is over', async () => {
    const path = join(await folder(), 'audit.log');
    const [before, after] = [contractEvents(1), contractEvents(1)];
    const size = 100 * 1024 * 1024;
    await writeFile(path, lines(before));
    const writer = await open(path, 'r+');
    await writer.write(lines(after), size);
    const context = testContext();
    const source = make([path], {}, context);
    const reading = new Reading(source);
    expect(await reading.until(2)).toEqual(idsIn([...before, ...after]));
    const holes = size - lines(before).length;
    expect(context.logged.filter(({ level }) => level === 'warn').map(({ fields }) => fields)).toEqual([
      expect.objectContaining({ bytes: holes }),
    ]);
    expect(source.counters.holeBytes).toBe(holes);
    await reading.stop();
    await writer.close();
  });

  it('the log grows by half characters and half line ends', async () => {
    const path = join(await folder(), 'audit.log');
    const text = Buffer.from(`{"auditID":"é€😀"}\r\n{"auditID":"two"}\r\n`);
    await writeFile(path, '');
    const reading = new Reading(make([path]));
    void reading.ask();
    for (const byte of text) {
      await appendFile(path, Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    expect(await reading.until(2)).toEqual(['é€😀', 'two']);
    expect(Buffer.concat(reading.batches.flatMap(({ records }) => records.map(({ bytes }) => bytes)))).toEqual(text);
    await reading.stop();
  });

  it('the log is a pipe that nobody writes to: stopping does not wait for a writer', async () => {
    const path = join(await folder(), 'pipe');
    spawnSync('mkfifo', [path]);
    const reading = new Reading(make([path]));
    await new Promise(setImmediate);
    expect(await reading.stop()).toEqual([]);
  });
});

describe('what was missed', () => {
  const stamped = (path: string, at: number): string =>
    path.replace('.log', `-${new Date(at).toISOString().slice(0, -1).replaceAll(':', '-')}.log`);

  /** A log that was read once; then `count` rotations without a reader, three events in each file. */
  async function missed(count: number, context = testContext()) {
    const path = join(await folder(), 'audit.log');
    const first = contractEvents(2);
    await writeFile(path, lines(first));
    const reading = new Reading(make([path], {}, context));
    await reading.until(2);
    await reading.stop();
    const files: string[] = [];
    const events: string[][] = [];
    for (let turn = 0; turn < count; turn++) {
      files.push(stamped(path, Date.now() + 1_000 * (turn + 1)));
      events.push(contractEvents(3));
      await rename(path, files.at(-1)!);
      await writeFile(path, lines(events.at(-1)!));
    }
    return { path, saved: reading.saved, files, events };
  }

  it('is read from the oldest file on, even where the file read last is gone', async () => {
    const { path, saved, files, events } = await missed(3);
    await rm(files[0]!);
    const context = testContext();
    const reading = new Reading(make([path], {}, context), saved);
    expect(await reading.until(9)).toEqual(idsIn(events.flat()));
    expect(context.logged.filter(({ level }) => level === 'warn').map(({ fields }) => fields)).toEqual([
      expect.objectContaining({ reason: 'the file read last is gone' }),
    ]);
    await reading.stop();
  });

  it('is the log itself alone where an earlier version saved no time', async () => {
    const { path, saved, files, events } = await missed(3);
    const key = [...saved.keys()][0]!;
    const { modified, ...rest } = JSON.parse(saved.get(key)!) as Record<string, unknown>;
    expect(modified).toEqual(expect.any(Number));
    const old = new Map([[key, JSON.stringify(rest)]]);
    const found = new Reading(make([path]), old);
    expect(await found.until(9)).toEqual(idsIn(events.flat()));
    await found.stop();
    await rm(files[0]!);
    const lost = new Reading(make([path]), old);
    expect(await lost.until(3)).toEqual(idsIn(events[2]!));
    await lost.stop();
  });

  it('is told of with its size where rotation removed it too soon', async () => {
    const { path, saved, files, events } = await missed(4);
    const context = testContext();
    const reading = new Reading(make([path], {}, context), saved);
    expect(await reading.until(3)).toEqual(idsIn(events[0]!));
    await rm(files[2]!);
    const more = contractEvents(1);
    await rename(path, stamped(path, Date.now() + 9_000));
    await writeFile(path, lines(more));
    expect(await reading.until(10)).toEqual(idsIn([...events[0]!, ...events[2]!, ...events[3]!, ...more]));
    expect(context.logged.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'a rotated file was removed before it was read',
        fields: { path: files[2], unread: lines(events[1]!).length },
      },
    ]);
    await reading.stop();
  });
});

describe('gzip that is followed', () => {
  it('is read as far as it is written', async () => {
    const path = join(await folder(), 'audit.log.gz');
    const [one, two] = [contractEvents(2_000), contractEvents(3)];
    const first = gzipSync(lines(one));
    await writeFile(path, first.subarray(0, 10_000));
    const context = testContext();
    const reading = new Reading(make([path], {}, context));
    await reading.until(50);
    expect(reading.ids.length).toBeLessThan(2_000);
    void reading.ask();
    await appendFile(path, first.subarray(10_000));
    await reading.until(2_000);
    await appendFile(path, gzipSync(lines(two)));
    expect(await reading.until(2_003)).toEqual(idsIn([...one, ...two]));
    expect(warnings(context)).toEqual([]);
    await reading.stop();
  });

  it('says how much a fault in the middle costs, and goes on with the next file', async () => {
    const path = join(await folder(), 'audit.log');
    const [one, two] = [contractEvents(400), contractEvents(3)];
    // Noise, so that the file is of some size, and a member whose header is no header.
    const noise = (at: number): string => createHash('shake256', { outputLength: 2_000 }).update(`${at}`).digest('hex');
    const texts = one.map((event, at) => `${event.slice(0, -1)},"x":"${noise(at)}"}\n`);
    const members = [texts.slice(0, 200), texts.slice(200)].map((part) => gzipSync(part.join('')));
    members[1]![2] = 0xff;
    const broken = Buffer.concat(members);
    await writeFile(path, broken);
    const context = testContext();
    const reading = new Reading(make([path], {}, context));
    await untilLogged(context, 'damaged', reading);
    await rename(path, `${path}.1`);
    await writeFile(path, lines(two));
    while (!reading.ids.includes(idsIn(two)[2]!)) await reading.next();
    // zlib keeps back the last chunk before the fault.
    expect(reading.ids.length).toBeGreaterThan(100);
    expect(reading.ids.slice(0, -3)).toEqual(idsIn(one).slice(0, reading.ids.length - 3));
    expect(reading.ids.slice(-3)).toEqual(idsIn(two));
    const { unread } = context.logged.find(({ message }) => message.includes('damaged'))!.fields as { unread: number };
    expect(unread).toBeGreaterThan(broken.length / 4);
    expect(unread).toBeLessThan(broken.length * 0.6);
    await reading.stop();
  });
});
