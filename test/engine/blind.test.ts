import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Held } from '../../src/engine/blind-held.ts';
import { addSpan, isIn, MARGIN, nearPeriod, uncovered, type BlindPeriod } from '../../src/engine/blind-period.ts';
import { Blind } from '../../src/engine/blind.ts';
import { Dedupe } from '../../src/engine/dedupe.ts';
import { HOUR, MINUTE, SECOND, type Micros } from '../../src/model/index.ts';
import { print, Rows, saw, T } from './blind-rows.ts';

function again(blind: Blind, most?: number): Blind {
  const next = new Blind(new Held(most));
  new Rows().take(blind).into(next);
  new Rows().take(blind.held).into(next.held);
  return next;
}

/** One that has received until T, as a restart finds it. */
function restarted(most?: number): Blind {
  const dedupe = new Dedupe();
  const blind = new Blind();
  blind.receive(T - HOUR, dedupe);
  for (let time = T - HOUR; time <= T; time += MINUTE) blind.awake(time, dedupe);
  blind.receive(T, dedupe);
  return again(blind, most);
}

describe('a blind period', () => {
  it.each<[string, Micros, number]>([
    ['is none after a short restart', 89 * SECOND, 0],
    ['is none at the very limit', 90 * SECOND, 0],
    ['begins right behind it', 90 * SECOND + 1, 1],
    ['is one after a night', 9 * HOUR, 1],
  ])('%s', (_, away, periods) => {
    const blind = restarted();
    const begun = blind.awake(T + away, new Dedupe());
    expect(blind.periods).toHaveLength(periods);
    expect(begun?.cause).toBe(periods === 0 ? undefined : 'away');
    expect(blind.periods).toMatchObject(
      periods === 0 ? [] : [{ from: T, to: T + away, high: T + away + MARGIN, isOpen: true }],
    );
  });

  it('is none where the sender was idle and Lapwing awake, however long', () => {
    const [blind, dedupe] = [restarted(), new Dedupe()];
    for (let time = T; time < T + 5 * HOUR; time += SECOND * 80) expect(blind.awake(time, dedupe)).toBeUndefined();
    expect(blind.receive(T + 5 * HOUR, dedupe)).toBeUndefined();
    expect(blind.periods).toEqual([]);
  });

  it('is none for a cluster that pushes nothing', () => {
    const blind = new Blind();
    for (const time of [T, T + HOUR, T + 9 * HOUR]) expect(blind.awake(time, new Dedupe())).toBeUndefined();
    expect(new Rows().take(blind).rows.size).toBe(0);
  });

  it('is told as refused where Lapwing ran and could take nothing', () => {
    const [blind, dedupe] = [restarted(), new Dedupe()];
    blind.awake(T + SECOND, dedupe);
    expect(blind.receive(T + 4 * MINUTE, dedupe)).toMatchObject({
      from: T + SECOND,
      to: T + 4 * MINUTE,
      cause: 'refused',
    });
    expect(blind.periods).toMatchObject([{ isOpen: false }]);
  });

  it.each<[string, Micros, Micros]>([
    ['ends with the first receipt', 40 * SECOND, 40 * SECOND],
    ['ends with the start where the first receipt is far away', HOUR, 0],
  ])('%s', (_, later, longer) => {
    const [blind, dedupe] = [restarted(), new Dedupe()];
    const start = T + 10 * MINUTE;
    blind.awake(start, dedupe);
    for (let time = start; time < start + later; time += 30 * SECOND) blind.awake(time, dedupe);
    expect(blind.isNews(start + later)).toBe(true);
    blind.receive(start + later, dedupe);
    expect(blind.periods).toMatchObject([
      { from: T, to: start + longer, high: start + longer + MARGIN, isOpen: false },
    ]);
    blind.receive(start + later + SECOND, dedupe);
    expect(blind.periods).toMatchObject([{ to: start + longer }]);
  });

  it('goes on over a second restart before anything was received', () => {
    const dedupe = new Dedupe();
    let blind = restarted();
    blind.awake(T + 10 * MINUTE, dedupe);
    blind = again(blind);
    blind.awake(T + 30 * MINUTE, dedupe);
    blind.receive(T + 31 * MINUTE, dedupe);
    expect(blind.periods).toMatchObject([{ from: T, to: T + 31 * MINUTE, isOpen: false }]);
  });

  it('is not made by a wall clock that is set back, and is found after it', () => {
    const [blind, dedupe] = [restarted(), new Dedupe()];
    expect(blind.awake(T - HOUR, dedupe)).toBeUndefined();
    expect(blind.awake(T - HOUR + MINUTE, dedupe)).toBeUndefined();
    expect(blind.awake(T - HOUR + 5 * MINUTE, dedupe)).toMatchObject({ from: T - HOUR + MINUTE });
  });

  it('holds what was there in the ten minutes before, as far as fingerprints reach', () => {
    const dedupe = new Dedupe();
    for (let number = 0; number < 100; number += 1) saw(dedupe, number, T - 15 * MINUTE + number * 9 * SECOND);
    const blind = restarted();
    const begun = blind.awake(T + HOUR, dedupe)!;
    expect(begun.low).toBe(T - MARGIN);
    const next = again(blind);
    for (let number = 0; number < 100; number += 1) expect(next.held.has(print(number))).toBe(true);
    expect(next.held.has(print(100))).toBe(false);
    const young = new Dedupe();
    for (let number = 0; number < 9; number += 1) saw(young, number, T - 3 * MINUTE + number);
    expect(restarted().awake(T + HOUR, young)!.low).toBeGreaterThan(T - 4 * MINUTE);
    expect(restarted().awake(T + HOUR, new Dedupe())!.low).toBe(T);
  });

  it('takes what comes later of its time as held, once', () => {
    const [blind, dedupe] = [restarted(), new Dedupe()];
    blind.awake(T + HOUR, dedupe);
    blind.judged(print(1));
    const next = again(blind);
    expect(next.meets(print(1), T + MINUTE)).toBe(true);
    expect(next.meets(print(2), T + HOUR + MINUTE)).toBe(false);
    expect(next.meets(print(2), T + HOUR + MINUTE)).toBe(true);
    expect(next.meets(print(1), T + 3 * HOUR)).toBe(false);
    expect(next.until).toBe(T + HOUR + MARGIN);
  });
});

