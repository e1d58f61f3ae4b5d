import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addUp, clip, counted, lasting, listed, MINUTE, SECOND, sentence } from '../../src/model/index.ts';

describe('points', () => {
  test('become a severity at the border of the scale', () => {
    const at = (points: number) => addUp([['it', points]], { low: 15, medium: 40, critical: 110 }).severity;
    expect([14, 15, 39, 40, 109, 110].map(at)).toEqual(['info', 'low', 'low', 'medium', 'medium', 'critical']);
  });

  test('add up, and only what counts is told', () => {
    const { points, contributions } = addUp([
      ['much', 30],
      ['nothing', 0],
      ['excuse', -10],
    ]);
    expect(points).toBe(20);
    expect(contributions).toEqual([
      { what: 'much', points: 30 },
      { what: 'excuse', points: -10 },
    ]);
  });
});

describe('words', () => {
  test('are cut at 100 characters, never within a surrogate pair', () => {
    expect(clip('x'.repeat(100))).toBe('x'.repeat(100));
    expect(clip('x'.repeat(101))).toBe(`${'x'.repeat(99)}…`);
    expect(clip(`${'x'.repeat(98)}😀😀`)).toBe(`${'x'.repeat(98)}…`);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(clip(text).length).toBeLessThanOrEqual(100);
        expect(() => encodeURIComponent(clip(text))).not.toThrow();
      }),
    );
  });

  test('count', () => {
    expect(counted(0, 'secret')).toBe('0 secrets');
    expect(counted(1, 'secret', 100)).toBe('1 secret');
    expect(counted(99, 'secret', 100)).toBe('99 secrets');
    expect(counted(100, 'secret', 100)).toBe('100 or more secrets');
  });

  test('list', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd']].map((names) => listed(names))).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
      'a, b, c and more',
    ]);
  });

  test('last', () => {
    expect([0, 1.4 * SECOND, 119 * SECOND, 2 * MINUTE, 60 * MINUTE].map(lasting)).toEqual([
      '1 s',
      '1 s',
      '119 s',
      '2 min',
      '60 min',
    ]);
  });

  test('make a sentence', () => {
    expect(sentence('Alice', false, 'ran', ', twice', '', '; from there', '(why)')).toBe(
      'Alice ran, twice; from there (why).',
    );
  });
});
