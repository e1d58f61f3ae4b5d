import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { Engine } from '../engine/engine.ts';
import {
  AppError,
  messageOf,
  type Checkpoint,
  type Logger,
  type Micros,
  type Positions,
  type Source,
  type Store,
} from '../model/index.ts';
import { isEmpty, mergeCheckpoints, mergePositions } from './checkpoint.ts';
import { Inbox, type Entry } from './inbox.ts';
import { Backoff } from './retry.ts';

/** The engine gives way to sockets and timers at least this often. */
const SLICE_MS = 10;
const SLICE_EVENTS = 128;
/** One commit takes what is at hand, up to so much. */
const COMMIT_MS = 50;
const COMMIT_BYTES = 16 * 1024 * 1024;
const TICK_MS = 1_000;

/** Work on the engine that is no event, and whoever waits for it to be durable. */
interface Request {
  readonly work: (engine: Engine) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface PipelineOptions {
  readonly engine: Engine;
  readonly store: Store;
  readonly sources: readonly Source[];
  readonly log: Logger;
  /** False for a one-pass replay, where nothing but the input may move time. */
  readonly ticks: boolean;
  /** Wall clock in microseconds; where it is given, the engine is told when input can be taken. */
  readonly now?: () => Micros;
  /** Called after each commit that held alerts. */
  readonly onAlerts: (alerts: Checkpoint['alerts']) => void;
  /** Called after each commit. */
  readonly onCommit?: () => void;
}

/**
 * Read → feed → commit → let go. All batches at hand become one checkpoint; only when it is durable do their sources hear of it.
 * The next commit starts as soon as there is something for it.
 */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #inbox = new Inbox();
  readonly #backoff = new Backoff(100, 5_000);
  #ticked = performance.now();
  /** Changes whose commit failed; they go with the next one. */
  #unsaved: Checkpoint | undefined;
  #healthy = true;
  /** What others ask of the engine, in order. The first one may be under way. */
  readonly #requests: Request[] = [];
  #isOver = false;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** False while the store cannot take a commit. */
  get isHealthy(): boolean {
    return this.#healthy;
  }

