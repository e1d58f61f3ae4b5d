import { join } from 'node:path';
import { AppError } from '../model/index.ts';
import { ensureFile } from './directory.ts';
import { closeHandle, openHandle } from './handle.ts';

const BUSY = 5;
/** A process that was just killed is gone within this. */
const PATIENCE_MS = 500;

/**
 * Makes this process the only writer of the folder, until `release` or the end of the process, however it ends: the lock is one
 * that the operating system holds. Releasing twice does no harm. Throws AppError `store-locked` where another writer has it.
 */
export function lockDirectory(directory: string): { release(): void } {
  const path = join(directory, 'lapwing.lock');
  ensureFile(path);
  const lock = openHandle(path, { timeout: PATIENCE_MS });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    closeHandle(lock);
    if (((thrown as { errcode?: number }).errcode ?? 0) % 256 !== BUSY) throw thrown;
    throw new AppError(
      'store-locked',
      `${directory} is in use by another Lapwing process. Stop that one first, or give this one its own folder in dataDir.`,
      { cause: thrown },
    );
  }
  return { release: () => closeHandle(lock) };
}
