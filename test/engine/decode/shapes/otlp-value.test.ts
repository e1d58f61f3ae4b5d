import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonView } from '../../../../src/engine/decode/json-view.ts';
import { jsonOfAttributes, jsonOfValue } from '../../../../src/engine/decode/shapes/otlp-value.ts';
import { anyValue, attributesOf } from './otlp-values.ts';

const viewOf = (text: string): JsonView => new JsonView(Buffer.from(text), 0, Buffer.byteLength(text));
const translated = (text: string): string | undefined => jsonOfValue(viewOf(text))?.toString();

describe('jsonOfValue', () => {
  it('gives back any value that was put into the typed form', () => {
    const json = fc
      .jsonValue({ maxDepth: 6, noUnicodeString: false })
      .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 2), (value, space) => {
        const text = translated(JSON.stringify(anyValue(value), undefined, space));
        expect(JSON.parse(text!)).toEqual(value);
      }),
    );
  });

  it.each([
    ['{"intValue":"9223372036854775807"}', '9223372036854775807'],
    ['{"intValue":-7}', '-7'],
    ['{"intValue":"7e3"}', 'null'],
    ['{"intValue":"0x10"}', 'null'],
    ['{"doubleValue":1.5e3}', '1.5e3'],
    ['{"doubleValue":"NaN"}', 'null'],
    ['{"bytesValue":"aGk="}', '"aGk="'],
    ['{"boolValue":"true"}', 'null'],
    ['{"stringValue":{"a":1}}', 'null'],
    ['{"stringValue":"\\ud800 \\"q\\""}', '"\\ud800 \\"q\\""'],
    ['{}', 'null'],
    ['{"newValue":1}', 'null'],
    ['{"stringValue":"a","intValue":"1"}', '"a"'],
    ['{"newValue":{"x":[1]},"stringValue":"a"}', '"a"'],
    ['{"arrayValue":{}}', '[]'],
    ['{"arrayValue":{"values":[]}}', '[]'],
    ['{"kvlistValue":{}}', '{}'],
    ['{"kvlistValue":{"values":[{"key":"a"}]}}', '{"a":null}'],
    ['{"kvlistValue":{"values":[{"key":"__proto__","value":{"intValue":"1"}}]}}', '{"__proto__":1}'],
    [
      '{"kvlistValue":{"values":[{"key":"a","value":{"intValue":"1"}},{"key":"a","value":{"intValue":"2"}}]}}',
      '{"a":1,"a":2}',
    ],
  ])('reads %s as %s', (typed, json) => {
    expect(translated(typed)).toBe(json);
  });

  it.each([
    '7',
    '"a"',
    '[]',
    'null',
    '{"arrayValue":[]}',
    '{"arrayValue":{"values":[1]}}',
    '{"kvlistValue":{"values":[{"value":{"intValue":"1"}}]}}',
    '{"kvlistValue":{"values":[{}]}}',
    '{"kvlistValue":{"values":[{"key":1,"value":{}}]}}',
  ])('takes %s for none', (typed) => {
    expect(translated(typed)).toBeUndefined();
  });

  it('stops at a depth', () => {
    const nested = (depth: number): string =>
      `${'{"arrayValue":{"values":['.repeat(depth)}{"intValue":"1"}${']}}'.repeat(depth)}`;
    expect(translated(nested(300))).toBe(`${'['.repeat(300)}1${']'.repeat(300)}`);
    expect(translated(nested(301))).toBeUndefined();
    expect(translated(nested(100_000))).toBeUndefined();
  });
});

describe('jsonOfAttributes', () => {
  it('makes an object of a list', () => {
    const value = { verb: 'get', user: { groups: ['a', 'b'] }, code: 200, none: null };
    const text = JSON.stringify(attributesOf(value));
    expect(jsonOfAttributes(viewOf(text))?.toString()).toBe(JSON.stringify(value));
  });
});
