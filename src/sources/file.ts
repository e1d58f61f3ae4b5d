import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { Batch, Context, Positions, Source } from '../model/index.ts';
import { AppError, defineSpec, duration, MILLISECOND, shapeSetting, size } from '../model/index.ts';
import { parsePosition } from './file-position.ts';
import { FileSet } from './file-set.ts';
import type { TailPiece } from './file-tail.ts';
import { FileTail } from './file-tail.ts';
import { fileCounters } from './file-trouble.ts';
import { FolderWatch } from './folder-watch.ts';
import type { CutLimits } from './line-cutter.ts';
import type { Match } from './path-pattern.ts';
import { ReadAhead } from './read-ahead.ts';
import { Wake } from './wake.ts';

const MIB = 1024 * 1024;
const UNCOMMITTED_BATCHES = 8;
const UNCOMMITTED_BYTES = 64 * MIB;
/** Patterns are looked through once in so many polls. */
const SCAN_EVERY = 4;

const settings = z.object({
  paths: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      'Files to read, in this order; plain or gzip (told by their first bytes). "-" is standard input. "*" stands for any part of a name, "{cluster}" for the part that names the cluster. A followed log takes its rotated files with it.',
    ),
  follow: z
    .boolean()
    .default(false)
    .describe(
      'Wait at the end for more, across rotation by rename or truncation, and for more files of a pattern; otherwise read once and end. What was rotated away before the first start is not read.',
    ),
  cluster: z
    .string()
    .min(1)
    .optional()
    .describe('The name of the cluster that the files come from, where no path names it.'),
  shape: shapeSetting(),
  pollInterval: duration('250ms').describe('How often a followed file is looked at where the system does not tell.'),
  chunk: size('1MiB').describe('Bytes read at once.'),
  maxLine: size('64MiB').describe('A longer line is skipped, and counted as undecodable. No less than chunk.'),
  maxDocument: size('256MiB').describe('The same for one JSON value spread over many lines.'),
});

/** The settings of a file source, parsed. */
export type FileSettings = z.output<typeof settings>;

