import { mkdir, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FilePosition } from '../../src/sources/file-position.ts';
import { identityOf, unreadSince } from '../../src/sources/file-position.ts';
import { generationsOf, goneOf, locate } from '../../src/sources/generations.ts';

let root: string;
let serial = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lapwing-generations-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Files of one log: names, what they hold (their name, where nothing is given) and when they were written to, in seconds. */
async function logOf(files: readonly (readonly [string, number, (string | Buffer)?])[]): Promise<string> {
  const dir = join(root, String(serial++));
  await mkdir(dir);
  for (const [name, time, holds = `{"name":"${name}"}\n`] of files) {
    await writeFile(join(dir, name), holds);
    await utimes(join(dir, name), time, time);
  }
  return join(dir, 'audit.log');
}

const namesOf = (all: readonly { path: string }[]): string[] => all.map(({ path }) => basename(path));

async function savedAt(path: string, head: string): Promise<FilePosition> {
  const stats = await stat(path, { bigint: true });
  return { ...identityOf(stats, Buffer.from(head)), offset: head.length, modified: Number(stats.mtimeMs) };
}

describe('the files of a log', () => {
  it.each<[string, [string, number][], string[]]>([
    [
      'numbers, .1 the youngest',
      [
        ['audit.log.1', 30],
        ['audit.log.2', 20],
        ['audit.log.10', 10],
      ],
      ['.10', '.2', '.1'],
    ],
    [
      'numbers that count upwards',
      [
        ['audit.log.1', 10],
        ['audit.log.2', 20],
        ['audit.log.10', 30],
      ],
      ['.1', '.2', '.10'],
    ],
    [
      'two numbers of one time',
      [
        ['audit.log.1', 10],
        ['audit.log.2', 10],
      ],
      ['.2', '.1'],
    ],
    [
      'a compressed file that bears the time of its compression',
      [
        ['audit.log.1', 30],
        ['audit.log.2.gz', 31],
      ],
      ['.2.gz', '.1'],
    ],
    [
      'several of those',
      [
        ['audit.log.1', 30],
        ['audit.log.2.gz', 31],
        ['audit.log.3.gz', 21],
      ],
      ['.3.gz', '.2.gz', '.1'],
    ],
    [
      'dates, whatever their times',
      [
        ['audit.log-20261121', 10],
        ['audit.log-20261120', 20],
      ],
      ['-20261120', '-20261121'],
    ],
    [
      'names of several kinds, by their times',
      [
        ['audit.log.1', 20],
        ['audit.log-20261120', 10],
      ],
      ['-20261120', '.1'],
    ],
  ])('come the oldest first: %s', async (_case, files, wanted) => {
    const path = await logOf([['audit.log', 40], ...files]);
    const suffixes = namesOf(await generationsOf(path)).map((name) => name.slice('audit.log'.length));
    expect(suffixes).toEqual([...wanted, '']);
  });

  it('leave out what a compression is writing, and what is empty', async () => {
    const path = await logOf([
      ['audit.log', 40],
      ['audit.log.1', 30],
      ['audit.log.1.gz', 31, gzipSync('{"half":1}\n').subarray(0, 12)],
      ['audit.log.2', 20, ''],
    ]);
    expect(namesOf(await generationsOf(path))).toEqual(['audit.log.1', 'audit.log']);
  });
});

describe('the saved file', () => {
  it('is found by inode and beginning, also where its inode is used again for another one', async () => {
    const path = await logOf([
      ['audit.log', 40],
      ['audit.log.1', 30],
      ['audit.log.2', 20],
    ]);
    const saved = await savedAt(`${path}.1`, '{"name":"audit.log.1"}\n');
    expect(await locate(path, saved)).toMatchObject({ at: 1 });
    expect(await locate(path, { ...saved, ...(await savedAt(`${path}.1`, 'another beginning')) })).toMatchObject({
      at: -1,
    });
    const elsewhere = { ...saved, inode: '1' };
    expect(await locate(path, elsewhere)).toMatchObject({ at: 1 });
  });

  it('is found where it was compressed, and is none where nothing was read', async () => {
    const text = '{"name":"compressed"}\n';
    const path = await logOf([
      ['audit.log', 40],
      ['audit.log.2.gz', 20, gzipSync(text)],
      ['audit.log.1', 30],
    ]);
    const saved = { ...(await savedAt(path, text)), inode: '1' };
    expect(await locate(path, saved)).toMatchObject({ at: 0 });
    expect(await locate(path, unreadSince(0))).toMatchObject({ at: -1 });
  });
});

describe('what was removed unread', () => {
  const gone = async (before: string[], after: [string, string | number][]): Promise<string[]> => {
    const at = (name: string, inode: number) => ({
      path: name,
      stats: { dev: 1n, ino: BigInt(inode) },
      name: undefined,
    });
    const waiting = before.map((name, index) => at(name, index));
    const now = after.map(([name, inode]) => at(name, Number(inode)));
    return namesOf(goneOf(waiting as never, now as never));
  };

  it.each<[string, string[], [string, number][], string[]]>([
    [
      'nothing',
      ['a', 'b'],
      [
        ['a', 0],
        ['b', 1],
      ],
      [],
    ],
    [
      'nothing, one came',
      ['a', 'b'],
      [
        ['a', 0],
        ['b', 1],
        ['c', 2],
      ],
      [],
    ],
    [
      'the oldest, one came',
      ['a', 'b'],
      [
        ['b', 1],
        ['c', 2],
      ],
      ['a'],
    ],
    [
      'nothing, the oldest was compressed',
      ['a', 'b'],
      [
        ['a.gz', 9],
        ['b', 1],
      ],
      [],
    ],
    [
      'the oldest, the next one was compressed, one came',
      ['a', 'b', 'c'],
      [
        ['b.gz', 9],
        ['c', 2],
        ['d', 3],
      ],
      ['a'],
    ],
    ['one of two that were compressed', ['a', 'b'], [['b.gz', 9]], ['a']],
    ['all', ['a', 'b'], [], ['a', 'b']],
  ])('is told apart from what has another name: %s', async (_case, before, after, wanted) => {
    expect(await gone(before, after)).toEqual(wanted);
  });
});
