import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Expiry } from '../../../src/engine/memory/expiry.ts';

const step = fc.record({
  slot: fc.integer({ min: 0, max: 99 }),
  time: fc.integer({ min: 0, max: 1_000 }),
  what: fc.constantFrom('add', 'add', 'extend', 'remove', 'expire'),
});

describe('expiry', () => {
  it('finds what expired, all of it and nothing else, as a plain map does', () => {
    let found = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 400, size: 'max' }), (steps) => {
        const expiry = new Expiry();
        const model = new Map<number, number>();
        const pairs: [gone: number[], expected: number[]][] = [];
        for (const { slot, time, what } of steps) {
          const known = model.get(slot);
          if (known === undefined) {
            model.set(slot, time);
            expiry.add(slot, time);
          } else if (what === 'extend') {
            model.set(slot, Math.max(known, time));
            expiry.extend(slot, time);
          } else if (what === 'remove') {
            model.delete(slot);
            expiry.remove(slot);
          } else if (what === 'expire') {
            const before = time / 4;
            const expected = [...model].filter(([, expires]) => expires < before).map(([each]) => each);
            const gone: number[] = [];
            for (let next = expiry.next(before); next >= 0; next = expiry.next(before)) {
              gone.push(next);
              expiry.remove(next);
              model.delete(next);
            }
            pairs.push([gone.sort((a, b) => a - b), expected.sort((a, b) => a - b)]);
            found += gone.length;
          }
        }
        for (const [gone, expected] of pairs) expect(gone).toEqual(expected);
      }),
      { numRuns: 150 },
    );
    expect(found).toBeGreaterThan(1_000);
  });
});
