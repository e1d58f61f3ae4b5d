import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonView } from '../../../../src/engine/decode/json-view.ts';
import { withMembers } from '../../../../src/engine/decode/shapes/with-members.ts';

function changed(text: string, members: Readonly<Record<string, string>>): string {
  const bytes = Buffer.from(`  ${text} `);
  return withMembers(new JsonView(bytes, 2, bytes.length - 1), new Map(Object.entries(members))).toString();
}

describe('withMembers', () => {
  it.each([
    ['{}', { a: '1' }, '{"a":1}'],
    ['{ }', { a: '1', b: '2' }, '{ "a":1,"b":2}'],
    ['{"a":0}', { a: '1' }, '{"a":1}'],
    ['{"a":0,"b":[{"a":0}] }', { b: '"é"' }, '{"a":0,"b":"é" }'],
    ['{"a":0,"b":0}', { c: '3', b: '2', a: '1' }, '{"a":1,"b":2,"c":3}'],
    ['{"a":0,"a":7}', { a: '1' }, '{"a":0,"a":1}'],
    ['{"\\u0061":0}', { a: '1' }, '{"\\u0061":1}'],
    ['{"a":1}', {}, '{"a":1}'],
  ])('makes of %s with %j %s', (text, members, expected) => {
    expect(changed(text, members)).toBe(expected);
  });

  it('changes what it is told to, and nothing else', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(object, object, (before, members) => {
        const json = Object.fromEntries(Object.entries(members).map(([name, value]) => [name, JSON.stringify(value)]));
        const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
        expect(JSON.parse(changed(JSON.stringify(before), json))).toEqual(plain({ ...before, ...members }));
      }),
    );
  });
});
