import { statSync } from 'node:fs';

/** Repaints at most this often. */
const EVERY_MS = 100;

/** What was read so far, as an engine counts it. */
interface ReadSoFar {
  readonly counters: { readonly events: number; readonly bytes: number };
}

/** A line on a terminal's stderr that tells how far files are read: events, rate, alerts if any are asked for, time left. Silent elsewhere. */
export class Progress {
  readonly #total: number | undefined;
  readonly #began = performance.now();
  readonly #on: boolean;
  #painted = 0;

  constructor(paths: readonly string[], stream: { isTTY?: boolean } = process.stderr) {
    this.#on = stream.isTTY === true;
    this.#total = totalBytes(paths);
  }

  update({ counters: { events, bytes } }: ReadSoFar, alerts?: number): void {
    const now = performance.now();
    if (!this.#on || now - this.#painted < EVERY_MS) return;
    this.#painted = now;
    const seconds = (now - this.#began) / 1_000;
    const share = this.#total === undefined ? undefined : Math.min(1, bytes / Math.max(1, this.#total));
    const left = share !== undefined && share > 0 ? `, ${Math.ceil((seconds / share) * (1 - share))} s left` : '';
    const line = `${bar(share)} ${count(events)} events, ${count(Math.round(events / seconds))}/s${alerts === undefined ? '' : `, ${plural(alerts, 'alert')}`}${left}`;
    process.stderr.write(`\r\u001b[2K${line}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#on && this.#painted > 0) process.stderr.write('\r\u001b[2K');
  }
}

/** The same for a file of which only the size that was read is known. */
export class ReadProgress {
  readonly #on: boolean;
  #painted = 0;

  constructor(stream: { isTTY?: boolean } = process.stderr) {
    this.#on = stream.isTTY === true;
  }

  update({ bytes, count: taken }: { readonly bytes: number; readonly count: number }): void {
    const now = performance.now();
    if (!this.#on || now - this.#painted < EVERY_MS) return;
    this.#painted = now;
    process.stderr.write(`\r\u001b[2K… ${count(Math.floor(bytes / 1e6))} MB read, ${plural(taken, 'object')} taken`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#on && this.#painted > 0) process.stderr.write('\r\u001b[2K');
    this.#painted = 0;
  }
}

export const count = (value: number): string => value.toLocaleString('en-US');

/** "1 alert", "2 alerts". */
export const plural = (value: number, what: string): string => `${count(value)} ${what}${value === 1 ? '' : 's'}`;

function bar(share: number | undefined): string {
  if (share === undefined) return '…';
  const filled = Math.round(share * 24);
  return `[${'█'.repeat(filled)}${'░'.repeat(24 - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %`;
}

/** Bytes of plain files; unknown where one is compressed or not a file. */
function totalBytes(paths: readonly string[]): number | undefined {
  let total = 0;
  for (const path of paths) {
    if (path === '-' || path.endsWith('.gz')) return undefined;
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat?.isFile()) return undefined;
    total += stat.size;
  }
  return total;
}
