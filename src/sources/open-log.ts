import type { BigIntStats } from 'node:fs';
import { constants, createReadStream, openSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { AppError, messageOf } from '../model/index.ts';
import type { ByteInput } from './byte-input.ts';
import { FileInput, StreamInput } from './byte-input.ts';
import type { FileIdentity, FilePosition } from './file-position.ts';
import { identityOf, isSameFile, readHead } from './file-position.ts';
import { GzipInput, isGzip } from './gzip-input.ts';

const SCRATCH = 256 * 1024;

/** A log that is open for reading. */
export interface OpenLog {
  readonly input: ByteInput;
  /** Where `input` goes on; inflated bytes for gzip. */
  readonly offset: number;
  /** Undefined for streams: they cannot be resumed. */
  readonly file?: OpenFile;
  /** Why reading did not go on where it was saved. */
  readonly restarted?: string;
}

export interface OpenFile {
  /** What it was called when it was opened. */
  readonly path: string;
  readonly handle: FileHandle;
  readonly identity: FileIdentity;
  readonly gzip: boolean;
  /** The file that the setting names, of which more may come, and not one that was rotated away before. */
  readonly current: boolean;
  /** When it was last written to, in ms, as far as known. */
  readonly modified: number;
}

/** The errno code of a failed system call, e.g. "ENOENT". */
export const errnoOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined;

/** A stream, plain or gzip, from its beginning. */
export const openStream = (stream: Readable): OpenLog => ({
  input: new UntoldInput(new StreamInput(stream)),
  offset: 0,
});

/** A stream of which only its first bytes tell whether it is gzip; it may take long until they come. */
class UntoldInput implements ByteInput {
  readonly #raw: StreamInput;
  #told: ByteInput | undefined;

  constructor(raw: StreamInput) {
    this.#raw = raw;
  }

  async read(target: Buffer, start: number): Promise<number> {
    this.#told ??= isGzip(await this.#raw.peek(2)) ? new GzipInput(this.#raw) : this.#raw;
    return this.#told.read(target, start);
  }

  close(): void {
    (this.#told ?? this.#raw).close();
  }
}

/** What a pipe or device gives. A pipe waits for its first writer without holding a thread, so that it can be left at any time. */
export function streamOf(path: string, stats: { isFIFO(): boolean }): Readable {
  if (!stats.isFIFO()) return createReadStream(path);
  return new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false });
}

/** Opens a log for one pass, where it was left, or from the beginning where `saved` is of another file. */
export async function openLog(path: string, saved: FilePosition | undefined): Promise<OpenLog> {
  let handle: FileHandle | undefined;
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new Error('is a directory');
    if (!found.isFile()) return openStream(streamOf(path, found));
    handle = await open(path, 'r');
    const stats = await handle.stat({ bigint: true });
    const head = await readHead(handle);
    const file = fileOf(path, handle, stats, head, true);
    if (saved === undefined) return await openAt(file, 0);
    if (!isSameFile(saved, stats, head)) return { ...(await openAt(file, 0)), restarted: 'another file' };
    if (file.gzip || saved.offset <= Number(stats.size)) return await openAt(file, saved.offset);
    return { ...(await openAt(file, 0)), restarted: 'the file has shrunk' };
  } catch (error) {
    await handle?.close().catch(() => {});
    throw unreadable(path, error);
  }
}

/** What is known of a file that begins like this. */
export const fileOf = (
  path: string,
  handle: FileHandle,
  stats: BigIntStats,
  head: Buffer,
  current: boolean,
): OpenFile => ({
  path,
  handle,
  identity: identityOf(stats, head),
  gzip: isGzip(head),
  current,
  modified: Number(stats.mtimeMs),
});

/** Reads an open file from an offset on. With `grows`, more of it may be written while it is read. */
export async function openAt(file: OpenFile, offset: number, grows = false): Promise<OpenLog> {
  if (!file.gzip) return { input: new FileInput(file.handle, offset), offset, file };
  const input = new GzipInput(new FileInput(file.handle, 0), grows, new FileInput(file.handle, 0));
  await skip(input, offset);
  return { input, offset, file };
}

/** Reads over `count` bytes: inflated bytes cannot be sought. A fault on the way is for the next reader to see, too. */
async function skip(input: ByteInput, count: number): Promise<void> {
  const scratch = Buffer.allocUnsafe(SCRATCH);
  let left = count;
  while (left > 0) {
    const room = scratch.subarray(0, Math.min(left, SCRATCH));
    const read = await input.read(room, 0).catch(() => 0);
    if (read === 0) return;
    left -= read;
  }
}

/** Says of which path an error is. */
export const unreadable = (path: string, cause: unknown): AppError =>
  new AppError('source', `${path}: cannot be read: ${messageOf(cause)}`, { cause });
