import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dedupe, type Verdict } from '../../src/engine/dedupe.ts';
import { MINUTE, SECOND, type Micros } from '../../src/model/index.ts';

const T = 1_800_000_000_000_000;

type Lanes = readonly [idHigh: number, idLow: number, request: number, content: number];

/** Remembers everything, in the plainest way. */
class Model {
  readonly #seen: Lanes[] = [];

  check(lanes: Lanes): Verdict {
    const sameId = this.#seen.filter((each) => each[0] === lanes[0] && each[1] === lanes[1]);
    if (sameId.some((each) => each[2] === lanes[2] && each[3] === lanes[3])) return 'duplicate';
    this.#seen.push(lanes);
    return sameId.some((each) => each[2] !== lanes[2]) ? 'reused' : 'new';
  }
}

/** The rows a store would hold. */
class Rows {
  readonly rows = new Map<string, Uint8Array | string>();
  puts = 0;
  deletes = 0;

  collect(from: Dedupe): void {
    from.collect((key, value) => {
      if (value === null) {
        this.deletes += 1;
        if (!this.rows.delete(key)) throw new Error(`${key} was never put`);
      } else {
        this.puts += 1;
        this.rows.set(key, value);
      }
    });
  }

  restored(events: number, order: (keys: string[]) => string[] = (keys) => keys): Dedupe {
    const dedupe = new Dedupe({ events });
    for (const key of order([...this.rows.keys()])) dedupe.restore(key, this.rows.get(key)!);
    return dedupe;
  }
}

/** A seeded stream of lanes as a keyed hash gives them. */
function random(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state | 0;
  };
}

const lane = fc.constantFrom(0, 1, -1, 0x7fffffff, -0x80000000);
const few = fc.tuple(lane, fc.constantFrom(0, 1), fc.constantFrom(0, 7), fc.constantFrom(0, 1, 2));

describe('dedupe', () => {
  it('tells what is new, a duplicate, and a reused id, as a plain list does', () => {
    let duplicates = 0;
    let reused = 0;
    fc.assert(
      fc.property(fc.array(few, { minLength: 5, maxLength: 80 }), (events) => {
        const dedupe = new Dedupe();
        const model = new Model();
        for (const lanes of events) {
          const verdict = dedupe.check(...lanes, T);
          if (verdict === 'duplicate') duplicates += 1;
          if (verdict === 'reused') reused += 1;
          expect(verdict).toBe(model.check(lanes));
        }
      }),
      { numRuns: 300 },
    );
    expect(duplicates).toBeGreaterThan(100);
    expect(reused).toBeGreaterThan(100);
  });

  it('takes the second half of an aggregated request as new', () => {
    const dedupe = new Dedupe();
    expect(dedupe.check(1, 2, 3, 4, T)).toBe('new');
    expect(dedupe.check(1, 2, 3, 5, T)).toBe('new');
    expect(dedupe.check(1, 2, 9, 5, T)).toBe('reused');
    expect(dedupe.check(1, 2, 3, 6, T)).toBe('reused');
    expect(dedupe.check(1, 2, 9, 5, T)).toBe('duplicate');
  });

  it('knows each of many events again, and no other, while it grows', () => {
    const dedupe = new Dedupe();
    const next = random(11);
    const events = Array.from({ length: 60_000 }, (): Lanes => [next(), next(), next(), next()]);
    expect(events.filter((lanes) => dedupe.check(...lanes, T) === 'new')).toHaveLength(60_000);
    expect(events.filter((lanes) => dedupe.check(...lanes, T) === 'duplicate')).toHaveLength(60_000);
    expect(dedupe.stats().events).toBe(60_000);
    expect(events.filter(([a, b, c, d]) => dedupe.check(a, b, c, ~d, T) === 'new')).toHaveLength(60_000);
    expect(events.filter(([a, b, c, d]) => dedupe.check(a, b, ~c, d, T) === 'reused')).toHaveLength(60_000);
  });

  it('does not slow down under one id that comes for ever, and still knows every repeat', () => {
    const dedupe = new Dedupe();
    const next = random(5);
    const contents = Array.from({ length: 100_000 }, () => next());
    // With a walk over all entries of the id this would take minutes, not milliseconds.
    expect(contents.filter((content) => dedupe.check(7, 7, 1, content, T) === 'new')).toHaveLength(100_000);
    expect(contents.filter((content) => dedupe.check(7, 7, 1, content, T) === 'duplicate')).toHaveLength(100_000);
    expect(dedupe.check(7, 7, 2, 0, T)).toBe('reused');
  });

  it('costs little where nothing comes', () => {
    expect(new Dedupe().stats()).toEqual({ events: 0, bytes: expect.any(Number) });
    expect(new Dedupe().stats().bytes).toBeLessThan(128 * 1024);
  });
});

