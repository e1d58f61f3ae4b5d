import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObjectSlicer } from '../../../src/engine/decode/object-slicer.ts';

interface Sliced {
  readonly objects: unknown[];
  /** "kind|apiVersion" of the list around each object. */
  readonly lists: string[];
  readonly broken: (readonly [reason: string, at: number])[];
}

/** Pushes the bytes in pieces of these sizes, over and over; checks that each object is where it is said to be. */
function slice(text: string | Buffer, sizes: readonly number[] = [1 << 20], largest = 1 << 20): Sliced {
  const bytes = Buffer.from(text as string);
  const sliced: Sliced = { objects: [], lists: [], broken: [] };
  const slicer = new ObjectSlicer({
    largest,
    onObject: (object, at, { kind, apiVersion }) => {
      expect(bytes.subarray(at, at + object.length).equals(object)).toBe(true);
      sliced.objects.push(JSON.parse(object.toString()));
      sliced.lists.push(`${kind}|${apiVersion}`);
    },
    onBroken: (reason, at) => sliced.broken.push([reason, at]),
  });
  for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length]!;
    // A piece of its own, overwritten afterwards: the slicer must not count on it.
    const piece = Buffer.from(bytes.subarray(from, from + size));
    slicer.push(piece);
    piece.fill(0x7b);
    from += size;
  }
  slicer.end();
  return sliced;
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const object = fc
  .dictionary(
    fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('kind', 'metadata', '__proto__', 'a"b')),
    fc.jsonValue(),
    { maxKeys: 4 },
  )
  .filter((each) => !Object.hasOwn(each, 'items'));
const value = fc.oneof(
  object.map((each) => ({ shown: each as unknown, objects: [each] })),
  fc.array(object, { maxLength: 4 }).map((each) => ({ shown: each as unknown, objects: each })),
  fc.tuple(fc.array(object, { maxLength: 4 }), fc.boolean()).map(([items, kindLast]) => ({
    shown: kindLast
      ? { apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } }
      : { kind: 'PodList', apiVersion: 'v1', metadata: { continue: '', remaining: 3 }, items, more: [1] },
    objects: items,
  })),
);
const text = fc.tuple(value, fc.constantFrom(0, 2, 4, '\t')).map(([{ shown, objects }, indent]) => ({
  shown: JSON.stringify(shown, null, indent),
  objects,
}));

