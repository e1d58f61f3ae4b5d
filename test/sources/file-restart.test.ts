import { appendFile, mkdir, mkdtemp, open, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FileSettings } from '../../src/sources/file.ts';
import { fileSource, FileSource } from '../../src/sources/file.ts';
import { auditIds, contractEvents, Reading } from '../contract/source.ts';
import { testContext } from './context.ts';

let root: string;
let serial = 0;
const open_: FileSource[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lapwing-restart-'));
});
afterEach(async () => {
  for (const source of open_.splice(0)) await source.close();
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function place(): Promise<string> {
  const dir = join(root, String(serial++));
  await mkdir(dir);
  return join(dir, 'audit.log');
}

function make(path: string, given: object = {}, context = testContext()): FileSource {
  const settings = fileSource.settings.parse({ paths: [path], follow: true, pollInterval: '5ms', ...given });
  const source = new FileSource('logs', settings as FileSettings, context);
  open_.push(source);
  return source;
}

const lines = (events: readonly string[]): string => events.map((event) => `${event}\n`).join('');
const idsIn = (events: readonly string[]): string[] => auditIds(lines(events));

/** Where a source stands that has read so many events and was stopped. */
async function readSome(path: string, count: number, given: object = {}): Promise<ReadonlyMap<string, string>> {
  const reading = new Reading(make(path, given));
  await reading.until(count);
  await reading.stop();
  return reading.saved;
}

/** A source that went on from there, read up to so many events and was stopped. */
async function goOn(path: string, saved: ReadonlyMap<string, string>, count: number): Promise<Reading> {
  const reading = new Reading(make(path), saved);
  await reading.until(count);
  await reading.stop();
  return reading;
}

/** What such a source reads. */
const readOn = async (path: string, saved: ReadonlyMap<string, string>, count: number): Promise<string[]> =>
  (await goOn(path, saved, count)).ids;

/** The position that a source gives before it has read anything. */
async function firstPosition(path: string): Promise<ReadonlyMap<string, string>> {
  const reading = new Reading(make(path));
  const first = (await reading.next())!;
  expect(first.records).toEqual([]);
  await reading.commit(first);
  const { saved } = reading;
  await reading.stop();
  return saved;
}

describe('the first start', () => {
  it.each([
    ['not there', undefined],
    ['empty', ''],
    ['half a line', '{"auditID":"half'],
  ])('has a place to go on from while the log is %s: what was rotated meanwhile is read', async (_case, text) => {
    const path = await place();
    await writeFile(`${path}-20261119`, lines(contractEvents(2)));
    if (text !== undefined) await writeFile(path, text);
    const saved = await firstPosition(path);
    const events = contractEvents(6);
    await writeFile(path, lines(events.slice(0, 2)));
    await rename(path, `${path}-20261120`);
    await writeFile(`${path}-20261120.gz`, gzipSync(lines(events.slice(0, 2))));
    await rm(`${path}-20261120`);
    await writeFile(`${path}-20261121`, lines(events.slice(2, 4)));
    await writeFile(path, lines(events.slice(4)));
    expect(await readOn(path, saved, 6)).toEqual(idsIn(events));
  });

  it('leaves alone what was rotated before it, and so does the next one', async () => {
    const path = await place();
    await writeFile(path.replace('.log', '-2099-01-01T00-00-00.000.log'), lines(contractEvents(3)));
    await writeFile(`${path}.1`, lines(contractEvents(3)));
    const events = contractEvents(2);
    await writeFile(path, lines(events));
    const saved = await firstPosition(path);
    expect(await readOn(path, saved, 2)).toEqual(idsIn(events));
    expect(await readOn(path, new Map(), 2)).toEqual(idsIn(events));
  });

  it('has no place before the folder is there', async () => {
    const path = join(await place(), '..', 'later', 'audit.log');
    const reading = new Reading(make(path));
    const events = contractEvents(1);
    await mkdir(join(path, '..'));
    await writeFile(path, lines(events));
    expect(await reading.until(1)).toEqual(idsIn(events));
    await reading.stop();
  });
});

describe('after a restart', () => {
  it('a file that is being compressed is read from the plain one', async () => {
    const path = await place();
    const [before, missed, after] = [contractEvents(3), contractEvents(3), contractEvents(2)];
    await writeFile(path, lines(before));
    const saved = await readSome(path, 3);
    await appendFile(path, lines(missed));
    await rename(path, `${path}.1`);
    const whole = gzipSync(lines([...before, ...missed]));
    await writeFile(`${path}.1.gz`, whole.subarray(0, whole.length / 2));
    await writeFile(path, lines(after));
    expect(await readOn(path, saved, 5)).toEqual(idsIn([...missed, ...after]));
  });

  it('a file that was compressed is gone on with where it was left', async () => {
    const path = await place();
    const [before, missed, after] = [contractEvents(30), contractEvents(3), contractEvents(2)];
    await writeFile(path, lines(before));
    const saved = await readSome(path, 30);
    await writeFile(`${path}.2.gz`, gzipSync(lines([...before, ...missed])));
    await writeFile(`${path}.1`, lines(after.slice(0, 1)));
    await rm(path);
    await writeFile(path, lines(after.slice(1)));
    expect(await readOn(path, saved, 5)).toEqual(idsIn([...missed, ...after]));
  });

  it('so is one that was left in the middle of a compressed file', async () => {
    const path = await place();
    const [before, old, after] = [contractEvents(2), contractEvents(300), contractEvents(2)];
    await writeFile(path, lines(before));
    const saved = await readSome(path, 2);
    await rm(path);
    await writeFile(`${path}.2.gz`, gzipSync(lines(before)));
    await writeFile(`${path}.1.gz`, gzipSync(lines(old)));
    await writeFile(path, lines(after));
    const reading = new Reading(make(path, { chunk: '4KiB' }), saved);
    await reading.until(50);
    await reading.stop();
    expect(reading.ids.length).toBeLessThan(300);
    const rest = await readOn(path, reading.saved, 302 - reading.ids.length);
    expect([...reading.ids, ...rest]).toEqual(idsIn([...old, ...after]));
  });

  it('what was rotated after a file that is gone counts by its name, whenever that one was compressed', async () => {
    const path = await place();
    const stamped = (second: number): string => path.replace('.log', `-2026-11-21T10-00-0${second}.000.log`);
    const [first, old, missed, after] = [contractEvents(1), contractEvents(2), contractEvents(3), contractEvents(4)];
    await writeFile(path, lines(first));
    const start = await readSome(path, 1);
    await rename(path, stamped(1));
    await writeFile(`${stamped(2)}.gz`, gzipSync(lines(old)));
    const { saved } = await goOn(path, start, 2);
    await rm(`${stamped(2)}.gz`);
    await writeFile(stamped(3), lines(missed));
    await writeFile(path, lines(after));
    expect(await readOn(path, saved, 7)).toEqual(idsIn([...missed, ...after]));
  });

  it('a log without a file of its own is gone on with in those that it was', async () => {
    const path = await place();
    const pattern = path.replace('.log', '*');
    const [before, missed, after] = [contractEvents(2), contractEvents(2), contractEvents(2)];
    await writeFile(path, lines(before));
    const saved = await readSome(pattern, 2);
    await appendFile(path, lines(missed));
    await rename(path, path.replace('.log', '-2026-11-21T10-00-00.000.log'));
    const reading = new Reading(make(pattern), saved);
    expect(await reading.until(2)).toEqual(idsIn(missed));
    await writeFile(path, lines(after));
    expect(await reading.until(4)).toEqual(idsIn([...missed, ...after]));
    expect([...reading.saved.keys()]).toEqual([`file/logs/${path}`]);
    await reading.stop();
  });

  it('another file under the inode that was read is read from its beginning', async () => {
    const path = await place();
    await writeFile(path, lines(contractEvents(20)));
    const saved = await readSome(path, 20);
    const events = contractEvents(30);
    await writeFile(path, lines(events));
    expect(await readOn(path, saved, 30)).toEqual(idsIn(events));
  });
});

describe('counters', () => {
  it('say what was lost, passed over and begun again', async () => {
    const path = await place();
    const source = make(path, { maxLine: '64KiB', chunk: '64KiB' });
    expect(source.counters).toEqual({
      truncated: 0,
      restarted: 0,
      overlong: 0,
      holeBytes: 0,
      damaged: 0,
      lostFiles: 0,
      lostBytes: 0,
    });
    const events = contractEvents(400);
    const writer = await open(path, 'w');
    await writer.write(lines(events.slice(0, 300)));
    await writer.write(`${'x'.repeat(100_000)}\n`);
    await writer.write(lines(events.slice(300, 301)));
    const reading = new Reading(source);
    await reading.until(301);
    expect(source.counters).toMatchObject({ overlong: 1, truncated: 0 });
    await truncate(path);
    await writer.write(lines(events.slice(301, 303)));
    await reading.until(303);
    await writer.close();
    expect(source.counters).toMatchObject({ truncated: 1, holeBytes: lines(events.slice(0, 301)).length + 100_001 });
    // Compressed without a second member's header.
    const parts = [gzipSync(lines(events.slice(303, 310))), gzipSync(lines(events.slice(310, 399)))];
    parts[1]![2] = 0xff;
    await rename(path, `${path}-20261120`);
    await writeFile(`${path}-20261121`, Buffer.concat(parts));
    await writeFile(path, lines(events.slice(399)));
    while (!reading.ids.includes(idsIn(events.slice(399))[0]!)) await reading.next();
    await reading.stop();
    expect(reading.ids).toEqual(idsIn([...events.slice(0, 310), ...events.slice(399)]));
    expect(source.counters).toMatchObject({ damaged: 1, overlong: 1, restarted: 0, lostFiles: 0 });
  });
});
