import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError, messageOf } from '../model/index.ts';
import type { ByteInput } from './byte-input.ts';
import { FileInput, GzipInput, isGzip, StreamInput } from './byte-input.ts';
import type { FileIdentity, FilePosition } from './file-position.ts';
import { identityOf, isSameFile, readHead } from './file-position.ts';

const SCRATCH = 256 * 1024;

/** A log that is open for reading. */
export interface OpenLog {
  readonly input: ByteInput;
  /** Where `input` goes on; inflated bytes for gzip. */
  readonly offset: number;
  /** Bytes of the file are bytes of the log: it can grow and shrink. False for gzip and streams. */
  readonly plain: boolean;
  /** Undefined for streams: they cannot be resumed. */
  readonly file?: { readonly handle: FileHandle; readonly identity: FileIdentity };
  /** Why reading did not go on where it was saved. */
  readonly restarted?: 'another file' | 'the file has shrunk';
}

/** The errno code of a failed system call, e.g. "ENOENT". */
export const errnoOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined;

/** A stream, plain or gzip, from its beginning. */
export async function openStream(stream: Readable): Promise<OpenLog> {
  const raw = new StreamInput(stream);
  const gzip = isGzip(await raw.peek(2));
  return { input: gzip ? new GzipInput(raw) : raw, offset: 0, plain: false };
}

/**
 * Opens a log where it was left, or from the beginning where `saved` is of another file. With `follow`: undefined while there is
 * no file or nothing in it; and a file that was renamed since (rotation) is found again in the same folder and opened first.
 */
export async function openLog(
  path: string,
  follow: boolean,
  saved: FilePosition | undefined,
): Promise<OpenLog | undefined> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    if (follow && errnoOf(error) === 'ENOENT') return undefined;
    throw unreadable(path, error);
  });
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat({ bigint: true });
    if (stats.isDirectory()) throw unreadable(path, new Error('is a directory'));
    if (!stats.isFile()) return await openStream(handle.createReadStream());
    const head = await readHead(handle);
    if (follow && head.length < 2) {
      await handle.close();
      return undefined;
    }
    if (saved === undefined) return await openFile(handle, stats, head, 0);
    if (isSameFile(saved, stats, head)) {
      if (isGzip(head) || saved.offset <= Number(stats.size)) return await openFile(handle, stats, head, saved.offset);
      return { ...(await openFile(handle, stats, head, 0)), restarted: 'the file has shrunk' };
    }
    const moved = follow ? await openMoved(path, saved) : undefined;
    if (moved === undefined) return { ...(await openFile(handle, stats, head, 0)), restarted: 'another file' };
    await handle.close();
    return moved;
  } catch (error) {
    await handle.close().catch(() => {});
    throw error instanceof AppError ? error : unreadable(path, error);
  }
}

async function openFile(handle: FileHandle, stats: BigIntStats, head: Buffer, offset: number): Promise<OpenLog> {
  const file = { handle, identity: identityOf(stats, head) };
  if (!isGzip(head)) return { input: new FileInput(handle, offset), offset, plain: true, file };
  const stream = handle.createReadStream({ start: 0, autoClose: false, highWaterMark: SCRATCH });
  const input = new GzipInput(new StreamInput(stream));
  await skip(input, offset);
  return { input, offset, plain: false, file };
}

/** Reads over `count` bytes: inflated bytes cannot be sought. */
async function skip(input: ByteInput, count: number): Promise<void> {
  const scratch = Buffer.allocUnsafe(SCRATCH);
  let left = count;
  while (left > 0) {
    const room = scratch.subarray(0, Math.min(left, SCRATCH));
    const read = await input.read(room, 0);
    if (read === 0) return;
    left -= read;
  }
}

/** The saved file under the name that rotation gave it: audit.log → audit-2026-11-21T10-00-00.log, audit.log.1. */
async function openMoved(path: string, saved: FilePosition): Promise<OpenLog | undefined> {
  const stem = basename(path, extname(path));
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(stem) || name === basename(path)) continue;
    const candidate = join(dirname(path), name);
    const stats = await stat(candidate, { bigint: true }).catch(() => undefined);
    if (stats === undefined || String(stats.ino) !== saved.inode || !stats.isFile()) continue;
    const handle = await open(candidate, 'r').catch(() => undefined);
    if (handle === undefined) continue;
    const [now, head] = [await handle.stat({ bigint: true }), await readHead(handle)];
    if (isSameFile(saved, now, head)) return openFile(handle, now, head, saved.offset);
    await handle.close();
  }
  return undefined;
}

const unreadable = (path: string, cause: unknown): AppError =>
  new AppError('source', `${path}: cannot be read: ${messageOf(cause)}`, { cause });
