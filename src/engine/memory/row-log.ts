import type { PutRow } from '../persist.ts';

/** Rows that the last checkpoint holds and the next must delete, unless they are written again before it. */
export class RowLog {
  readonly #gone = new Set<string>();

  delete(key: string): void {
    this.#gone.add(key);
  }

  put(key: string, value: string, put: PutRow): void {
    this.#gone.delete(key);
    put(key, value);
  }

  collect(put: PutRow): void {
    for (const key of this.#gone) put(key, null);
    this.#gone.clear();
  }
}
