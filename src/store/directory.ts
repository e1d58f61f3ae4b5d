import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes the folder for its owner alone, where it is missing. An existing one keeps the mode that its owner gave it. */
export function ensureDirectory(path: string): void {
  if (mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined) sync(dirname(path));
}

/**
 * Makes the file, empty and for its owner alone, where it is missing. Never opens one that exists: closing any handle of a file
 * gives up every lock that this process has on it.
 */
export function ensureFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    sync(dirname(path));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
    chmodSync(path, 0o600);
  }
}

/** A new name is durable once its folder is synced. */
function sync(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
