import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../src/engine/pattern.ts';
import { hostileText } from '../support/alert.ts';

/** The same by trying everything: slow, and plainly right. */
function slowly(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] !== '*') return text !== '' && text[0] === pattern[0] && slowly(pattern.slice(1), text.slice(1));
  for (let from = 0; from <= text.length; from += 1) if (slowly(pattern.slice(1), text.slice(from))) return true;
  return false;
}

describe('a pattern', () => {
  it.each([
    ['alice', 'alice', true],
    ['alice', 'Alice', false],
    ['alice', 'alice2', false],
    ['ali*', 'ali', true],
    ['*ice', 'alice', true],
    ['a*a', 'a', false],
    ['ab*ba', 'aba', false],
    ['a*b*c', 'a--b--c', true],
    ['a*b*c', 'a--c--b', false],
    ['*', '', true],
    ['**', 'x', true],
    ['web-?', 'web-1', false],
    ['web.1', 'webx1', false],
    ['(a+)+$', '(a+)+$', true],
    ['*b', 'line\nb', true],
  ])('%j on %j: %s', (pattern, text, expected) => expect(compilePattern(pattern)(text)).toBe(expected));

  it('means what a slow search finds', () => {
    const letters = (alphabet: string) => fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 8 });
    let matched = 0;
    fc.assert(
      fc.property(letters('ab*'), letters('ab'), (pattern, text) => {
        expect(compilePattern(pattern)(text)).toBe(slowly(pattern, text));
        matched += Number(slowly(pattern, text));
      }),
      { numRuns: 3_000 },
    );
    expect(matched).toBeGreaterThan(200);
  });

  it('takes every text that it is made from, star by star, and no text beyond 1,024 characters', () => {
    fc.assert(
      fc.property(hostileText(), fc.nat(), fc.nat(), (text, a, b) => {
        const [from, to] = [a % (text.length + 1), b % (text.length + 1)].toSorted((x, y) => x - y) as [number, number];
        const pattern = `${text.slice(0, from)}*${text.slice(to)}`;
        expect(compilePattern(pattern)(text)).toBe(text.length <= 1_024);
      }),
    );
  });

  it('is no work on texts made to be', () => {
    const pattern = `${'*a'.repeat(100)}b`;
    // A backtracking search would not end within the age of the universe.
    for (let time = 0; time < 200; time += 1) expect(compilePattern(pattern)('a'.repeat(1_024))).toBe(false);
  });
});
