import { spawn } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import { appendFile, copyFile, mkdir, mkdtemp, open, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { array, assert, asyncProperty, boolean, nat, oneof } from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Batch } from '../../src/model/index.ts';
import type { FileSettings } from '../../src/sources/file.ts';
import { fileSource, FileSource } from '../../src/sources/file.ts';
import { FileTail } from '../../src/sources/file-tail.ts';
import { fileCounters } from '../../src/sources/file-trouble.ts';
import { auditIds, contractEvents, Reading, sourceContract } from '../contract/source.ts';
import type { TestContext } from './context.ts';
import { testContext } from './context.ts';

let root: string;
let serial = 0;
const open_: FileSource[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lapwing-file-'));
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

const parse = (given: object): FileSettings => fileSource.settings.parse(given) as FileSettings;

function make(given: object, context: TestContext = testContext(), stdin?: Readable): FileSource {
  const source = new FileSource('logs', parse({ pollInterval: '10ms', ...given }), context, stdin);
  open_.push(source);
  return source;
}

const lines = (events: readonly string[]): string => events.map((event) => `${event}\n`).join('');
const idsIn = (events: readonly string[]): string[] => auditIds(lines(events));

/** Everything a one-pass source gives, each batch committed. */
async function readOnce(source: FileSource, from: ReadonlyMap<string, string> = new Map()): Promise<Reading> {
  const reading = new Reading(source, from);
  await reading.until(Infinity);
  return reading;
}

const textOf = (batches: readonly Batch[]): string =>
  Buffer.concat(batches.flatMap(({ records }) => records.map(({ bytes }) => bytes))).toString();

sourceContract('file, followed', {
  resumes: true,
  cluster: 'east',
  flood: 96 * 1024 * 1024,
  rig: async () => {
    const path = join(await folder(), 'audit.log');
    await writeFile(path, '');
    return {
      source: () => make({ paths: [path], follow: true, cluster: 'east' }),
      put: (events) => appendFile(path, lines(events)),
      close: async () => {},
    };
  },
});

describe('one pass', () => {
  it('reads plain files in the order given, whole lines in each piece', async () => {
    const dir = await folder();
    const [one, two] = [contractEvents(3_000, 800), contractEvents(5)];
    await writeFile(join(dir, 'z.log'), lines(one));
    await writeFile(join(dir, 'a.log'), lines(two));
    const reading = await readOnce(make({ paths: [join(dir, 'z.log'), join(dir, 'a.log')] }));
    expect(reading.ids).toEqual(idsIn([...one, ...two]));
    expect(reading.batches.length).toBeGreaterThan(3);
    for (const { records } of reading.batches) expect(records[0]!.bytes.at(-1)).toBe(0x0a);
    expect(reading.batches.every(({ records }) => records.every(({ received }) => received === undefined))).toBe(true);
    expect(reading.batches[0]!.records[0]!.origin.position).toBe(`${join(dir, 'z.log')}@0`);
  });

  it('gives a last line without a newline', async () => {
    const path = join(await folder(), 'audit.log');
    const events = contractEvents(3);
    await writeFile(path, events.join('\n'));
    expect((await readOnce(make({ paths: [path] }))).ids).toEqual(idsIn(events));
  });

  it('ends at once on an empty file', async () => {
    const path = join(await folder(), 'audit.log');
    await writeFile(path, '');
    expect((await readOnce(make({ paths: [path] }))).batches).toEqual([]);
  });

  it.each([
    ['a missing file', async (dir: string) => join(dir, 'none.log')],
    ['a folder', async (dir: string) => dir],
  ])('fails on %s, with its path', async (_case, pathIn) => {
    const path = await pathIn(await folder());
    await expect(readOnce(make({ paths: [path] }))).rejects.toMatchObject({
      code: 'source',
      message: expect.stringContaining(path),
    });
  });

  it('loses and changes no byte, whatever the line lengths, chunk size and encoding', async () => {
    const dir = await folder();
    let run = 0;
    await assert(
      asyncProperty(
        array(oneof(nat(40), nat(9_000)), { minLength: 1, maxLength: 40 }),
        boolean(),
        boolean(),
        async (lengths, newline, gzip) => {
          const text = lengths.map((length, at) => `{"n":${at},"x":"${'y'.repeat(length)}"}`).join('\n');
          const path = join(dir, `p${run++}`);
          const whole = newline ? `${text}\n` : text;
          await writeFile(path, gzip ? gzipSync(whole) : whole);
          const reading = await readOnce(make({ paths: [path], chunk: '4096B' }));
          expect(textOf(reading.batches)).toBe(whole);
          for (const { records } of reading.batches.slice(0, -1)) expect(records[0]!.bytes.at(-1)).toBe(0x0a);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('resumes after any batch, plain and gzip', async () => {
    const dir = await folder();
    const events = contractEvents(400, 200);
    await writeFile(join(dir, 'plain'), lines(events));
    await writeFile(join(dir, 'gzip'), gzipSync(lines(events)));
    for (const name of ['plain', 'gzip']) {
      const given = { paths: [join(dir, name)], chunk: '8KiB' };
      const all = await readOnce(make(given));
      expect(all.batches.length).toBeGreaterThan(1);
      let seen = 0;
      for (const batch of all.batches) {
        seen += auditIds(textOf([batch])).length;
        const rest = await readOnce(make(given), batch.positions);
        expect(rest.ids).toEqual(idsIn(events).slice(seen));
      }
      expect(seen).toBe(400);
    }
  });

  it('reads a pipe that stands for a file', async () => {
    const events = contractEvents(50);
    const path = join(await folder(), 'pipe');
    const made = spawn('sh', ['-c', 'mkfifo "$0"', path]);
    await new Promise((resolve) => made.once('close', resolve));
    const writing = writeFile(path, gzipSync(lines(events)));
    const reading = await readOnce(make({ paths: [path] }));
    await writing;
    expect(reading.ids).toEqual(idsIn(events));
  });
});

describe('gzip', () => {
  it('is told by its bytes, not its name, and may have several members', async () => {
    const dir = await folder();
    const [one, two, three] = [contractEvents(500), contractEvents(500), contractEvents(1)];
    await writeFile(
      join(dir, 'audit.log'),
      Buffer.concat([gzipSync(lines(one)), gzipSync(lines(two).slice(0, 70)), gzipSync(lines(two).slice(70))]),
    );
    await writeFile(join(dir, 'plain.gz'), lines(three));
    const reading = await readOnce(make({ paths: [join(dir, 'audit.log'), join(dir, 'plain.gz')] }));
    expect(reading.ids).toEqual(idsIn([...one, ...two, ...three]));
  });

  it('holds a bounded part of what a small file inflates to', async () => {
    const path = join(await folder(), 'bomb');
    const spaces = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));
    await writeFile(
      path,
      Buffer.concat([...Array.from({ length: 8 }, () => spaces), gzipSync('\n{"auditID":"end"}\n')]),
    );
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    const source = make({ paths: [path], maxLine: '4MiB' });
    const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().arrayBuffers - before)), 5);
    const reading = await readOnce(source);
    clearInterval(timer);
    expect(reading.ids).toEqual(['end']);
    expect(peak).toBeGreaterThan(0);
    expect(peak).toBeLessThan(128 * 1024 * 1024);
  });

  it('gives what comes before a fault, says so, and goes on with the next file', async () => {
    const dir = await folder();
    const [one, two] = [contractEvents(20_000), contractEvents(5)];
    const whole = gzipSync(lines(one), { level: 1 });
    await writeFile(join(dir, 'cut.gz'), whole.subarray(0, Math.floor(whole.length * 0.7)));
    await writeFile(join(dir, 'next.log'), lines(two));
    const context = testContext();
    const reading = await readOnce(make({ paths: [join(dir, 'cut.gz'), join(dir, 'next.log')] }, context));
    expect(reading.ids.length).toBeGreaterThan(5_000);
    expect(reading.ids.slice(-5)).toEqual(idsIn(two));
    expect(idsIn(one).slice(0, reading.ids.length - 6)).toEqual(reading.ids.slice(0, -6));
    expect(context.logged.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });
});

describe('standard input', () => {
  it.each([
    ['plain', 'cat'],
    ['gzip', 'gzip -c'],
  ])('reads %s from another process', async (_case, command) => {
    const path = join(await folder(), 'events');
    const events = contractEvents(5_000);
    await writeFile(path, lines(events));
    const child = spawn('sh', ['-c', `${command} < "$0"`, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const reading = await readOnce(make({ paths: ['-'] }, testContext(), child.stdout));
    expect(reading.ids).toEqual(idsIn(events));
    expect(reading.batches[0]!.records[0]!.origin.position).toBe('stdin@0');
  });

  it('gives lines as they come, and stops promptly while it waits for more', async () => {
    const child = spawn('sh', ['-c', `printf '%s\\n' "$0"; exec cat`, contractEvents(1)[0]!], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const reading = new Reading(make({ paths: ['-'] }, testContext(), child.stdout));
    expect(await reading.until(1)).toHaveLength(1);
    child.stdin.write(`${contractEvents(1)[0]}\n`);
    expect(await reading.until(2)).toHaveLength(2);
    void reading.ask();
    expect(await reading.stop()).toEqual([]);
    child.stdin.end();
  });

  it('cannot be followed beside files', () => {
    expect(() => make({ paths: ['-', '/tmp/x'], follow: true })).toThrow(expect.objectContaining({ code: 'config' }));
  });
});

describe('following', () => {
  /** A log, a writer as the API server has one, and a reading of it. */
  async function followed(): Promise<{ path: string; writer: FileHandle; reading: Reading; context: TestContext }> {
    const path = join(await folder(), 'audit.log');
    const writer = await open(path, 'a');
    const context = testContext();
    return { path, writer, reading: new Reading(make({ paths: [path], follow: true }, context)), context };
  }

  it('waits for the end of a growing line', async () => {
    const { writer, reading } = await followed();
    const [one, two] = contractEvents(2);
    await writer.write(`${one}\n${two!.slice(0, 30)}`);
    expect(await reading.until(1)).toEqual(idsIn([one!]));
    await writer.write(two!.slice(30, 60));
    await writer.write(`${two!.slice(60)}\n`);
    expect(await reading.until(2)).toEqual(idsIn([one!, two!]));
    expect(textOf(reading.batches)).toBe(lines([one!, two!]));
    await reading.stop();
    await writer.close();
  });

  it('waits for a file that is not there yet', async () => {
    const path = join(await folder(), 'audit.log');
    const reading = new Reading(make({ paths: [path], follow: true }));
    const events = contractEvents(3);
    await writeFile(path, lines(events));
    expect(await reading.until(3)).toEqual(idsIn(events));
    await reading.stop();
  });

  it('finishes a renamed file, late lines and an unfinished one included, then opens the new one', async () => {
    const { path, writer, reading } = await followed();
    const [before, late, after] = [contractEvents(10), contractEvents(3), contractEvents(10)];
    await writer.write(lines(before));
    await reading.until(10);
    await rename(path, path.replace('.log', '-2026-11-21T10-00-00.log'));
    await writer.write(late.join('\n'));
    await writer.close();
    await writeFile(path, lines(after));
    expect(await reading.until(23)).toEqual(idsIn([...before, ...late, ...after]));
    await reading.stop();
  });

  it('looks once more at a renamed file, for a writer that has it open still', async () => {
    const path = join(await folder(), 'audit.log');
    const { maxLine: line, maxDocument: value } = parse({ paths: [path] });
    const tail = new FileTail({
      path,
      cluster: undefined,
      follow: true,
      saved: undefined,
      limits: { chunk: 65_536, line, value },
      stdin: process.stdin,
      log: testContext().log,
      counters: fileCounters(),
    });
    const look = async (): Promise<string | undefined> => (await tail.next())?.bytes.toString();
    const [before, late, after] = contractEvents(3).map((event) => `${event}\n`);
    const writer = await open(path, 'a');
    await writer.write(before!);
    expect([await look(), await look(), await look()]).toEqual(['', before, undefined]);
    await rename(path, `${path}.1`);
    await writeFile(path, after!);
    expect(await look()).toBeUndefined();
    await writer.write(late!);
    expect([await look(), await look(), await look()]).toEqual([late, undefined, after]);
    await writer.close();
    await tail.close();
  });

  it('survives many rotations under a steady writer', async () => {
    const { path, writer: first, reading } = await followed();
    const wanted: string[] = [];
    let writer = first;
    for (let turn = 0; turn < 12; turn++) {
      const events = contractEvents(50);
      wanted.push(...idsIn(events));
      await writer.write(lines(events.slice(0, 25)));
      await writer.write(lines(events.slice(25)));
      await reading.until(wanted.length);
      await writer.close();
      await rename(path, `${path}-20261121-${1_000 + turn}`);
      writer = await open(path, 'a');
    }
    await writer.close();
    expect(wanted).toHaveLength(600);
    expect(reading.ids).toEqual(wanted);
    await reading.stop();
  });

  it.each([
    ['and shorter', 3],
    ['and longer than before', 60],
  ])('starts again on a file that was copied and truncated %s', async (_case, count) => {
    const { path, writer, reading, context } = await followed();
    const [before, after] = [contractEvents(20), contractEvents(count)];
    await writer.write(lines(before));
    await reading.until(20);
    void reading.ask();
    await copyFile(path, `${path}.1`);
    await truncate(path, 0);
    await writer.write(lines(after));
    expect(await reading.until(20 + count)).toEqual(idsIn([...before, ...after]));
    expect(context.logged.some(({ message }) => message.includes('truncated'))).toBe(true);
    await reading.stop();
    await writer.close();
  });

  it('reads several files side by side', async () => {
    const dir = await folder();
    const paths = ['a', 'b', 'c'].map((name) => join(dir, name));
    const reading = new Reading(make({ paths, follow: true }));
    const wanted: string[] = [];
    for (const turn of [0, 1, 2, 0, 2]) {
      const events = contractEvents(4);
      wanted.push(...idsIn(events));
      await appendFile(paths[turn]!, lines(events));
      await reading.until(wanted.length);
    }
    expect(reading.ids).toEqual(wanted);
    expect(reading.saved.size).toBe(3);
    await reading.stop();
  });

  it('after a restart finishes the file that was renamed meanwhile, then reads the new one', async () => {
    const { path, writer, reading } = await followed();
    const [before, missed, after] = [contractEvents(10), contractEvents(5), contractEvents(5)];
    await writer.write(lines(before));
    await reading.until(10);
    await reading.stop();
    await writer.write(lines(missed));
    await writer.close();
    await rename(path, `${path}.1`);
    await writeFile(path, lines(after));
    const again = new Reading(make({ paths: [path], follow: true }), reading.saved);
    expect(await again.until(10)).toEqual(idsIn([...missed, ...after]));
    await again.stop();
  });
});

describe('positions', () => {
  it('are of the file, not of its name: another file is read from its beginning', async () => {
    const dir = await folder();
    const path = join(dir, 'audit.log');
    const [old, young] = [contractEvents(50), contractEvents(60)];
    await writeFile(path, lines(old));
    const before = await readOnce(make({ paths: [path] }));
    const { ino } = await stat(path);
    // The same inode with other content, and another inode with the same content.
    await writeFile(path, lines(young));
    expect((await stat(path)).ino).toBe(ino);
    const context = testContext();
    expect((await readOnce(make({ paths: [path] }, context), before.saved)).ids).toEqual(idsIn(young));
    expect(context.logged.some(({ level }) => level === 'warn')).toBe(true);
    await writeFile(`${path}.new`, lines(old));
    await rename(`${path}.new`, path);
    expect((await readOnce(make({ paths: [path] }), before.saved)).ids).toEqual(idsIn(old));
  });

  it('start again where the file has shrunk', async () => {
    const path = join(await folder(), 'audit.log');
    const events = contractEvents(50);
    await writeFile(path, lines(events));
    const before = await readOnce(make({ paths: [path] }));
    await truncate(path, Buffer.byteLength(lines(events.slice(0, 20))));
    expect((await readOnce(make({ paths: [path] }), before.saved)).ids).toEqual(idsIn(events.slice(0, 20)));
  });

  it('hold for a file that was shorter than its identity when they were saved', async () => {
    const path = join(await folder(), 'audit.log');
    const [first, second] = [contractEvents(1), contractEvents(30)];
    await writeFile(path, lines(first));
    const before = await readOnce(make({ paths: [path] }));
    await appendFile(path, lines(second));
    expect((await readOnce(make({ paths: [path] }), before.saved)).ids).toEqual(idsIn(second));
  });

  it.each([
    '',
    'null',
    '[]',
    '{',
    '{"offset":-1}',
    '{"device":"1","inode":"2","headBytes":9e9,"headHash":"","offset":1}',
  ])('that cannot be read (%s) mean the beginning', async (text) => {
    const path = join(await folder(), 'audit.log');
    const events = contractEvents(3);
    await writeFile(path, lines(events));
    const saved = new Map([[`file/logs/${path}`, text]]);
    expect((await readOnce(make({ paths: [path] }), saved)).ids).toEqual(idsIn(events));
  });
});

describe('JSON over many lines', () => {
  const items = (count: number): unknown[] => contractEvents(count).map((event) => JSON.parse(event) as unknown);
  const list = (count: number): object => ({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: items(count) });

  it.each<[string, string[]]>([
    ['a pretty-printed EventList', [JSON.stringify(list(30), null, 2)]],
    ['a pretty-printed array', [JSON.stringify(items(30), null, 4)]],
    ['one element a line', [`[\n${contractEvents(30).join(',\n')}\n]`]],
    ['a pretty-printed event with brackets in its strings', ['{\n "a": "]}\\"[{\\\\",\n "auditID": "x"\n}']],
  ])('%s is one record', async (_case, [text]) => {
    const path = join(await folder(), 'audit.json');
    for (const whole of [text!, `\ufeff\n${text}\n`]) {
      await writeFile(path, whole);
      const reading = await readOnce(make({ paths: [path], chunk: '4096B' }));
      expect(reading.batches.flatMap(({ records }) => records)).toHaveLength(1);
      expect(textOf(reading.batches)).toBe(whole);
    }
  });

  it('several pretty-printed values are cut between values only', async () => {
    const path = join(await folder(), 'audit.json');
    const values = Array.from({ length: 60 }, () => JSON.stringify(list(2), null, 2));
    await writeFile(path, `${values.join('\n')}\n`);
    const reading = await readOnce(make({ paths: [path], chunk: '4096B' }));
    expect(reading.batches.length).toBeGreaterThan(5);
    expect(reading.ids).toHaveLength(120);
    for (const batch of reading.batches) {
      const array = textOf([batch]).trim().replaceAll('}\n{', '},{');
      expect(() => JSON.parse(`[${array}]`) as unknown).not.toThrow();
    }
    const middle = reading.batches[2]!.positions;
    const rest = await readOnce(make({ paths: [path], chunk: '4096B' }), middle);
    expect(textOf(rest.batches)).toBe(textOf(reading.batches.slice(3)));
  });

  it.each([
    ['a first line that was cut within a string', '{"auditID":"cut","user":"al'],
    ['a first line that was cut between two values', '{"auditID":"cut","user":{"a":1},'],
    ['a first line that begins in the middle', 'ID":"cut"}]}'],
    ['a list on each line', JSON.stringify([{ auditID: 'cut' }])],
  ])('%s leaves the lines after it alone', async (_case, first) => {
    const path = join(await folder(), 'audit.log');
    const events = contractEvents(200);
    await writeFile(path, `${first}\n${lines(events)}`);
    const reading = await readOnce(make({ paths: [path], chunk: '4096B' }));
    expect(reading.batches.length).toBeGreaterThan(5);
    expect(reading.ids.filter((id) => id !== 'cut')).toEqual(idsIn(events));
  });
});

describe('what is too long', () => {
  it('a line is skipped but for its beginning, in bounded memory, and its neighbours come', async () => {
    const path = join(await folder(), 'audit.log');
    const [before, after] = [contractEvents(10), contractEvents(10)];
    const long = `{"x":"${'a'.repeat(9 * 1024 * 1024)}"}`;
    await writeFile(path, `${lines(before)}${long}\n${lines(after)}${long}`);
    const context = testContext();
    const reading = await readOnce(make({ paths: [path], maxLine: '2MiB' }, context));
    expect(reading.ids).toEqual(idsIn([...before, ...after]));
    const sizes = reading.batches.flatMap(({ records }) => records.map(({ bytes }) => bytes.length));
    expect(sizes.filter((length) => length === 64 * 1024)).toHaveLength(2);
    expect(Math.max(...sizes)).toBeLessThan(100_000);
    expect(context.logged.filter(({ message }) => message.includes('too long'))).toHaveLength(2);
    const middle = reading.batches.find(({ records }) => records[0]!.bytes.length === 64 * 1024)!;
    const rest = await readOnce(make({ paths: [path], maxLine: '2MiB' }), middle.positions);
    expect(rest.ids).toEqual(idsIn(after));
  });

  it('so is a value over many lines', async () => {
    const path = join(await folder(), 'audit.json');
    const after = contractEvents(10);
    await writeFile(path, `[\n${'{"a":1},\n'.repeat(400_000)}{"a":1}]\n${lines(after)}`);
    const reading = await readOnce(make({ paths: [path], maxDocument: '1MiB' }));
    expect(reading.ids).toEqual(idsIn(after));
    expect(reading.batches[0]!.records[0]!.bytes.length).toBe(64 * 1024);
  });
});
