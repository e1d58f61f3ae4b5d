import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { Batch, Context, Positions, Source } from '../model/index.ts';
import { AppError, defineSpec, duration, MILLISECOND, size } from '../model/index.ts';
import { parsePosition } from './file-position.ts';
import type { TailPiece } from './file-tail.ts';
import { FileTail } from './file-tail.ts';
import type { CutLimits } from './line-cutter.ts';
import { ReadAhead } from './read-ahead.ts';
import { Wake } from './wake.ts';

const MIB = 1024 * 1024;
const UNCOMMITTED_BATCHES = 8;
const UNCOMMITTED_BYTES = 64 * MIB;

const settings = z.object({
  paths: z
    .array(z.string().min(1))
    .min(1)
    .describe('Files to read, in this order; plain or gzip (told by their first bytes). "-" is standard input.'),
  follow: z
    .boolean()
    .default(false)
    .describe('Wait at the end for more, across rotation by rename or truncation; otherwise read once and end.'),
  cluster: z.string().min(1).optional().describe('The name of the cluster that the files come from.'),
  pollInterval: duration('250ms').describe('How often a followed file is looked at where the system does not tell.'),
  chunk: size('1MiB').describe('Bytes read at once.'),
  maxLine: size('64MiB').describe('A longer line is skipped, and counted as undecodable.'),
  maxDocument: size('256MiB').describe('The same for one JSON value spread over many lines.'),
});

/** The settings of a file source, parsed. */
export type FileSettings = z.output<typeof settings>;

/** Reads logs from files: once, one after the other, or for as long as they grow. A restart goes on exactly where it was left. */
export class FileSource implements Source {
  readonly name: string;
  readonly #settings: FileSettings;
  readonly #context: Context;
  readonly #stdin: Readable;
  readonly #limits: CutLimits;
  readonly #ahead = new ReadAhead(UNCOMMITTED_BATCHES, UNCOMMITTED_BYTES);
  readonly #changed = new Wake();
  #tails: FileTail[] = [];
  #watchers: FSWatcher[] = [];
  /** The look that is under way; handles may only be closed after it. */
  #look: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(name: string, given: FileSettings, context: Context, stdin: Readable = process.stdin) {
    if (given.follow && given.paths.includes('-') && given.paths.length > 1) {
      throw new AppError('config', `${name}: "-" cannot be followed beside other paths`);
    }
    this.name = name;
    this.#settings = given;
    this.#context = context;
    this.#stdin = stdin;
    this.#limits = { chunk: Math.max(given.chunk, 4096), line: given.maxLine, value: given.maxDocument };
  }

  async *read(from: Positions, signal: AbortSignal): AsyncGenerator<Batch> {
    if (signal.aborted || this.#stopped) return;
    const stop = (): void => this.#stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const tails = this.#settings.paths.map((path) => this.#tail(path, from));
      this.#tails = tails;
      if (this.#settings.follow) yield* this.#readAll(tails);
      else for (const tail of tails) yield* this.#readOnce(tail);
    } finally {
      signal.removeEventListener('abort', stop);
      await this.close();
    }
  }

  async commit(upTo: Positions): Promise<void> {
    this.#ahead.commit(upTo);
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#look.catch(() => {});
    for (const tail of this.#tails) await tail.close();
  }

  #stop(): void {
    this.#stopped = true;
    this.#ahead.close();
    this.#changed.wake();
    for (const tail of this.#tails) tail.interrupt();
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  #tail(path: string, from: Positions): FileTail {
    const text = from.get(this.#key(path));
    const saved = text === undefined ? undefined : parsePosition(text);
    const { follow } = this.#settings;
    return new FileTail({ path, follow, saved, limits: this.#limits, stdin: this.#stdin, log: this.#context.log });
  }

  async *#readOnce(tail: FileTail): AsyncGenerator<Batch> {
    let next = this.#lookAt(tail);
    for (;;) {
      const piece = await next;
      if (piece === undefined) break;
      // The next piece is read while this one is worked on.
      next = this.#lookAt(tail);
      if (!(await this.#ahead.room())) return;
      yield this.#batch(tail, piece);
    }
  }

  async *#readAll(tails: readonly FileTail[]): AsyncGenerator<Batch> {
    this.#watchers = tails.flatMap(({ path }) => this.#watch(path));
    while (!this.#stopped && tails.some((tail) => !tail.done)) {
      let quiet = true;
      for (const tail of tails) {
        const piece = await this.#lookAt(tail);
        if (piece === undefined) continue;
        quiet = false;
        if (!(await this.#ahead.room())) return;
        yield this.#batch(tail, piece);
      }
      if (quiet && !this.#stopped) await this.#changed.wait(this.#settings.pollInterval / MILLISECOND);
    }
  }

  #lookAt(tail: FileTail): Promise<TailPiece | undefined> {
    const look = tail.next();
    // A failure is the reader's to see, at its await; a reader that stopped before does not come for it.
    look.catch(() => {});
    this.#look = look;
    return look;
  }

  /** A hint only: where the system cannot watch, polling sees every change as well. */
  #watch(path: string): FSWatcher[] {
    if (path === '-') return [];
    try {
      const watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
        if (name === null || name === basename(path)) this.#changed.wake();
      });
      watcher.on('error', () => watcher.close());
      return [watcher];
    } catch {
      return [];
    }
  }

  #batch(tail: FileTail, piece: TailPiece): Batch {
    const { cluster } = this.#settings;
    const key = this.#key(tail.path);
    this.#ahead.add(key, piece.position, piece.bytes.length);
    const position = `${tail.path === '-' ? 'stdin' : tail.path}@${piece.start}`;
    const origin = { source: this.name, position, ...(cluster !== undefined && { cluster }) };
    return { records: [{ bytes: piece.bytes, origin }], positions: new Map([[key, piece.position]]) };
  }

  #key(path: string): string {
    return `file/${this.name}/${path}`;
  }
}

/** Logs in files: the API server's log backend, or captures to replay. */
export const fileSource = defineSpec<typeof settings, Source>({
  type: 'file',
  description: 'Reads audit logs from files or standard input, plain or gzip, once or as they grow.',
  settings,
  create: (name, given, context) => new FileSource(name, given, context),
});
