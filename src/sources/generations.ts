import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { FilePosition } from './file-position.ts';
import { HEAD, isSameFile, isSameHead, readHead } from './file-position.ts';
import { FileInput } from './byte-input.ts';
import { GzipInput, isGzip } from './gzip-input.ts';
import type { RotatedName } from './rotated-name.ts';
import { rotatedName } from './rotated-name.ts';

/** How often files are listed again while they are being renamed. */
const TURNS = 5;

/** One file of a log: the one that is written to, or one that was rotated away. */
export interface Generation {
  readonly path: string;
  readonly stats: BigIntStats;
  /** Undefined for the file that the log's path names. */
  readonly name: RotatedName | undefined;
}

type Rotated = Generation & { readonly name: RotatedName };

const statOf = (path: string): Promise<BigIntStats | undefined> => stat(path, { bigint: true }).catch(() => undefined);

/** The files of a log that are there, and at which index the saved one is; -1 where it is gone. */
export interface Located {
  readonly all: readonly Generation[];
  readonly at: number;
}

const fileId = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;

/** When a file was rotated away, as its name says, or else last written to; in ms. */
export const rotatedAt = ({ stats, name }: Generation): number => name?.at ?? Number(stats.mtimeMs);

/** Finds the saved file among those of a log. Undefined where they are being renamed just now. */
export async function locate(path: string, saved: FilePosition): Promise<Located | undefined> {
  let all = await generationsOf(path);
  for (let turn = 0; turn < TURNS; turn++) {
    const at = await findSaved(all, saved);
    // A list is no snapshot: one that is the same before and after is.
    const again = await generationsOf(path);
    const isSame = ({ path, stats }: Generation, index: number): boolean =>
      path === again[index]?.path && stats.ino === again[index].stats.ino;
    if (all.length === again.length && all.every(isSame)) return { all, at };
    all = again;
  }
  return undefined;
}

/** The files of a log that have something in them, the oldest first; the one that its path names comes last. */
export async function generationsOf(path: string): Promise<readonly Generation[]> {
  const now = await statOf(path);
  const found = new Map<string, Rotated>();
  for (const place of await placesOf(path)) {
    const names = new Set(await readdir(dirname(place)).catch(() => []));
    for (const each of names) {
      const name = rotatedName(each);
      if (name?.base !== basename(place)) continue;
      // While a file is compressed, both are there; the plain one is whole.
      if (name.gzip && names.has(each.slice(0, -3))) continue;
      const stats = await statOf(join(dirname(place), each));
      if (!stats?.isFile() || stats.size < 2n || (now !== undefined && fileId(stats) === fileId(now))) continue;
      found.set(fileId(stats), { path: join(dirname(place), each), stats, name });
    }
  }
  const rotated = byAge([...found.values()]);
  return now?.isFile() ? [...rotated, { path, stats: now, name: undefined }] : rotated;
}

/** The oldest first: by their names where all are of one kind, else by the time they were last written to. */
function byAge(files: readonly Rotated[]): readonly Rotated[] {
  const order = files[0]?.name.order;
  const byTime = (one: Rotated, two: Rotated): number => Number(one.stats.mtimeMs - two.stats.mtimeMs);
  if (files.some(({ name }) => name.order !== order)) return files.toSorted(byTime);
  const named = files.toSorted((one, two) => (one.name.key < two.name.key ? -1 : 1));
  if (order !== 'number') return named;
  // logrotate's .1 is the youngest; that others count upwards, only times can tell, and of files of one kind only: a compressed one
  // may bear the time of its compression, which is that of the next rotation.
  const steps = [true, false].flatMap((gzip) => {
    const alike = named.filter(({ name }) => name.gzip === gzip);
    return alike.slice(1).map((file, at) => byTime(file, alike[at]!));
  });
  const upwards = steps.some((step) => step > 0) && steps.every((step) => step >= 0);
  return upwards ? named : named.toReversed();
}

/** A log's path, and where it is a link the file behind it: rotated files are beside either. */
async function placesOf(path: string): Promise<readonly string[]> {
  const real = await realpath(path).catch(() => path);
  return real === path ? [path] : [path, real];
}

/** The index of the file that was saved, whatever it is called now, also where it was copied or compressed; -1 where it is gone. */
async function findSaved(all: readonly Generation[], saved: FilePosition): Promise<number> {
  for (const [at, { path, stats }] of all.entries()) {
    if (String(stats.ino) !== saved.inode) continue;
    if (isSameFile(saved, stats, await headOf(path))) return at;
  }
  // What is shorter than any event may well begin several files.
  if (saved.headBytes < 2) return -1;
  for (let at = all.length - 1; at >= 0; at--) {
    const { path, name } = all[at]!;
    if (name !== undefined && isSameHead(saved, await headOf(path, true))) return at;
  }
  return -1;
}

/**
 * Files that were waiting and are no more, though none of them was read. Rotation removes the oldest first. Compressed files have another
 * inode, numbered ones another name: one that is known still tells how many stood before it.
 */
export function goneOf(waiting: readonly Generation[], now: readonly Generation[]): readonly Generation[] {
  const known = waiting.findLastIndex((each) => now.some(({ stats }) => fileId(stats) === fileId(each.stats)));
  const [before, left] =
    known < 0
      ? [waiting.length, now.length]
      : [known, now.findIndex(({ stats }) => fileId(stats) === fileId(waiting[known]!.stats))];
  return waiting.slice(0, Math.max(0, before - left));
}

/** The saved file under a name that says nothing of its age: audit.log.moved. */
export async function findRenamed(path: string, saved: FilePosition): Promise<Generation | undefined> {
  for (const place of await placesOf(path)) {
    const stem = basename(place, extname(place));
    for (const each of await readdir(dirname(place)).catch(() => [])) {
      if (!each.startsWith(stem) || each === basename(place)) continue;
      const candidate = join(dirname(place), each);
      const stats = await statOf(candidate);
      if (stats === undefined || String(stats.ino) !== saved.inode || !stats.isFile()) continue;
      if (isSameFile(saved, stats, await headOf(candidate))) return { path: candidate, stats, name: rotatedName(each) };
    }
  }
  return undefined;
}

/** Whether the file holds what came after a file of which no more is known than when it was written to. */
export const isYounger = (which: Generation, modified: number | undefined): boolean =>
  which.name === undefined || (modified !== undefined && rotatedAt(which) > modified);

/** The first bytes of a file, or with `inflated` what they stand for; nothing where it cannot be read. */
async function headOf(path: string, inflated = false): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const head = await readHead(handle);
    if (!inflated || !isGzip(head)) return head;
    const input = new GzipInput(new FileInput(handle, 0), false, new FileInput(handle, 0));
    const target = Buffer.alloc(HEAD);
    let filled = 0;
    for (let read = 1; read > 0 && filled < HEAD; filled += read) {
      read = await input.read(target, filled).catch(() => 0);
    }
    input.close();
    return target.subarray(0, filled);
  } catch {
    return Buffer.alloc(0);
  } finally {
    await handle?.close();
  }
}
