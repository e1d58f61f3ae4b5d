import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Runs } from '../../../src/engine/memory/runs.ts';

interface Entry {
  readonly time: number;
  readonly text: string;
}

const entries = (runs: Runs, run: number): Entry[] =>
  Array.from({ length: runs.length(run) }, (_, index) => ({
    time: runs.time(run, index),
    text: runs.text(run, index),
  }));

const inOrder = (a: Entry, b: Entry): number => a.time - b.time || (a.text < b.text ? -1 : 1);

describe('runs', () => {
  it('keep each its own entries in order, as plain lists do', () => {
    let longest = 0;
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            run: fc.integer({ min: 0, max: 5 }),
            time: fc.integer({ min: 0, max: 20 }),
            what: fc.constantFrom('insert', 'insert', 'insert', 'insert', 'remove', 'reopen'),
            count: fc.integer({ min: 1, max: 9 }),
          }),
          { minLength: 50, maxLength: 400, size: 'max' },
        ),
        (steps) => {
          const runs = new Runs();
          const model = Array.from({ length: 6 }, () => ({ run: runs.open(), entries: [] as Entry[] }));
          for (const [index, { run, time, what, count }] of steps.entries()) {
            const each = model[run]!;
            const from = time % (each.entries.length + 1);
            const some = Math.min(count, each.entries.length - from);
            if (what === 'insert') {
              each.entries = [...each.entries, { time, text: `t${index}` }].sort(inOrder);
              runs.insert(each.run, time, `t${index}`);
            } else if (what === 'remove' && some > 0) {
              each.entries.splice(from, some);
              runs.remove(each.run, from, some);
            } else if (count === 9) {
              runs.close(each.run);
              model[run] = { run: runs.open(), entries: [] };
            }
            longest = Math.max(longest, each.entries.length);
          }
          for (const each of model) expect(entries(runs, each.run)).toEqual(each.entries);
        },
      ),
      { numRuns: 100 },
    );
    // Long enough to have outgrown several sizes of storage.
    expect(longest).toBeGreaterThan(16);
  });

  it('survive the tidying up after most of their neighbours', () => {
    const runs = new Runs();
    const all = Array.from({ length: 6_000 }, (_, n) => {
      const run = runs.open();
      for (let entry = 0; entry < 1 + (n % 7); entry += 1) runs.insert(run, entry, `${n} ${entry}`);
      return run;
    });
    for (const [n, run] of all.entries()) if (n % 50 !== 0) runs.close(run);
    const kept = all.map((run, n) => ({ run, n })).filter(({ n }) => n % 50 === 0);
    expect(kept.map(({ run }) => entries(runs, run))).toEqual(
      kept.map(({ n }) => Array.from({ length: 1 + (n % 7) }, (_, entry) => ({ time: entry, text: `${n} ${entry}` }))),
    );
    for (let n = 0; n < 6_000; n += 1) runs.insert(runs.open(), n, 'new');
    for (const { run, n } of kept) expect(runs.text(run, 0)).toBe(`${n} 0`);
  });
});
