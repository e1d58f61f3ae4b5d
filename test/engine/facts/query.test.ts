import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pathOf, queryOf, valuesOf } from '../../../src/engine/facts/query.ts';

describe('the query of a URI', () => {
  test.each<readonly [string, string, readonly (readonly [string, string])[]]>([
    ['none', '/api', []],
    ['empty', '/api?', []],
    [
      'plain',
      '/x?a=1&b=2&a=3',
      [
        ['a', '1'],
        ['b', '2'],
        ['a', '3'],
      ],
    ],
    ['plus and percent', '/x?c=a+b%20c%2Bd', [['c', 'a b c+d']]],
    ['escaped keys', '/x?c%6Fmmand=sh', [['command', 'sh']]],
    ['no value', '/x?watch', [['watch', '']]],
    ['equals in the value', '/x?a=b=c', [['a', 'b=c']]],
    ['a semicolon drops the pair', '/x?a=1;b=2&c=3', [['c', '3']]],
    ['an escaped semicolon stays', '/x?a=1%3Bb', [['a', '1;b']]],
    ['a broken escape drops the pair', '/x?a=%zz&%zz=a&b=1', [['b', '1']]],
    [
      'an escape that the cut broke',
      '/x?a=1&b=abc%2',
      [
        ['a', '1'],
        ['b', 'abc'],
      ],
    ],
    ['several bytes a character', '/x?a=%C3%A9%F0%9F%98%80', [['a', 'é😀']]],
    ['bytes that are no text', '/x?a=%ff%41', [['a', '\ufffdA']]],
    ['empty pairs', '/x?&&a=1&', [['a', '1']]],
  ])('%s', (_, uri, expected) => {
    expect(queryOf(uri)).toEqual(expected);
  });

  test('agrees with what URLSearchParams writes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), { minLength: 1 }),
        (pairs) => {
          const named = pairs.map(([key, value]) => [`k${key}`, value] as [string, string]);
          expect(queryOf(`/x?${new URLSearchParams(named).toString()}`)).toEqual(named);
          expect(valuesOf(`/x?${new URLSearchParams(named).toString()}`, named[0]![0])).toContain(named[0]![1]);
        },
      ),
    );
  });

  test('any text is read without a throw', () => {
    const unit = fc.constantFrom(...'a0%=&;+?\u202e\ud800é😀 \0');
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        expect(queryOf(`?${text}`)).toBeInstanceOf(Array);
      }),
    );
  });
});

test('the path of a URI', () => {
  expect(pathOf('/api/v1/nodes/n%2D1/proxy?x=%2F')).toBe('/api/v1/nodes/n-1/proxy');
  expect(pathOf('/a+b/%zz')).toBe('/a+b/%zz');
});
