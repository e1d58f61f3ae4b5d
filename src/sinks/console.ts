import type { Writable } from 'node:stream';
import { z } from 'zod';
import { AppError, defineSpec, messageOf, type Alert, type Refusal, type Sink } from '../model/index.ts';
import { documentLine, humanAlert, lookOf } from './console-alert.ts';

/** A stream that may be a terminal. */
export type Output = Writable & { isTTY?: boolean; columns?: number };

const FORMATS = ['human', 'ndjson'] as const;

/** How many alerts the sink remembers to have printed, so that a repeated delivery does not print them again. */
const REMEMBERED = 10_000;

/** Prints alerts on a stream that it does not own: each revision once in the life of the process, at the reader's pace. */
export class ConsoleSink implements Sink {
  readonly name: string;
  readonly #format: (typeof FORMATS)[number];
  readonly #stream: Output;
  readonly #env: NodeJS.ProcessEnv;
  readonly #printed = new Map<string, number>();
  #isClosed = false;
  // A broken pipe reaches us through the callback of the write; without a listener the stream would end the process.
  readonly #ignore = (): void => undefined;

  constructor(name: string, format: (typeof FORMATS)[number], stream: Output, env: NodeJS.ProcessEnv) {
    this.name = name;
    this.#format = format;
    this.#stream = stream;
    this.#env = env;
    stream.on('error', this.#ignore);
  }

  async write(alerts: readonly Alert[], signal: AbortSignal): Promise<readonly Refusal[]> {
    if (this.#isClosed) throw new AppError('sink', 'the console sink is closed', { retryable: true });
    for (const alert of alerts) {
      if ((this.#printed.get(alert.id) ?? 0) >= alert.revision) continue;
      const text =
        this.#format === 'ndjson' ? `${documentLine(alert)}\n` : humanAlert(alert, lookOf(this.#stream, this.#env));
      await this.#print(alert, text, signal);
    }
    return [];
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stream.off('error', this.#ignore);
  }

  /** Ends when the stream has taken the text; what it took before an abort still comes out, so it counts as printed. */
  async #print(alert: Alert, text: string, signal: AbortSignal): Promise<void> {
    const stopped = () => new AppError('sink', 'stopped while printing', { retryable: true });
    if (signal.aborted) throw stopped();
    let stop: () => void;
    try {
      await new Promise<void>((resolve, reject) => {
        stop = () => reject(stopped());
        signal.addEventListener('abort', stop, { once: true });
        this.#remember(alert);
        this.#stream.write(text, (error) => {
          if (error === null || error === undefined) return resolve();
          this.#printed.delete(alert.id);
          // The reader is gone. The alerts are safe in the store and wait for a better day.
          reject(new AppError('sink', `cannot print: ${messageOf(error)}`, { retryable: true, cause: error }));
        });
      });
    } finally {
      signal.removeEventListener('abort', stop!);
    }
  }

  #remember({ id, revision }: Alert): void {
    this.#printed.delete(id);
    this.#printed.set(id, revision);
    if (this.#printed.size > REMEMBERED) this.#printed.delete(this.#printed.keys().next().value!);
  }
}

export const consoleSink = defineSpec({
  type: 'console',
  description: 'Prints alerts on standard output.',
  settings: z.object({
    format: z
      .enum(FORMATS)
      .default('human')
      .describe('human: a few lines an alert, for reading; ndjson: the alert document, one a line, for programs.'),
  }),
  create: (name, { format }): Sink => new ConsoleSink(name, format, process.stdout, process.env),
});
