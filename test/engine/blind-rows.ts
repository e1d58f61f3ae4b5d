import type { Dedupe } from '../../src/engine/dedupe.ts';
import type { Print } from '../../src/engine/fingerprint-table.ts';
import type { Persistent } from '../../src/engine/persist.ts';
import { SECOND, type Micros } from '../../src/model/index.ts';

/** When the last events were received. */
export const T: Micros = 1_795_000_000 * SECOND;
/** A fingerprint of its own for each number. */
export const print = (number: number): Print => ({
  idHigh: number,
  idLow: ~number,
  requestHash: 7,
  contentHash: number * 3,
});
/** Has `dedupe` meet the event of a number. */
export const saw = (dedupe: Dedupe, number: number, clock: Micros): void => {
  const { idHigh, idLow, requestHash, contentHash } = print(number);
  dedupe.check(idHigh, idLow, requestHash, contentHash, clock);
};

/** Rows as a store keeps them. */
export class Rows {
  readonly rows = new Map<string, Uint8Array | string>();
  writes = 0;
  take(part: Persistent): this {
    part.collect((key, value) => {
      this.writes += 1;
      if (value === null) this.rows.delete(key);
      else this.rows.set(key, value);
    });
    return this;
  }
  into(part: Persistent): void {
    for (const [key, value] of this.rows) part.restore(key, value);
  }
}
