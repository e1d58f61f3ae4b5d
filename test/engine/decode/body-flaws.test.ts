import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyFlaws } from '../../../src/engine/decode/body-flaws.ts';
import { jsonText } from './json-text-arbitrary.ts';

const runs = Number(process.env['LAPWING_RUNS'] ?? 300);

describe('bodyFlaws', () => {
  it.each([
    ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}],"d":"a"}', []],
    ['{"a":1,"\\u0061":2}', ['duplicate keys']],
    ['{"a":{"b":[0,{"x":1,"y":[{"z":1}],"x":2}]}}', ['duplicate keys']],
    ['{"__proto__":1,"constructor":2,"toString":3}', []],
    ['{"__proto__":1,"__proto__":2}', ['duplicate keys']],
    ['{"a":["a","a",{"a":"a"}],"b":"a"}', []],
    ['{"a\\"":1,"a\\\\":2,"a":3}', []],
    ['{"\\ud83d\\ude00":1,"😀":2}', ['duplicate keys']],
    ['{"":1,"":2}', ['duplicate keys']],
    ['[9007199254740993]', ['large number']],
    ['["9007199254740993", 9007199254740992, 1e300]', []],
    ['{"a":-18446744073709551615}', ['large number']],
    [`${'['.repeat(64)}1${']'.repeat(64)}`, []],
    [`${'['.repeat(65)}1${']'.repeat(65)}`, ['nested too deep']],
    ['{"a":"b', ['cut short']],
    ['{"a":"b\\"', ['cut short']],
    ['{"a":"b\\\\"', ['cut short']],
    ['"b\\\\"', []],
    ['"', ['cut short']],
    ['"\\', ['cut short']],
    ['[1', ['cut short']],
    ['', []],
  ])('tells of %s', (text, wanted) => {
    expect(bodyFlaws(text)).toEqual(wanted);
  });

  it('finds names given twice and large integers wherever they are, and nothing else', () => {
    const seen = [0, 0, 0];
    fc.assert(
      fc.property(jsonText, ({ text, isTwice = false, isLarge = false }) => {
        const flaws = bodyFlaws(text);
        expect([...flaws].toSorted()).toEqual([
          ...(isTwice ? ['duplicate keys'] : []),
          ...(isLarge ? ['large number'] : []),
        ]);
        seen[(isTwice ? 1 : 0) + (isLarge ? 1 : 0)]! += 1;
      }),
      { numRuns: runs * 3 },
    );
    for (const times of seen) expect(times).toBeGreaterThan(0);
  });

  it('tells of every text that is cut within brackets, and never throws', () => {
    fc.assert(
      fc.property(jsonText, fc.nat(), fc.string({ maxLength: 3 }), ({ text }, at, other) => {
        const whole = `[${text}]`;
        const cut = whole.slice(0, 1 + (at % (whole.length - 1)));
        expect(bodyFlaws(cut)).toContain('cut short');
        expect(bodyFlaws(cut.slice(0, -1) + other + whole.slice(cut.length))).toBeInstanceOf(Array);
      }),
      { numRuns: runs },
    );
  });

  it('needs neither stack nor time for what is deep or wide', () => {
    const deep = `${'{"a":['.repeat(500_000)}${']}'.repeat(500_000)}`;
    expect(bodyFlaws(deep)).toEqual(['nested too deep']);
    const wide = Array.from({ length: 300_000 }, (_, index) => `"k${index}":${'"\\\\"'}`).join();
    expect(bodyFlaws(`{${wide}}`)).toEqual([]);
    expect(bodyFlaws(`{${wide},"k7":1}`)).toEqual(['duplicate keys']);
    expect(bodyFlaws(`["${'\\\\'.repeat(1_000_000)}"]`)).toEqual([]);
  });
});
