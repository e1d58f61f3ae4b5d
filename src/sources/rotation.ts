import type { FileHandle } from 'node:fs/promises';
import { access, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '../model/index.ts';
import { messageOf } from '../model/index.ts';
import type { FilePosition } from './file-position.ts';
import { isSameHead, isUnread, readHead, unreadSince } from './file-position.ts';
import type { FileTrouble } from './file-trouble.ts';
import type { Generation, Located } from './generations.ts';
import { findRenamed, generationsOf, goneOf, isYounger, locate, rotatedAt } from './generations.ts';
import type { OpenLog } from './open-log.ts';
import { errnoOf, fileOf, openAt, openStream, streamOf, unreadable } from './open-log.ts';

const FORBIDDEN = new Set(['EACCES', 'EPERM']);

/** One log across rotation: which of its files is read next, each once and in order, however often it was rotated meanwhile. */
export class Rotation {
  readonly path: string;
  readonly #log: Logger;
  readonly #trouble: FileTrouble;
  /** Files that were waiting at the last look, the oldest first. */
  #waiting: readonly Generation[] = [];
  readonly #refused = new Set<bigint>();
  /** What was told of a path that cannot be opened; once is enough. */
  #told: string | undefined;

  constructor(path: string, log: Logger, trouble: FileTrouble) {
    this.path = path;
    this.#log = log;
    this.#trouble = trouble;
  }

  /**
   * Where a log that was never read begins: with itself. What was rotated away before now is not read, what is from now on is, though
   * the log may be empty as yet. Undefined where nobody can tell, and for what is no file.
   */
  async beginning(): Promise<FilePosition | undefined> {
    const now = await stat(this.path).catch(() => undefined);
    if (now !== undefined && !now.isFile()) return undefined;
    const isThere = await access(dirname(this.path)).then(
      () => true,
      () => false,
    );
    if (!isThere) return undefined;
    const rotated = (await generationsOf(this.path)).filter(isRotated);
    return unreadSince(Math.max(0, ...rotated.map(rotatedAt)));
  }

  /** Opens the log where it was left, or else with what came after that. Undefined while there is nothing to read. */
  async resume(saved: FilePosition | undefined): Promise<OpenLog | undefined> {
    const now = await stat(this.path, { bigint: true }).catch((error: unknown) => void this.#wait(error));
    if (now?.isDirectory()) throw unreadable(this.path, new Error('is a directory'));
    if (now !== undefined && !now.isFile()) return openStream(streamOf(this.path, now));
    if (saved === undefined) return now && this.#open({ path: this.path, stats: now, name: undefined }, 0);
    const located = await locate(this.path, saved);
    if (located === undefined) return undefined;
    const found = located.all[located.at] ?? (await findRenamed(this.path, saved));
    if (found === undefined) return this.follow(saved, isUnread(saved) ? undefined : 'the file read last is gone');
    this.#waiting = after(located, saved).filter(isRotated);
    const opened = await this.#open(found, saved.offset, saved);
    const file = opened?.file;
    const isShrunk = file?.current === true && !file.gzip && saved.offset > Number(found.stats.size);
    return isShrunk ? { ...(await openAt(file, 0)), restarted: 'the file has shrunk' } : opened;
  }

  /** Whether the log's path names another file than this one, or none. */
  async hasLeft(last: FilePosition): Promise<boolean> {
    const now = await stat(this.path, { bigint: true }).catch(() => undefined);
    return now === undefined || String(now.dev) !== last.device || String(now.ino) !== last.inode;
  }

  /** Opens what comes after a file that was read to its end, the oldest first. Undefined while nothing does, or all is being renamed. */
  async follow(last: FilePosition, restarted?: string): Promise<OpenLog | undefined> {
    const rest = await this.#after(last);
    if (rest === undefined) return undefined;
    const [oldest] = rest;
    const rotated = rest.filter(isRotated);
    for (const { path, stats } of goneOf(this.#waiting, rotated)) {
      this.#trouble.lost(path, Number(stats.size), 'a rotated file was removed before it was read');
    }
    this.#waiting = rotated;
    const opened = oldest && (await this.#open(oldest, 0));
    if (opened === undefined) return undefined;
    // What was rotated away between the list and the opening comes before it.
    if (opened.file?.current && (await this.#after(last))?.[0]?.stats.ino !== oldest?.stats.ino) {
      opened.input.close();
      await opened.file.handle.close();
      return undefined;
    }
    this.#waiting = rotated.slice(1);
    return restarted === undefined ? opened : { ...opened, restarted };
  }

  async #after(last: FilePosition): Promise<readonly Generation[] | undefined> {
    const located = await locate(this.path, last);
    return located && after(located, last).filter(({ stats }) => !this.#refused.has(stats.ino));
  }

  /** One old file that may not be read must not hold up the log. */
  #refuse(which: Generation): void {
    this.#refused.add(which.stats.ino);
    this.#waiting = this.#waiting.filter(({ stats }) => stats.ino !== which.stats.ino);
    this.#trouble.lost(which.path, Number(which.stats.size), 'a rotated file may not be read and was passed over');
  }

  /** Undefined where it cannot be opened, or is not the one that was listed (or saved) any more. */
  async #open(which: Generation, offset: number, saved?: FilePosition): Promise<OpenLog | undefined> {
    const { path } = which;
    const current = !isRotated(which);
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, 'r');
      const [stats, head] = [await handle.stat({ bigint: true }), await readHead(handle)];
      const isIt = stats.ino === which.stats.ino && (!current || saved === undefined || isSameHead(saved, head));
      if (head.length >= 2 && isIt) {
        this.#told = undefined;
        const file = fileOf(path, handle, stats, head, current);
        // A compressed file may bear the time of its compression, after which further ones were rotated away.
        const modified = Math.min(file.modified, rotatedAt({ ...which, stats }));
        return await openAt({ ...file, modified }, offset, current);
      }
      await handle.close();
      if (current) this.#wait();
    } catch (error) {
      await handle?.close().catch(() => {});
      if (current || !FORBIDDEN.has(errnoOf(error) ?? '')) this.#wait(error);
      else this.#refuse(which);
    }
    return undefined;
  }

  #wait(error?: unknown): void {
    const reason = error === undefined || errnoOf(error) === 'ENOENT' ? '' : messageOf(error);
    if (this.#told === reason) return;
    this.#told = reason;
    const { path } = this;
    if (reason === '') this.#log.info({ path }, 'waiting for the file to have something in it');
    else this.#log.warn({ path, reason }, 'cannot be read now; trying again until it can');
  }
}

const isRotated = ({ name }: Generation): boolean => name !== undefined;

/** What comes after the saved file, or where that is gone after the time when it was last written to. */
const after = ({ all, at }: Located, saved: FilePosition): readonly Generation[] =>
  at >= 0 ? all.slice(at + 1) : all.filter((each) => isYounger(each, saved.modified));
