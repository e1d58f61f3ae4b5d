import type { Readable } from 'node:stream';
import type { Logger } from '../model/index.ts';
import { AppError, messageOf } from '../model/index.ts';
import type { FilePosition } from './file-position.ts';
import type { Change } from './file-change.ts';
import { changeOf } from './file-change.ts';
import { formatPosition } from './file-position.ts';
import type { FileCounters, FilePlace } from './file-trouble.ts';
import { FileTrouble } from './file-trouble.ts';
import { GzipInput } from './gzip-input.ts';
import type { CutLimits, Piece } from './line-cutter.ts';
import { LineCutter } from './line-cutter.ts';
import type { OpenLog } from './open-log.ts';
import { errnoOf, openLog, openStream } from './open-log.ts';
import { Rotation } from './rotation.ts';

export interface TailOptions {
  /** A path, or `-` for `stdin`. */
  readonly path: string;
  /** The cluster that it is of. */
  readonly cluster: string | undefined;
  /** Wait for more at the end, across rotation and truncation. */
  readonly follow: boolean;
  readonly saved: FilePosition | undefined;
  readonly limits: CutLimits;
  readonly stdin: Readable;
  readonly log: Logger;
  /** What befalls it is added to these. */
  readonly counters: FileCounters;
}

/**
 * A piece, the file that it is from (by the name it was opened under), and the text to save for going on after it. Empty where there
 * is nothing but a position: where a log begins of which nothing was ever read.
 */
export interface TailPiece extends Piece {
  readonly file: string;
  readonly position: string;
}

/** One log: what it holds, and with `follow` what is added to it, whatever its writer renames, truncates or compresses. */
export class FileTail {
  readonly path: string;
  readonly cluster: string | undefined;
  readonly #options: TailOptions;
  readonly #rotation: Rotation;
  readonly #trouble: FileTrouble;
  /** After the last piece that was given. */
  #saved: FilePosition | undefined;
  #log: OpenLog | undefined;
  #cutter: LineCutter | undefined;
  /** The last look found nothing new. */
  #idle = false;
  /** The path names another file; the old one gets one more look, for a writer that had it open still. */
  #replaced = false;
  /** The path is followed no more: what is there is read, and that is all. */
  #retired = false;
  #broken = false;
  /** What comes after this file; open already. */
  #next: OpenLog | undefined;
  /** Nothing was ever read of it, and where it begins is still to be said. */
  #isNew: boolean;
  /** It was said why reading begins anew. */
  #wasTold = false;
  /** Why it cannot be read just now. */
  #failing = '';
  /** Nothing will come any more. */
  done = false;

  constructor(options: TailOptions) {
    this.path = options.path;
    this.cluster = options.cluster;
    this.#options = options;
    this.#saved = options.saved;
    this.#isNew = options.follow && options.path !== '-' && options.saved === undefined;
    this.#trouble = new FileTrouble(options.log, options.counters);
    this.#rotation = new Rotation(options.path, options.log, this.#trouble);
  }

  /** `next` came back to give others a turn, not for want of input. */
  get busy(): boolean {
    return this.#cutter?.busy ?? false;
  }

