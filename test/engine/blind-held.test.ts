import { describe, expect, it } from 'vitest';
import { Held } from '../../src/engine/blind-held.ts';
import { Blind } from '../../src/engine/blind.ts';
import { Dedupe } from '../../src/engine/dedupe.ts';
import { FingerprintTable, idHash, type Print } from '../../src/engine/fingerprint-table.ts';
import { HOUR, MINUTE, SECOND } from '../../src/model/index.ts';
import { print, Rows, saw, T } from './blind-rows.ts';

/** A blind one that has received until T, as a restart finds it, and the rows of its store. */
function restarted(held: Held): { readonly blind: Blind; readonly saved: Rows } {
  const [blind, saved] = [new Blind(held), new Rows()];
  saved.rows.set('able', String(T));
  saved.into(blind);
  return { blind, saved };
}

describe('what is held when a blind period begins', () => {
  it('is taken over piece by piece, and the period is durable with the last', () => {
    const dedupe = new Dedupe();
    const all = Array.from({ length: 250 }, (_, number) => number);
    for (const number of all) saw(dedupe, number, T - 5 * MINUTE + number * SECOND);
    const { blind, saved } = restarted(new Held(1_000, 100));
    const heldRows = new Rows();
    blind.awake(T + HOUR, dedupe);
    expect(blind.held.size).toBe(100);
    expect(blind.held.room).toBe(750);
    for (const size of [100, 200]) {
      expect(blind.held).toMatchObject({ isTaking: true, size });
      // What comes meanwhile makes tables grow, and is no harm.
      for (let number = 300; number < 400; number += 1) saw(dedupe, size * 10 + number, T - MINUTE);
      saved.take(blind);
      heldRows.take(blind.held);
      expect([...saved.rows.keys()]).toEqual(['able']);
      // A crash here finds the same period again.
      const crashed = new Blind(new Held());
      saved.into(crashed);
      expect(crashed.awake(T + HOUR, dedupe)).toMatchObject({ from: T, low: blind.periods[0]!.low });
    }
    while (blind.held.isTaking) heldRows.take(blind.held);
    saved.take(blind);
    heldRows.take(blind.held);
    const next = new Blind();
    saved.into(next);
    heldRows.into(next.held);
    expect(next.periods).toEqual(blind.periods);
    expect(next.periods).toHaveLength(1);
    expect(all.filter((number) => !next.held.has(print(number)))).toEqual([]);
    for (const { idHigh, idLow, contentHash } of next.held.all())
      expect([idLow, contentHash]).toEqual([~idHigh, idHigh * 3]);
  });

  it('is nothing that never was, though the table grows meanwhile', () => {
    const table = new FingerprintTable();
    const insert = (from: number, to: number): void => {
      for (let number = from; number < to; number += 1) {
        const { idHigh, idLow, requestHash, contentHash } = print(number);
        table.insert(idHash(idHigh, idLow), 0, idHigh, idLow, requestHash, contentHash);
      }
    };
    insert(1, 1_000);
    const seen: Print[] = [];
    for (const each of table.prints()) if (seen.push(each) === 5) insert(1_000, 20_000);
    expect(seen).toEqual(seen.map(({ idHigh }) => print(idHigh)));
    expect(new Set(seen.map(({ idHigh }) => idHigh)).size).toBe(seen.length);
    const early = new Set(seen.map(({ idHigh }) => idHigh));
    for (let number = 1; number < 1_000; number += 1) expect(early.has(number)).toBe(true);
  });

  it('goes with the margins that an earlier period is saved with, where there is no room for both', () => {
    const dedupe = new Dedupe();
    const { blind, saved } = restarted(new Held(300, 100));
    for (let number = 0; number < 90; number += 1) saw(dedupe, number, T - 5 * MINUTE + number);
    blind.awake(T + HOUR, dedupe);
    blind.receive(T + HOUR, dedupe);
    saved.take(blind).take(blind.held);
    expect(blind.periods[0]!.low).toBeLessThan(T);
    for (let number = 90; number < 250; number += 1) saw(dedupe, number, T - 5 * MINUTE + number);
    blind.receive(T + 2 * HOUR, dedupe);
    expect(blind.held.isTaking).toBe(true);
    saved.take(blind).take(blind.held);
    const crashed = new Blind();
    for (const [key, value] of saved.rows) if (/^able|^period/.test(key)) crashed.restore(key, value);
    expect(crashed.periods).toMatchObject([{ low: T, from: T }]);
    expect(crashed.awake(T + 3 * HOUR, dedupe)).toMatchObject({ from: T + HOUR, number: 1 });
  });
});
