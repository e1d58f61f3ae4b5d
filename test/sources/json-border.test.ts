import { array, assert, constantFrom, jsonValue, nat, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonBorder, spreadOverLines } from '../../src/sources/json-border.ts';

describe('JsonBorder', () => {
  it('finds every line end between values and no other, whatever the pieces', () => {
    const values = array(record({ a: jsonValue(), '"b\\]}': jsonValue() }), { minLength: 1, maxLength: 6 });
    let found = 0;
    assert(
      property(values, constantFrom(0, 1, 4), array(nat(400), { maxLength: 20 }), (all, indent, cuts) => {
        const texts = all.map((value) => Buffer.from(`${JSON.stringify(value, null, indent)}\n`));
        const whole = Buffer.concat(texts);
        const ends = new Set<number>();
        let end = 0;
        for (const text of texts) ends.add((end += text.length));
        const border = new JsonBorder();
        const seen = new Set<number>();
        let from = 0;
        // Byte by byte after the cuts, so that no border hides behind a later one of its piece.
        for (const to of [...new Set(cuts)].sort((one, two) => one - two)) {
          if (to <= from || to > whole.length) continue;
          const at = border.scan(whole, from, to);
          const last = [...ends].findLast((each) => each > from && each <= to) ?? -1;
          expect(at).toBe(last);
          if (at >= 0) seen.add(at);
          from = to;
        }
        for (; from < whole.length; from++) {
          const at = border.scan(whole, from, from + 1);
          if (at >= 0) seen.add(at);
        }
        for (const at of seen) expect(ends.has(at)).toBe(true);
        expect(seen.has(whole.length)).toBe(true);
        found += seen.size;
      }),
      { numRuns: 300 },
    );
    expect(found).toBeGreaterThan(300);
  });

  it('counts no bracket and no quote within a string, and takes a stray closing bracket for nothing', () => {
    const text = Buffer.from('{"a":"\\\\\\"}]"}\n]}\n{"b":1}\n');
    const border = new JsonBorder();
    const seen: number[] = [];
    for (let at = 0; at < text.length; at++) {
      const end = border.scan(text, at, at + 1);
      if (end >= 0) seen.push(end);
    }
    expect(seen).toEqual([15, 18, 26]);
  });
});

describe('spreadOverLines', () => {
  it.each<[string, boolean]>([
    ['', false],
    ['{', false],
    ['{\n', true],
    [' \t[\n', true],
    ['\ufeff[\n', true],
    ['[{"a":1},\n', true],
    ['{ "kind": "EventList",\n  "items": []\n}\n', true],
    ['{"a":1}\n{"b":1}\n', false],
    ['{"a":1} \n', false],
    ['[{"a":1}]\n', false],
    ['{"a":"x\n{"b":1}\n', false],
    ['{"a":1,\n{"b":1}\n', false],
    ['"a":1}\n{"b":1}\n', false],
    ['not json\n', false],
  ])('%j: %s', (text, spread) => {
    expect(spreadOverLines(Buffer.from(text))).toBe(spread);
  });
});