describe('what is remembered', () => {
  it('costs one small row a second at most, and one in half a minute when idle', () => {
    const [blind, dedupe, rows] = [new Blind(), new Dedupe(), new Rows()];
    for (let time = T; time < T + 10 * SECOND; time += 10_000) {
      blind.receive(time, dedupe);
      rows.take(blind).take(blind.held);
    }
    expect(rows.writes).toBeGreaterThanOrEqual(10);
    expect(rows.writes).toBeLessThanOrEqual(11);
    rows.writes = 0;
    for (let time = T + 10 * SECOND; time < T + 310 * SECOND; time += SECOND) {
      blind.awake(time, dedupe);
      rows.take(blind).take(blind.held);
    }
    expect(rows.writes).toBeLessThanOrEqual(11);
    expect([...rows.rows.keys()]).toEqual(['able']);
  });

  it('is at most a thousand periods: the oldest two become one, that nothing fills', () => {
    const [blind, dedupe, rows] = [restarted(), new Dedupe(), new Rows()];
    for (let number = 1; number <= 1_005; number += 1) {
      blind.receive(T + number * HOUR, dedupe);
      rows.take(blind);
    }
    expect(blind.periods).toHaveLength(1_000);
    expect(rows.rows.size).toBe(1_001);
    expect(blind.periods[0]).toMatchObject({ from: T, to: T + 6 * HOUR });
    expect(nearPeriod(blind.periods, T + 5 * HOUR + MINUTE)).toBeUndefined();
    expect(nearPeriod(blind.periods, T + 6 * HOUR + MINUTE)?.from).toBe(T + 6 * HOUR);
    expect(blind.open().periods).toBe(1_000);
    const next = new Blind();
    rows.into(next);
    expect(next.periods).toEqual(blind.periods);
  });

  it('is bounded: past it margins go, and what was filled stays filled', () => {
    const blind = restarted(100);
    const dedupe = new Dedupe();
    blind.awake(T + HOUR, dedupe);
    const { number } = blind.periods[0]!;
    blind.judged(print(1));
    blind.cover(number, { from: T, to: T + 20 * MINUTE }, false);
    for (let each = 2; each <= 150; each += 1) blind.meets(print(each), T + HOUR + each);
    expect(blind.held.size).toBeLessThanOrEqual(100);
    expect(blind.periods).toMatchObject([{ low: T, high: T + HOUR, sealed: [{ from: T, to: T + 20 * MINUTE }] }]);
    const rows = new Rows().take(blind.held);
    const next = new Held();
    rows.into(next);
    expect(next.size).toBe(blind.held.size);
    expect(next.has(print(1))).toBe(false);
  });

  it('comes back the same, whenever it is saved', () => {
    const step = fc.record({
      by: fc.integer({ min: 1, max: 400 }),
      what: fc.constantFrom('awake', 'receive', 'restart'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const [dedupe, rows] = [new Dedupe(), new Rows()];
        let blind = new Blind();
        let time = T;
        for (const { by, what } of steps) {
          time += by * SECOND;
          if (what === 'restart') {
            blind = new Blind();
            rows.into(blind);
          } else if (what === 'awake') blind.awake(time, dedupe);
          else blind.receive(time, dedupe);
          rows.take(blind);
        }
        const next = new Blind();
        rows.into(next);
        expect(next.periods).toEqual(blind.periods);
        for (const [index, { from, to, number }] of blind.periods.entries()) {
          expect(to - from).toBeGreaterThan(90 * SECOND);
          expect(number).toBe(index);
          expect(from).toBeGreaterThanOrEqual((blind.periods[index - 1]?.to ?? 0) - 5 * MINUTE);
        }
      }),
    );
  });
});