  /** The next piece, or undefined where there is none now (or, when `done`, any more). */
  async next(): Promise<TailPiece | undefined> {
    if (this.#isNew && this.#cutter === undefined) {
      this.#saved = await this.#rotation.beginning();
      this.#isNew = this.#saved === undefined;
      if (this.#saved !== undefined && !this.#isDone()) return beginningOf(this.path, this.#saved);
    }
    while (!this.done) {
      if (this.#cutter === undefined && !(await this.#open())) {
        this.done ||= this.#retired;
        return undefined;
      }
      if (this.#isDone()) return undefined;
      const change = this.#isFollowed() ? await this.#change() : 'more';
      if (change === 'cut') {
        this.#trouble.truncated(this.#place());
        await this.#shut();
        this.#wasTold = true;
        continue;
      }
      const piece = this.#idle && change === 'none' ? undefined : await this.#read();
      if (this.#cutter === undefined) return undefined;
      this.#idle = piece === undefined && !this.busy;
      if (piece !== undefined) {
        this.#replaced = false;
        return this.#placed(piece);
      }
      if (!this.#idle) return undefined;
      if (this.#isFollowed()) {
        this.#next ??= await this.#following();
        if (this.#next === undefined && !this.#retired) return undefined;
        // Somebody may have been writing it still; now an end in the middle is a fault.
        const { input } = this.#log!;
        if (!this.#broken && input instanceof GzipInput && input.settle()) continue;
      }
      const last = await this.#finish();
      if (last !== undefined) return last;
    }
    return undefined;
  }

  /** Reads what is there, and ends. */
  retire(): void {
    this.#retired = true;
  }

  /** Its path may be followed anew. */
  get isRetired(): boolean {
    return this.#retired && this.done;
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
    const { path, follow, stdin } = this.#options;
    const opened =
      path === '-'
        ? openStream(stdin)
        : await (follow ? this.#rotation.resume(this.#saved) : openLog(path, this.#saved));
    if (opened !== undefined) this.#begin(opened);
    return opened !== undefined;
  }

  #begin(opened: OpenLog): void {
    this.#log = opened;
    this.#cutter = new LineCutter(opened.input, this.#options.limits, opened.offset);
    const { file, restarted: reason, offset } = opened;
    this.#trouble.begin();
    if (reason !== undefined) this.#trouble.restarted(this.#place(), reason, this.#wasTold);
    this.#wasTold = false;
    if (file !== undefined) this.#saved = { ...file.identity, offset, modified: file.modified };
  }

  /** `interrupt` may have come during any wait. */
  #isDone(): boolean {
    return this.done;
  }

  /** Streams end for good; files of which more may come do not. */
  #isFollowed(): boolean {
    return this.#options.follow && this.#log!.file !== undefined;
  }

  /** The file after this one, where there is one and this one can be left. */
  async #following(): Promise<OpenLog | undefined> {
    if (this.#log!.file!.current) {
      if (!(await this.#rotation.hasLeft(this.#saved!))) return undefined;
      if (!this.#replaced) {
        this.#replaced = true;
        return undefined;
      }
    }
    return this.#rotation.follow(this.#saved!);
  }

  /** A file is at its end for good: gives what is left of it and turns to the next one. */
  async #finish(): Promise<TailPiece | undefined> {
    const rest = this.#cutter!.rest();
    const last = rest && this.#placed(rest);
    const next = this.#next;
    this.#next = undefined;
    await this.#shut();
    if (next === undefined) this.done = true;
    else this.#begin(next);
    return last;
  }

  async #read(): Promise<Piece | undefined> {
    if (this.#broken) return undefined;
    const { path } = this.#options;
    try {
      const piece = await this.#cutter!.next();
      this.#report(this.#cutter!.isInHole);
      this.#failing = '';
      return piece;
    } catch (error) {
      const reason = messageOf(error);
      if (errnoOf(error)?.startsWith('Z_')) {
        // What was inflated before the fault counts; the rest of this file is lost, its neighbours are not.
        this.#trouble.damaged(this.#place(), reason, await this.#sizeLeft());
        this.#broken = true;
        return undefined;
      }
      if (!this.#isFollowed()) throw new AppError('source', `${path}: ${reason}`, { retryable: true, cause: error });
      if (this.#failing !== reason) {
        this.#options.log.warn({ ...this.#place(), reason }, 'cannot be read now; trying again until it can');
      }
      this.#failing = reason;
      await this.#shut();
      return undefined;
    }
  }

  /** Bytes of the file that a damaged gzip stream leaves unread. */
  async #sizeLeft(): Promise<number | undefined> {
    const { file, input } = this.#log!;
    if (file === undefined || !(input instanceof GzipInput)) return undefined;
    return Math.max(0, Number((await file.handle.stat()).size) - input.taken);
  }

  /** A hole may be gigabytes: it is told when it is over. */
  #report(inHole: boolean): void {
    if (!inHole) this.#trouble.passedOver(this.#place(), this.#cutter!);
  }

  /** What became of a followed file since the last look. */
  async #change(): Promise<Change['kind']> {
    const { kind, file } = await changeOf(this.#log!, this.#cutter!.readTo);
    if (file !== undefined && file !== this.#log!.file) {
      this.#log = { ...this.#log!, file };
      this.#saved = { ...this.#saved!, ...file.identity, modified: file.modified };
    }
    return kind;
  }

  #placed(piece: Piece): TailPiece {
    const { file } = this.#log!;
    if (file === undefined)
      return {
        ...piece,
        file: this.path,
        position: JSON.stringify({ offset: piece.end }),
      };
    this.#saved = {
      ...file.identity,
      offset: piece.end,
      modified: file.modified,
    };
    return { ...piece, file: file.path, position: formatPosition(this.#saved) };
  }

  #place(): FilePlace {
    return {
      path: this.#log?.file?.path ?? this.path,
      offset: this.#cutter?.readTo ?? 0,
    };
  }

  async #shut(): Promise<void> {
    if (this.#cutter !== undefined) this.#report(false);
    const open = [this.#log, this.#next];
    this.#log = undefined;
    this.#next = undefined;
    this.#cutter = undefined;
    this.#idle = false;
    this.#replaced = false;
    this.#broken = false;
    for (const log of open) {
      log?.input.close();
      await log?.file?.handle.close();
    }
  }
}

/** A piece that holds a position only. */
const beginningOf = (path: string, saved: FilePosition): TailPiece => ({
  bytes: Buffer.alloc(0),
  start: 0,
  end: 0,
  file: path,
  position: formatPosition(saved),
});