  /**
   * Has work done on the engine between two batches, in the order of asking; resolves once what it changed is durable. Rejects with
   * what the work throws, and with AppError where the pipeline has stopped: then nothing is promised.
   */
  apply(work: (engine: Engine) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isOver) return reject(stopping());
      this.#requests.push({ work, resolve, reject });
      this.#inbox.wake();
    });
  }

  /** Runs until the sources end or the signal aborts; what was fed by then is committed. Throws what a source throws. */
  async run(from: Positions, signal: AbortSignal): Promise<void> {
    const { sources, ticks } = this.#options;
    this.#awake();
    const stop = new AbortController();
    const stopped = AbortSignal.any([signal, stop.signal]);
    const readers = sources.map((source) => this.#inbox.pump(source, source.read(from, stopped), stopped));
    try {
      // An abort ends the readers; what they had handed over by then is still judged and committed.
      while (!this.#inbox.isDone) {
        const entries = await this.#inbox.take(this.#requests.length > 0 ? 0 : TICK_MS);
        await this.#cycle(entries, signal);
      }
      if (!signal.aborted) {
        this.#options.engine.flush();
        await this.#commit([], new Map(), signal);
      }
    } finally {
      this.#isOver = true;
      for (const { reject } of this.#requests.splice(0)) reject(stopping());
      stop.abort();
      await Promise.allSettled(sources.map((source) => source.close()));
      await Promise.all(readers);
    }
    if (!ticks && this.#unsaved !== undefined) throw new AppError('store', 'the last checkpoint could not be written');
  }

  async #cycle(first: readonly Entry[], signal: AbortSignal): Promise<void> {
    const began = performance.now();
    const fed: Entry[] = [];
    // One in each cycle: events wait for no more than that.
    const request = this.#begin();
    let positions: Positions = new Map();
    let bytes = 0;
    let entries = first;
    while (entries.length > 0) {
      for (const entry of entries) {
        bytes += await this.#feed(entry);
        positions = mergePositions(positions, entry.batch.positions);
        fed.push(entry);
      }
      if (performance.now() - began > COMMIT_MS || bytes > COMMIT_BYTES) break;
      await yieldToOthers();
      entries = this.#inbox.isEmpty ? [] : await this.#inbox.take(0);
    }
    if (this.#options.ticks && performance.now() - this.#ticked >= TICK_MS) {
      this.#ticked = performance.now();
      this.#options.engine.tick();
      this.#awake();
    }
    const isDurable = await this.#commit(fed, positions, signal);
    if (request === undefined) return;
    this.#requests.shift();
    if (isDurable) request.resolve();
    else request.reject(stopping());
    // Who asks for the next at once would keep sockets and timers waiting until all is done.
    await yieldToOthers();
  }

  #awake(): void {
    const { engine, now } = this.#options;
    if (now !== undefined) engine.awake(now());
  }

  /** Does the next piece of work that was asked for; it is answered once it is durable. */
  #begin(): Request | undefined {
    const request = this.#requests[0];
    try {
      request?.work(this.#options.engine);
      return request;
    } catch (thrown) {
      this.#requests.shift()?.reject(thrown);
      return undefined;
    }
  }

  async #feed({ batch }: Entry): Promise<number> {
    const { engine } = this.#options;
    let bytes = 0;
    let slice = performance.now();
    for (const record of batch.records) {
      bytes += record.bytes.length;
      engine.open(record);
      while (engine.step(SLICE_EVENTS)) {
        if (performance.now() - slice < SLICE_MS) continue;
        await yieldToOthers();
        slice = performance.now();
      }
    }
    return bytes;
  }

  /** False where it was cut short: what it held is not durable. */
  async #commit(fed: readonly Entry[], positions: Positions, signal: AbortSignal): Promise<boolean> {
    const { engine, store, onAlerts, onCommit } = this.#options;
    const checkpoint = mergeCheckpoints(this.#unsaved, { positions, ...engine.changes() });
    if (isEmpty(checkpoint)) return true;
    for (;;) {
      try {
        await store.commit(checkpoint);
        break;
      } catch (thrown) {
        this.#unsaved = checkpoint;
        await this.#holdOut(fed, thrown, signal);
        if (signal.aborted) return false;
      }
    }
    this.#recover();
    for (const { source, batch } of fed) await this.#letGo(source, batch.positions);
    if (checkpoint.alerts.length > 0) onAlerts(checkpoint.alerts);
    onCommit?.();
    return true;
  }

  /** The store fails: whoever waits for an answer is told so at once, and nothing more is taken in until it works again. */
  async #holdOut(fed: readonly Entry[], thrown: unknown, signal: AbortSignal): Promise<void> {
    const error =
      thrown instanceof AppError
        ? thrown
        : new AppError('store', messageOf(thrown), { retryable: true, cause: thrown });
    if (!error.retryable && !this.#options.ticks) throw error;
    if (this.#healthy)
      this.#options.log.error(
        { code: error.code, err: error },
        'the store takes no checkpoint: input is refused until it does',
      );
    this.#healthy = false;
    for (const { source, batch } of fed) source.refuse?.(batch.positions, error);
    await this.#backoff.wait(signal);
  }

  #recover(): void {
    this.#unsaved = undefined;
    if (this.#healthy) return;
    this.#healthy = true;
    this.#backoff.reset();
    this.#options.log.info({}, 'the store takes checkpoints again');
  }

  async #letGo(source: Source, positions: Positions): Promise<void> {
    try {
      await source.commit(positions);
    } catch (thrown) {
      this.#options.log.warn({ source: source.name, err: thrown }, 'the source could not be told of a commit');
    }
  }
}

const stopping = (): AppError => new AppError('store', 'the service is stopping', { retryable: true });
