import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** So many bytes at the beginning tell one log from the next, even where an inode is used again. */
export const HEAD = 1024;

/** Which file it is, whatever its name: device, inode and the hash of its first bytes (at most HEAD). */
export interface FileIdentity {
  readonly device: string;
  readonly inode: string;
  readonly headBytes: number;
  readonly headHash: string;
}

/** Where to go on: the offset of the next unread line in this file (of inflated bytes, where it is gzip). */
export interface FilePosition extends FileIdentity {
  readonly offset: number;
  /** When the file was last known to have been written to, in ms: files that were rotated away later hold what came after. */
  readonly modified?: number;
}

/** Nothing was read as yet. To be read is all that was written to, or rotated away, after this time (in ms). */
export const unreadSince = (modified: number): FilePosition => ({
  device: '',
  inode: '',
  headBytes: 0,
  headHash: hash(Buffer.alloc(0)),
  offset: 0,
  modified,
});

/** True where the position is of no file yet. */
export const isUnread = ({ inode }: FileIdentity): boolean => inode === '';

const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex').slice(0, 32);

/** The identity of a file with this beginning. */
export function identityOf(stats: BigIntStats, head: Buffer): FileIdentity {
  return { device: String(stats.dev), inode: String(stats.ino), headBytes: head.length, headHash: hash(head) };
}

/** True where what begins like this began so when it was saved: a copy of it, or the file itself. It may have grown since. */
export const isSameHead = (saved: FileIdentity, head: Buffer): boolean =>
  head.length >= saved.headBytes && hash(head.subarray(0, saved.headBytes)) === saved.headHash;

/**
 * True where the file (its stats, its beginning) is the one that was saved; it may have grown since. The device is not asked: its
 * number may be another one after the machine has started again.
 */
export const isSameFile = (saved: FileIdentity, stats: BigIntStats, head: Buffer): boolean =>
  saved.inode === String(stats.ino) && isSameHead(saved, head);

/** The first bytes of an open file, at most HEAD. */
export async function readHead(handle: FileHandle): Promise<Buffer> {
  const head = Buffer.alloc(HEAD);
  let filled = 0;
  while (filled < HEAD) {
    const { bytesRead } = await handle.read(head, filled, HEAD - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return head.subarray(0, filled);
}

/** The text that is saved for a position. */
export const formatPosition = ({ device, inode, headBytes, headHash, offset, modified }: FilePosition): string =>
  JSON.stringify({ device, inode, headBytes, headHash, offset, modified });

/** The position from its text; undefined where the text is none. */
export function parsePosition(text: string): FilePosition | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { device, inode, headBytes, headHash, offset, modified } = value as Record<string, unknown>;
  if (typeof device !== 'string' || typeof inode !== 'string' || typeof headHash !== 'string') return undefined;
  if (!isCount(headBytes) || !isCount(offset) || headBytes > HEAD) return undefined;
  return { device, inode, headBytes, headHash, offset, ...(isCount(modified) && { modified }) };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
