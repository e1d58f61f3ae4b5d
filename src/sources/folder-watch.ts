import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';

interface Watched {
  readonly watcher: FSWatcher;
  /** Names in the folder, and the paths they were added under. */
  readonly paths: Map<string, string>;
}

/**
 * Tells of files that may have changed. A hint only: where the system cannot watch (limits of inotify, network file systems, a folder
 * that is not there), nothing is told, and whoever polls sees every change as well.
 */
export class FolderWatch {
  readonly #changed: (path: string) => void;
  readonly #folders = new Map<string, Watched>();

  constructor(changed: (path: string) => void) {
    this.#changed = changed;
  }

  /** Safe to call again: a folder that could not be watched, or is another one now, is tried again. */
  add(path: string): void {
    const folder = dirname(path);
    let watched = this.#folders.get(folder);
    if (watched === undefined) {
      watched = this.#watch(folder);
      if (watched === undefined) return;
      this.#folders.set(folder, watched);
    }
    watched.paths.set(basename(path), path);
  }

  close(): void {
    for (const folder of this.#folders.keys()) this.#forget(folder);
  }

  #watch(folder: string): Watched | undefined {
    const paths = new Map<string, string>();
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) => {
        const path = name === null ? undefined : paths.get(name);
        if (name === null) for (const each of paths.values()) this.#changed(each);
        else if (path !== undefined) this.#changed(path);
        // The folder itself was renamed or removed: what stands in its place is another one.
        else if (event === 'rename' && name === basename(folder)) this.#forget(folder);
      });
      watcher.on('error', () => this.#forget(folder));
      return { watcher, paths };
    } catch {
      return undefined;
    }
  }

  #forget(folder: string): void {
    this.#folders.get(folder)?.watcher.close();
    this.#folders.delete(folder);
  }
}