describe('object slicer', () => {
  it('finds exactly the objects of any values, in any layout, cut anywhere', () => {
    let found = 0;
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 4 }),
        fc.constantFrom('\n', '', ' \r\n\t', '\n\uFEFF'),
        sizes,
        (values, between, cuts) => {
          const whole = values.map(({ shown }) => shown).join(between);
          const expected = values.flatMap(({ objects }) => objects);
          const { objects, broken } = slice(whole, cuts);
          found += objects.length;
          expect(JSON.stringify(objects)).toBe(JSON.stringify(expected));
          expect(broken).toEqual([]);
        },
      ),
    );
    expect(found).toBeGreaterThan(100);
  });

  it('says the same of damaged input wherever it is cut', () => {
    let broken = 0;
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 3 }),
        fc.array(fc.tuple(fc.nat(), fc.constantFrom('', '}', ']', '"', '\n', '\\', ',', '{', 'x', '\u0000')), {
          maxLength: 3,
        }),
        sizes,
        (values, damages, cuts) => {
          let whole = values.map(({ shown }) => shown).join('\n');
          for (const [place, put] of damages) {
            const at = place % (whole.length + 1);
            whole = whole.slice(0, at) + put + whole.slice(at + 1);
          }
          const at_once = slice(whole);
          broken += at_once.broken.length;
          expect(slice(whole, cuts)).toEqual(at_once);
        },
      ),
    );
    expect(broken).toBeGreaterThan(50);
  });

  it('tells of a list what stands before its items', () => {
    expect(slice('{"kind":"RoleList","apiVersion":"r/v1","items":[{"a":1}]}').lists).toEqual(['RoleList|r/v1']);
    expect(slice('{"items":[{"a":1}],"kind":"RoleList"}').lists).toEqual(['|']);
    expect(slice('{"kind":7,"items":[{"a":1}]}').lists).toEqual(['|']);
    expect(slice('[{"a":1}]').lists).toEqual(['|']);
  });

  describe('loses no neighbour of', () => {
    const [a, b, c] = ['{"n":1}', '{"n":2}', '{"n":3}'];
    const pretty = (middle: string): string =>
      `{\n    "items": [\n        ${a},\n        ${middle},\n        ${c}\n    ],\n    "kind": "List"\n}\n`;
    it.each<[string, string, RegExp]>([
      ['a broken line', `${a}\n{"n":\n${c}\n`, /unexpected end/],
      ['a line without its end', `${a}\n{"n":2\n${c}\n`, /not JSON/],
      ['a line that ends in a string', `${a}\n{"n":"x\n${c}\n`, /control character/],
      ['a line that is no object', `${a}\n"text"\n${c}\n`, /not an object/],
      ['a line of garbage', `${a}\nhello world\n${c}\n`, /not JSON/],
      ['a broken item', pretty('{"n":nul}'), /not JSON/],
      ['an item without its end', pretty('{"n":2'), /not JSON/],
      ['an item that is no object', pretty('[2]'), /not an object/],
      [
        'an item that is too large',
        pretty(`{"n":"${'"{['.replaceAll('"', String.raw`\"`).repeat(400)}"}`),
        /too large/,
      ],
      ['a line that is too large', `${a}\n{"n":[${'[1],'.repeat(400)}0]}\n${c}\n`, /too large/],
      ['a text that is too large', `${a}\n"${'x'.repeat(2_000)}"\n${c}\n`, /too large|not an object/],
      ['a list with too much behind its items', `{"items":[${a}],"z":"${'z'.repeat(2_000)}"}\n${c}\n`, /too large|^$/],
    ])('%s', (_, whole, reason) => {
      for (const cuts of [[1 << 20], [1], [7], [300]]) {
        const { objects, broken } = slice(whole, cuts, 1_000);
        expect(objects).toEqual([{ n: 1 }, { n: 3 }]);
        expect(broken.map(([each]) => each).join()).toMatch(reason);
      }
    });
    it('a number, however it is cut', () => {
      const whole = `[12345, ${a}, -1.5e10, ${c}] 678 ${b} 9`;
      expect(slice(whole).broken).toHaveLength(4);
      for (const cuts of [[1], [2], [3]]) expect(slice(whole, cuts)).toEqual(slice(whole));
    });
    it('a value between objects on one line, as far as that goes', () => {
      expect(slice(`${a} ${b} 7 ${c}`).objects).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
      expect(slice(`${a}\n${b}]}\n${c}`).objects).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    });
  });

  it.each([['{"n":1'], ['{"items":[{"n":1},'], ['{"items":[{"n":1}]'], ['["x", {"n'], ['tru']])(
    'says of %s that its end is missing',
    (whole) => {
      for (const cuts of [[100], [1]])
        expect(slice(whole, cuts).broken.at(-1)).toEqual(['unexpected end', whole.length]);
    },
  );

  it('holds little of what it passes over', () => {
    let told = 0;
    const slicer = new ObjectSlicer({ largest: 1 << 20, onObject: () => undefined, onBroken: () => (told += 1) });
    const before = process.memoryUsage().arrayBuffers;
    slicer.push(Buffer.from('{"items":[{"blob":"'));
    for (let mib = 0; mib < 100; mib += 1) slicer.push(Buffer.alloc(1 << 20, 0x61));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
    slicer.push(Buffer.from('"},{"n":1}]}'));
    slicer.end();
    expect(told).toBe(1);
  });

  it('takes time in proportion to its input, however it is cut', () => {
    // A look for each byte would be ten thousand million steps.
    const whole = `{"items":[{"n":"${'x'.repeat(100_000)}"}]}`;
    expect(slice(whole, [1]).objects).toHaveLength(1);
  });
});