/** Reads logs from files: once, one after the other, or for as long as they grow. A restart goes on exactly where it was left. */
export class FileSource implements Source {
  readonly name: string;
  readonly counters = fileCounters();
  readonly #settings: FileSettings;
  readonly #context: Context;
  readonly #stdin: Readable;
  readonly #limits: CutLimits;
  readonly #ahead = new ReadAhead(UNCOMMITTED_BATCHES, UNCOMMITTED_BYTES);
  readonly #changed = new Wake();
  readonly #files: FileSet;
  /** Paths that may have changed since they were looked at. */
  readonly #touched = new Set<string>();
  readonly #watch = new FolderWatch((path) => {
    this.#touched.add(path);
    this.#changed.wake();
  });
  readonly #tails = new Map<string, FileTail>();
  /** Where each file is to be gone on with, should it go and come back. */
  readonly #positions = new Map<string, string>();
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
    this.#files = new FileSet(given.paths, context.log);
    this.#stdin = stdin;
    const chunk = Math.max(given.chunk, 4096);
    this.#limits = { chunk, line: Math.max(given.maxLine, chunk), value: given.maxDocument };
  }

  async *read(from: Positions, signal: AbortSignal): AsyncGenerator<Batch> {
    if (signal.aborted || this.#stopped) return;
    const stop = (): void => this.#stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for (const [key, position] of from) this.#positions.set(key, position);
      if (this.#settings.follow) yield* this.#readAll();
      else yield* this.#readEach();
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
    for (const tail of this.#tails.values()) await tail.close();
  }

  #stop(): void {
    this.#stopped = true;
    this.#ahead.close();
    this.#changed.wake();
    for (const tail of this.#tails.values()) tail.interrupt();
    this.#watch.close();
  }

  #tail({ path, cluster = this.#settings.cluster }: Match): FileTail {
    const text = this.#positions.get(this.#key(path));
    const saved = text === undefined ? undefined : parsePosition(text);
    const { follow } = this.#settings;
    const { log } = this.#context;
    const reading = { limits: this.#limits, stdin: this.#stdin, log, counters: this.counters };
    const tail = new FileTail({ path, cluster, follow, saved, ...reading });
    this.#tails.set(path, tail);
    return tail;
  }

  async *#readEach(): AsyncGenerator<Batch> {
    for (const each of await this.#files.once()) {
      if ('missing' in each) throw new AppError('source', `${each.missing}: no file has such a name`);
      const tail = this.#tail(each);
      yield* this.#readOnce(tail);
      if (this.#stopped) return;
      await tail.close();
      this.#tails.delete(tail.path);
    }
  }

  async *#readOnce(tail: FileTail): AsyncGenerator<Batch> {
    let next = this.#lookAt(tail);
    for (;;) {
      const piece = await next;
      if (piece === undefined) {
        if (!tail.busy) break;
        next = this.#lookAt(tail);
        continue;
      }
      // The next piece is read while this one is worked on.
      next = this.#lookAt(tail);
      if (!(await this.#ahead.room())) return;
      yield this.#batch(tail, piece);
    }
  }

  async *#readAll(): AsyncGenerator<Batch> {
    const poll = this.#settings.pollInterval / MILLISECOND;
    let [polled, scanned] = [-Infinity, -Infinity];
    while (!this.#stopped) {
      const now = performance.now();
      if (now - scanned >= poll * SCAN_EVERY) {
        await this.#scan();
        scanned = now;
      }
      if (![...this.#tails.values()].some((tail) => !tail.done) && !this.#files.isOpen) return;
      // What was told of is looked at at once, all the rest now and then.
      const isRound = now - polled >= poll;
      if (isRound) polled = now;
      const touched = new Set(this.#touched);
      this.#touched.clear();
      for (const tail of this.#tails.values()) {
        if (!isRound && !touched.has(tail.path)) continue;
        const piece = await this.#lookAt(tail);
        if (piece !== undefined || tail.busy) this.#touched.add(tail.path);
        if (piece === undefined) continue;
        if (!(await this.#ahead.room())) return;
        yield this.#batch(tail, piece);
      }
      if (this.#touched.size === 0 && !this.#stopped) await this.#changed.wait(poll);
    }
  }

  /** Takes up files that have come, and lets go of those that a pattern finds no more. */
  async #scan(): Promise<void> {
    const known = (path: string): boolean => this.#tails.has(path) || this.#positions.has(this.#key(path));
    const found = await this.#files.logs(known);
    const paths = new Set(found.map(({ path }) => path));
    for (const [path, tail] of this.#tails) {
      if (!paths.has(path)) tail.retire();
      if (!tail.isRetired) continue;
      await tail.close();
      this.#tails.delete(path);
    }
    for (const match of found) {
      if (!this.#stopped && !this.#tails.has(match.path)) this.#tail(match);
      if (match.path !== '-') this.#watch.add(match.path);
    }
    if (this.#stopped) this.#watch.close();
  }

  #lookAt(tail: FileTail): Promise<TailPiece | undefined> {
    const look = tail.next();
    // A failure is the reader's to see, at its await; a reader that stopped before does not come for it.
    look.catch(() => {});
    this.#look = look;
    return look;
  }

  #batch(tail: FileTail, piece: TailPiece): Batch {
    const { cluster } = tail;
    const key = this.#key(tail.path);
    this.#ahead.add(key, piece.position, piece.bytes.length);
    this.#positions.set(key, piece.position);
    const position = `${tail.path === '-' ? 'stdin' : piece.file}@${piece.start}`;
    const { shape } = this.#settings;
    const named = { ...(cluster !== undefined && { cluster }), ...(shape !== undefined && { shape }) };
    const origin = { source: this.name, position, ...named };
    const records = piece.bytes.length === 0 ? [] : [{ bytes: piece.bytes, origin }];
    return { records, positions: new Map([[key, piece.position]]) };
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
