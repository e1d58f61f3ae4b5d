import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBody } from '../../../src/engine/decode/read-body.ts';
import { redactObject } from '../../../src/engine/decode/redact-object.ts';
import { redactText } from '../../../src/engine/decode/redact.ts';
import { jsonText } from './json-text-arbitrary.ts';

const runs = Number(process.env['LAPWING_RUNS'] ?? 300);

const marker = (text: string): string =>
  `[nested too deep: ${createHash('sha256').update(text).digest('hex').slice(0, 16)}]`;
/** A text within that many arrays. */
const within = (levels: number, text: string): string => '['.repeat(levels) + text + ']'.repeat(levels);
/** What is inside of that many arrays. */
function inner(value: unknown, levels: number): unknown {
  for (let level = 0; level < levels; level += 1) {
    expect(value).toHaveLength(1);
    value = (value as readonly unknown[])[0];
  }
  return value;
}

describe('readBody', () => {
  it('reads what JSON.parse reads, and integers that a number cannot hold as their digits', () => {
    let [odd, plain] = [0, 0];
    fc.assert(
      fc.property(jsonText, ({ text, value, isLarge }) => {
        expect(readBody(text)).toEqual(value);
        expect(isLarge === true || isDeepStrictEqual(value, JSON.parse(text))).toBe(true);
        if (isLarge === true) odd += 1;
        else plain += 1;
      }),
      { numRuns: runs * 3 },
    );
    expect(Math.min(odd, plain)).toBeGreaterThan(runs / 20);
  });

  it.each<[string, unknown]>([
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740992', 9_007_199_254_740_992],
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993', '-9007199254740993'],
    ['18446744073709551615', '18446744073709551615'],
    // Its shortest form is another integer, which a second reading would take for its digits.
    ['1152921504606846976', '1152921504606846976'],
    ['1152921504606847000', 1_152_921_504_606_847_000],
    ['1000000000000000000000', '1000000000000000000000'],
    ['-0', -0],
    ['9007199254740993.0', 9_007_199_254_740_992],
    ['9007199254740993e0', 9_007_199_254_740_992],
    ['1e400', Number.POSITIVE_INFINITY],
    ['"9007199254740993"', '9007199254740993'],
  ])('reads %s', (text, wanted) => {
    expect(readBody(text)).toBe(wanted);
    expect(readBody(` [ ${text}\n, {"a" :${text}} ] `)).toEqual([wanted, { a: wanted }]);
    const again = JSON.stringify(readBody(`[${text}]`));
    expect(JSON.stringify(readBody(again))).toBe(again);
  });

  it('reads 64 levels, and tells what is deeper by a hash', () => {
    expect(inner(readBody(within(64, '"x"')), 64)).toBe('x');
    expect(inner(readBody(within(64, '[]')), 64)).toBe(marker('[]'));
    expect(inner(readBody(within(64, '{"a":"]}\\"[{"}')), 64)).toBe(marker('{"a":"]}\\"[{"}'));
    expect(readBody(`{"a":${within(63, '[1],{"b":[2,{}]},3')},"c":4}`)).toEqual({
      a: JSON.parse(within(63, `${JSON.stringify(marker('[1]'))},${JSON.stringify(marker('{"b":[2,{}]}'))},3`)),
      c: 4,
    });
  });

  it('agrees with redactObject on how deep that is', () => {
    for (const levels of [63, 64, 65, 66]) {
      const read = redactObject(readBody(within(levels, '1')), undefined);
      expect(JSON.stringify(read)).toBe(JSON.stringify(readBody(within(levels, '1'))));
    }
  });

  it('hashes nothing that could be guessed at', () => {
    const hash = (text: string) => inner(readBody(within(64, text)), 64);
    expect(redactText('{"password":"1234"}')).not.toContain('1234');
    expect(hash('{"password":"1234"}')).toBe(hash('{"password":"5678"}'));
    expect(hash('{"p\\u0061ssword":"1234"}')).toBe(hash('{"password":"5678"}'));
    expect(hash('{"name":"1234"}')).not.toBe(hash('{"name":"5678"}'));
  });

  it.each([5_000, 10_000, 1_000_000])('needs no stack for %i levels', (levels) => {
    for (const text of [within(levels, '1'), '{"a":'.repeat(levels) + '1' + '}'.repeat(levels)]) {
      const read = JSON.stringify(redactObject(readBody(`{"deep":${text},"flat":1}`), undefined));
      expect(read).toMatch(/\[nested too deep: [0-9a-f]{16}\]"[\]}]{63},"flat":1\}$/);
      expect(read.length).toBeLessThan(600);
    }
  });

  it('knows no name that means something to JavaScript', () => {
    for (const big of ['1', '9007199254740993']) {
      const text = `{"__proto__":{"polluted":${big}},"constructor":{"prototype":{"polluted":1}},"toString":0}`;
      const body = redactObject(readBody(text), undefined) as object;
      expect(Object.keys(body)).toEqual(['__proto__', 'constructor', 'toString']);
      expect(Object.getPrototypeOf(body)).toBeNull();
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    }
  });

  it('takes the last of members given twice, also where others are odd', () => {
    expect(readBody('{"a":9007199254740993,"b":1,"a":2,"\\u0061":3}')).toEqual({ a: 3, b: 1 });
    expect(readBody('{"b":9007199254740993,"a":2,"\\u0061":[]}')).toEqual({ b: '9007199254740993', a: [] });
  });

  it('throws SyntaxError on what is no JSON', () => {
    for (const text of ['', '{', '[1,]', '01', '"\n"']) expect(() => readBody(text)).toThrow(SyntaxError);
  });
});
