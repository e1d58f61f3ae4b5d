import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { anAlert } from '../support/alert.ts';

/** A child process that writes to a store (writer.mjs). */
export class WriterProcess {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #heard = () => {};

  constructor(module: string, path: string, commits = Number.MAX_SAFE_INTEGER) {
    this.#child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'writer.mjs'), module, path, JSON.stringify(anAlert()), String(commits)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const reader = createInterface({ input: this.#child.stdout! });
    reader.on('line', (line) => {
      this.lines.push(line);
      this.#heard();
    });
    this.#ended = Promise.all([once(this.#child, 'exit'), once(reader, 'close')]).then(() => this.#heard());
  }

  /** Resolves once it said so many lines, or ended. */
  async said(count: number): Promise<void> {
    while (this.lines.length < count && this.#child.exitCode === null && this.#child.signalCode === null)
      await new Promise<void>((resolve) => (this.#heard = resolve));
  }

  /** Kills it and waits until it is gone and all it said is heard. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** The last number that it acknowledged; 0 where there is none. */
  get acknowledged(): number {
    return Number(this.lines.findLast((line) => /^\d+$/.test(line)) ?? 0);
  }
}