describe('horizon of dedupe', () => {
  const outcomeAfter = (events: number, between: number, step: Micros): Verdict => {
    const dedupe = new Dedupe({ events });
    dedupe.check(1, 1, 1, 1, T);
    for (let event = 0; event < between; event += 1) dedupe.check(2, event, 1, 1, T + event * step);
    return dedupe.check(1, 1, 1, 1, T + between * step);
  };

  it.each([
    // events a generation, events between, time between them, known again
    [1_000_000, 600, SECOND, 'duplicate'],
    [1_000_000, 1_199, SECOND, 'duplicate'],
    [1_000_000, 1_200, SECOND, 'new'],
    [500, 998, 0, 'duplicate'],
    [500, 999, 0, 'new'],
    [500, 1_199, SECOND, 'new'],
  ] as const)('generations of %i: after %i events, %i µs apart: %s', (events, between, step, verdict) => {
    expect(outcomeAfter(events, between, step)).toBe(verdict);
  });

  it('tells its real length', () => {
    const dedupe = new Dedupe({ events: 100 });
    expect(dedupe.horizon(Number.NEGATIVE_INFINITY)).toBe(0);
    dedupe.check(0, 0, 0, 0, Number.NEGATIVE_INFINITY);
    expect(dedupe.horizon(T)).toBe(0);
    dedupe.check(0, 0, 0, 1, T);
    expect(dedupe.horizon(T + MINUTE)).toBe(MINUTE);
    for (let event = 0; event < 250; event += 1) dedupe.check(1, event, 0, 0, T + event * SECOND);
    // Generations began at 0, 98 and 198 seconds; two are held.
    expect(dedupe.horizon(T + 249 * SECOND)).toBe(151 * SECOND);
  });

  it('bears a clock that steps back', () => {
    const dedupe = new Dedupe();
    expect(dedupe.check(1, 1, 1, 1, T)).toBe('new');
    expect(dedupe.check(1, 1, 1, 1, T - 60 * MINUTE)).toBe('duplicate');
    expect(dedupe.horizon(T - 61 * MINUTE)).toBe(0);
    expect(dedupe.check(1, 1, 1, 2, T - 51 * MINUTE)).toBe('new');
    expect(dedupe.check(1, 1, 1, 1, T - 51 * MINUTE)).toBe('duplicate');
    expect(dedupe.check(1, 1, 1, 1, T - 30 * MINUTE)).toBe('duplicate');
    expect(dedupe.check(1, 1, 1, 1, T - 19 * MINUTE)).toBe('new');
  });
});

describe('saved dedupe', () => {
  const steps = fc.array(
    fc.record({
      lanes: few,
      clock: fc.constantFrom(0, SECOND, MINUTE, 4 * MINUTE, 11 * MINUTE, -2 * MINUTE, -30 * MINUTE),
      after: fc.constantFrom('nothing', 'nothing', 'collect', 'restart'),
    }),
    { minLength: 10, maxLength: 120 },
  );

  it('goes on as if nothing had happened, whenever it is saved and restored, in any order of rows', () => {
    let duplicates = 0;
    let restarts = 0;
    let deletes = 0;
    fc.assert(
      fc.property(steps, fc.integer({ min: 4, max: 40 }), fc.boolean(), (events, size, backwards) => {
        const whole = new Dedupe({ events: size });
        let parted = new Dedupe({ events: size });
        const rows = new Rows();
        let clock = Number.NEGATIVE_INFINITY;
        for (const [index, { lanes, clock: step, after }] of events.entries()) {
          if (index > 3) clock = Number.isFinite(clock) ? clock + step : T;
          const verdict = whole.check(...lanes, clock);
          expect(parted.check(...lanes, clock)).toBe(verdict);
          expect(parted.horizon(clock)).toBe(whole.horizon(clock));
          if (verdict === 'duplicate') duplicates += 1;
          if (after === 'nothing') continue;
          rows.collect(parted);
          if (after === 'collect') continue;
          parted = rows.restored(size, (keys) => (backwards ? keys.reverse() : keys));
          restarts += 1;
        }
        deletes += rows.deletes;
      }),
      { numRuns: 300 },
    );
    expect(Math.min(duplicates, restarts, deletes)).toBeGreaterThan(200);
  });

  it('writes each fingerprint once, 16 bytes each, and nothing where nothing came', () => {
    const dedupe = new Dedupe();
    const rows = new Rows();
    let written = 0;
    for (let round = 0; round < 5; round += 1) {
      for (let event = 0; event < 100; event += 1) dedupe.check(round, event, 0, 0, T);
      rows.collect(dedupe);
      rows.collect(dedupe);
    }
    for (const value of rows.rows.values()) written += value.length - 8;
    expect(rows.puts).toBe(5);
    expect(written).toBe(500 * 16);
  });

  it('deletes the rows of a generation that is dropped, and only these', () => {
    const dedupe = new Dedupe();
    const rows = new Rows();
    for (let minute = 0; minute < 65; minute += 1) {
      dedupe.check(minute, 1, 2, 3, T + minute * MINUTE);
      rows.collect(dedupe);
    }
    expect(rows.deletes).toBe(50);
    expect(rows.rows.size).toBe(15);
    expect(rows.restored(1_000).stats().events).toBe(15);
  });

  it('drops rows that it cannot read', () => {
    const dedupe = new Dedupe();
    for (const key of ['', 'x-y', '1', '-1-2', '1.5-0']) dedupe.restore(key, new Uint8Array(24));
    dedupe.restore('000000000000-000000000', 'text');
    dedupe.restore('000000000000-000000001', new Uint8Array(3));
    const gone: string[] = [];
    dedupe.collect((key, value) => (value === null ? gone.push(key) : undefined));
    expect(gone).toEqual(['', 'x-y', '1', '-1-2', '1.5-0', '000000000000-000000000']);
    expect(dedupe.check(1, 2, 3, 4, T)).toBe('new');
    expect(dedupe.check(1, 2, 3, 4, T)).toBe('duplicate');
  });
});
