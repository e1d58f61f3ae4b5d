import type { FileHandle } from 'node:fs/promises';
import { copyFile, open, readdir, readFile, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** How old logs are named: as kube-apiserver does, or as logrotate does (a number, or with dateext). */
export type Naming = 'stamp' | 'number' | 'date';

/** A log and whatever rotates it, step by step as the real programs go about it. */
export class LogWriter {
  readonly path: string;
  readonly #naming: Naming;
  #handle: FileHandle | undefined;
  /** Bytes of a line that was begun. */
  #rest = '';
  #clock = Date.now();

  constructor(path: string, naming: Naming) {
    this.path = path;
    this.#naming = naming;
  }

  /** Writes lines, the last one only up to `cut` bytes from its end until the next step. */
  async write(lines: readonly string[], cut = 0): Promise<void> {
    await this.flush();
    const text = lines.map((line) => `${line}\n`).join('');
    const at = Math.max(0, text.length - cut);
    this.#rest = text.slice(at);
    await (await this.#open()).write(text.slice(0, at));
  }

  async flush(): Promise<void> {
    if (this.#rest !== '') await (await this.#open()).write(this.#rest);
    this.#rest = '';
  }

  /** Renames the log; the next write makes a new one, or with `create` rotation does. */
  async rename(create = true): Promise<void> {
    await this.flush();
    await this.close();
    if (!(await readdir(dirname(this.path))).includes(basename(this.path))) return;
    await rename(this.path, await this.#free());
    if (create) await this.#open();
  }

  /** Copies the log and truncates it under the writer, which has it open for appending. */
  async copyTruncate(): Promise<void> {
    await this.flush();
    await this.#open();
    await copyFile(this.path, await this.#free());
    await truncate(this.path);
  }

  /** Compresses the oldest rotated file that is plain: the compressed one is written beside it, then it is removed. */
  async compress(which = 0): Promise<void> {
    const plain = (await this.rotated()).filter((path) => !path.endsWith('.gz'));
    const path = plain[which % plain.length];
    if (path === undefined) return;
    const whole = gzipSync(await readFile(path));
    await writeFile(`${path}.gz`, whole.subarray(0, whole.length / 2));
    await writeFile(`${path}.gz`, whole);
    // logrotate and gzip keep the time of the last write, kube-apiserver does not.
    const { mtimeMs } = await stat(path);
    const seconds = (Math.floor(mtimeMs) + 0.5) / 1_000;
    if (this.#naming !== 'stamp') await utimes(`${path}.gz`, seconds, seconds);
    await rm(path);
  }

  async rotated(): Promise<string[]> {
    const all = await readdir(dirname(this.path));
    return all.filter((name) => name !== basename(this.path)).map((name) => join(dirname(this.path), name));
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #open(): Promise<FileHandle> {
    return (this.#handle ??= await open(this.path, 'a'));
  }

  /** The name for the next rotated file; numbers move up to make room, the highest first. */
  async #free(): Promise<string> {
    this.#clock = Math.max(Date.now(), this.#clock + 1);
    const time = new Date(this.#clock).toISOString();
    if (this.#naming === 'stamp') return this.path.replace('.log', `-${time.slice(0, -1).replaceAll(':', '-')}.log`);
    if (this.#naming === 'date') return `${this.path}-${time.slice(0, 10).replaceAll('-', '')}-${this.#clock}`;
    const numbered = (await this.rotated()).map((path) => ({
      path,
      number: Number(/\.(\d+)/.exec(basename(path))![1]),
    }));
    for (const { path, number } of numbered.sort((one, two) => two.number - one.number)) {
      await rename(path, path.replace(`log.${number}`, `log.${number + 1}`));
    }
    return `${this.path}.1`;
  }
}
