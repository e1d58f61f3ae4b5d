import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Logger } from '../model/index.ts';
import { AppError, messageOf } from '../model/index.ts';
import type { FilePosition } from './file-position.ts';
import { formatPosition, HEAD, identityOf, isSameFile, readHead } from './file-position.ts';
import type { CutLimits, Piece } from './line-cutter.ts';
import { LineCutter } from './line-cutter.ts';
import type { OpenLog } from './open-log.ts';
import { errnoOf, openLog, openStream } from './open-log.ts';

export interface TailOptions {
  /** A path, or `-` for `stdin`. */
  readonly path: string;
  /** Wait for more at the end, across rotation and truncation. */
  readonly follow: boolean;
  readonly saved: FilePosition | undefined;
  readonly limits: CutLimits;
  readonly stdin: Readable;
  readonly log: Logger;
}

/** A piece and the text to save for going on after it. */
export interface TailPiece extends Piece {
  readonly position: string;
}

/** One log: what it holds, and with `follow` what is added to it, whatever its writer renames or truncates. */
export class FileTail {
  readonly path: string;
  readonly #options: TailOptions;
  #saved: FilePosition | undefined;
  #log: OpenLog | undefined;
  #cutter: LineCutter | undefined;
  /** The last look found nothing new. */
  #idle = false;
  /** The path names another file; the old one gets one more look, for a writer that had it open still. */
  #replaced = false;
  #missing = false;
  #broken = false;
  #overlong = 0;
  /** Nothing will come any more. */
  done = false;

  constructor(options: TailOptions) {
    this.path = options.path;
    this.#options = options;
    this.#saved = options.saved;
  }

  /** The next piece, or undefined where there is none now (or, when `done`, any more). */
  async next(): Promise<TailPiece | undefined> {
    while (!this.done) {
      if (this.#cutter === undefined && !(await this.#open())) return undefined;
      if (this.#idle && (await this.#wasCut())) {
        await this.#restart('a followed file was truncated; reading it from its beginning');
        continue;
      }
      const piece = await this.#read();
      this.#idle = piece === undefined;
      if (piece !== undefined) {
        this.#replaced = false;
        return this.#placed(piece);
      }
      if (this.#isFollowed()) {
        if (!(await this.#wasReplaced())) return undefined;
        if (!this.#replaced) {
          this.#replaced = true;
          return undefined;
        }
      } else this.done = true;
      const rest = this.#cutter!.rest();
      const last = rest && this.#placed(rest);
      await this.#shut();
      if (last !== undefined) return last;
    }
    return undefined;
  }

  /** Makes a `next` that waits for a stream return. */
  interrupt(): void {
    this.done = true;
    if (this.#log?.file === undefined) this.#log?.input.close();
    if (this.path === '-') this.#options.stdin.destroy();
  }

  /** Only when no `next` is under way. Safe to call twice. */
  async close(): Promise<void> {
    this.done = true;
    await this.#shut();
  }

  async #open(): Promise<boolean> {
    const { path, follow, stdin, log } = this.#options;
    const opened = path === '-' ? await openStream(stdin) : await openLog(path, follow, this.#saved);
    if (opened === undefined) {
      if (!this.#missing) log.info({ path }, 'waiting for the file to have something in it');
      this.#missing = true;
      return false;
    }
    if (opened.restarted !== undefined) {
      log.warn({ path, reason: opened.restarted }, 'cannot go on where it was left; reading from the beginning');
    }
    this.#missing = false;
    this.#saved = undefined;
    this.#log = opened;
    this.#cutter = new LineCutter(opened.input, this.#options.limits, opened.offset);
    return true;
  }

  /** Streams end for good; files of which more may come do not. */
  #isFollowed(): boolean {
    return this.#options.follow && this.#log!.file !== undefined;
  }

  async #read(): Promise<Piece | undefined> {
    if (this.#broken) return undefined;
    const { path, log } = this.#options;
    try {
      const piece = await this.#cutter!.next();
      if (this.#cutter!.overlong > this.#overlong) {
        this.#overlong = this.#cutter!.overlong;
        log.warn({ path, offset: this.#cutter!.readTo, overlong: this.#overlong }, 'a line is too long and was cut');
      }
      return piece;
    } catch (error) {
      if (!errnoOf(error)?.startsWith('Z_')) {
        throw new AppError('source', `${path}: ${messageOf(error)}`, { retryable: true, cause: error });
      }
      // What was inflated before the fault counts; the rest of this file is lost, its neighbours are not.
      log.warn(
        { path, offset: this.#cutter!.readTo, reason: messageOf(error) },
        'the gzip data is damaged from here on',
      );
      this.#broken = true;
      return undefined;
    }
  }

  /** Truncated since the last look (copytruncate), even where it has grown past the old size again. */
  async #wasCut(): Promise<boolean> {
    const { file, plain } = this.#log!;
    if (file === undefined || !plain) return false;
    const stats = await file.handle.stat({ bigint: true });
    if (Number(stats.size) < this.#cutter!.readTo) return true;
    if (Number(stats.size) === this.#cutter!.readTo) return false;
    const head = await readHead(file.handle);
    if (!isSameFile(file.identity, stats, head)) return true;
    if (file.identity.headBytes < HEAD) {
      this.#log = { ...this.#log!, file: { handle: file.handle, identity: identityOf(stats, head) } };
    }
    return false;
  }

  /** The path names another file than the one that is open. While it names none, it does not. */
  async #wasReplaced(): Promise<boolean> {
    const stats = await stat(this.path, { bigint: true }).catch(() => undefined);
    const { device, inode } = this.#log!.file!.identity;
    return stats !== undefined && (String(stats.dev) !== device || String(stats.ino) !== inode);
  }

  async #restart(message: string): Promise<void> {
    this.#options.log.warn({ path: this.path, offset: this.#cutter!.readTo }, message);
    await this.#shut();
  }

  #placed(piece: Piece): TailPiece {
    const identity = this.#log!.file?.identity;
    const position =
      identity === undefined
        ? JSON.stringify({ offset: piece.end })
        : formatPosition({ ...identity, offset: piece.end });
    return { ...piece, position };
  }

  async #shut(): Promise<void> {
    const log = this.#log;
    this.#log = undefined;
    this.#cutter = undefined;
    this.#idle = false;
    this.#replaced = false;
    this.#broken = false;
    this.#overlong = 0;
    log?.input.close();
    await log?.file?.handle.close();
  }
}