describe('spans', () => {
  it('are in order, apart, and hold exactly what was put in, but for short pauses', () => {
    const span = fc.tuple(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 500 }));
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 60 }), fc.integer({ min: 0, max: 11_000 }), (given, at) => {
        const spans = given.map(([from, length]) => ({ from, to: from + length }));
        const merged = spans.reduce<ReturnType<typeof addSpan>>((all, each) => addSpan(all, each, 10), []);
        for (const [index, { from, to }] of merged.entries()) {
          expect(from).toBeLessThanOrEqual(to);
          expect(from).toBeGreaterThan((merged[index - 1]?.to ?? -11) + 10);
        }
        const isPause = spans.some(({ from }) => from > at) && spans.some(({ to }) => to < at);
        expect(isIn(merged, at) === isIn(spans, at) || (isIn(merged, at) && isPause)).toBe(true);
      }),
    );
  });

  it('are never more than 64', () => {
    let spans: ReturnType<typeof addSpan> = [];
    for (let number = 0; number < 500; number += 1)
      spans = addSpan(spans, { from: number * HOUR, to: number * HOUR + 1 });
    expect(spans).toHaveLength(64);
    expect(spans.at(-1)!.from).toBe(499 * HOUR);
  });

  const period = (covered: BlindPeriod['covered']): BlindPeriod => ({
    number: 0,
    from: T,
    to: T + HOUR,
    cause: 'away',
    low: T,
    high: T + HOUR,
    isOpen: false,
    covered,
    sealed: [],
  });
  it.each<[string, BlindPeriod['covered'], Micros]>([
    ['nothing', [], HOUR],
    ['all of it', [{ from: T - HOUR, to: T + 2 * HOUR }], 0],
    ['all but a quiet minute at either end', [{ from: T + MINUTE, to: T + 59 * MINUTE }], 0],
    ['half', [{ from: T - HOUR, to: T + 30 * MINUTE }], 30 * MINUTE],
    ['another time', [{ from: T + 2 * HOUR, to: T + 3 * HOUR }], HOUR],
    [
      'two pieces',
      [
        { from: T, to: T + MINUTE },
        { from: T + 10 * MINUTE, to: T + 20 * MINUTE },
      ],
      49 * MINUTE,
    ],
  ])('cover %s', (_, covered, left) => expect(uncovered(period(covered))).toBe(left));
});
