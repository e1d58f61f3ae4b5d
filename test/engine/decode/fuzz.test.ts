import { describe, expect, it } from 'vitest';
import { Dice } from './fuzz/dice.ts';
import { Judge } from './fuzz/judge.ts';
import { mutate } from './fuzz/mutate.ts';
import { seeds } from './fuzz/seeds.ts';

/** More at night; `scripts/fuzz.mjs` goes on for as long as one likes, led by coverage. */
const INPUTS = Number(process.env['LAPWING_RUNS'] ?? 300) * 10;

describe('the decoder', () => {
  it('holds to its word on every seed', () => {
    const judge = new Judge();
    const outcomes = new Set(seeds().map((bytes) => judge.judge(bytes)));
    expect(outcomes.size).toBeGreaterThan(5);
  });

  it(`holds to its word on ${INPUTS} inputs made from them`, () => {
    const judge = new Judge();
    const corpus = [...seeds()];
    const outcomes = new Map<string, number>();
    for (let input = 0; input < INPUTS; input += 1) {
      const dice = new Dice(input);
      const bytes = mutate(dice.pick(corpus), dice, corpus);
      const outcome = judge.judge(bytes);
      const times = (outcomes.get(outcome) ?? 0) + 1;
      outcomes.set(outcome, times);
      // What leads to something new is worth going on from.
      if (times <= 2) corpus.push(bytes);
    }
    expect(outcomes.size).toBeGreaterThan(20);
  });
});
