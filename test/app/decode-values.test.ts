import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valuesOf } from '../../src/app/decode-values.ts';
import { Decoder } from '../../src/engine/decode/decoder.ts';
import { KEY, line } from '../engine/decode/decoding.ts';

const parts = (text: string): readonly string[] => {
  const bytes = Buffer.from(text);
  return [...valuesOf(bytes)].map(([from, to]) => bytes.toString('utf8', from, to));
};
const event = line();
const pretty = JSON.stringify(JSON.parse(event), null, 2);

let told: string[] = [];
const decoder = new Decoder({
  key: KEY,
  cluster: '',
  onReject: ({ reason }) => told.push(`rejected: ${reason}`),
  onPassed: (shape, reason) => told.push(`${shape}: ${reason}`),
});

/** What becomes of the records, in order. */
function tell(records: readonly Buffer[]): readonly string[] {
  told = [];
  for (const bytes of records) {
    decoder.open({ bytes, origin: { source: 'test', position: 'here' } });
    while (decoder.next()) told.push(`event ${decoder.event(false).auditId}`);
  }
  return told;
}

describe('values of a piece', () => {
  it.each<[string, string, readonly string[]]>([
    ['nothing', '', []],
    ['blank lines', '\n \r\n\uFEFF\n', []],
    ['lines', '{"a":1}\n[2]\r\n', ['{"a":1}\n', '[2]\r\n']],
    ['no line end at the end', '{"a":1}\n{"b":2}', ['{"a":1}\n', '{"b":2}']],
    ['a byte order mark and indented lines', '\uFEFF{"a":1}\n\n  {"b":2}\n', ['{"a":1}\n', '{"b":2}\n']],
    ['values over many lines', '{\n"a":1\n}\n\n{\n"b":2}\n{"c":3}\n', ['{\n"a":1\n}\n', '{\n"b":2}\n', '{"c":3}\n']],
    ['a cut line among lines', '{"a":1}\n{"b":\n{"c":3}\n', ['{"a":1}\n', '{"b":\n', '{"c":3}\n']],
    ['text', 'hello\nworld {\n{"a":1}\n', ['hello\n', 'world {\n', '{"a":1}\n']],
    ['two values in a line', '{"a":1}{"b":2}\n{"c":3}\n', ['{"a":1}{"b":2}\n', '{"c":3}\n']],
  ])('cuts %s', (_, text, expected) => expect(parts(text)).toEqual(expected));

  it.each([
    ['lines', () => lines],
    ['values over many lines', () => spread],
  ])('of %s decode to what the whole does: the same events, as many pieces lost for the same reasons', (_, input) => {
    let events = 0;
    let lost = 0;
    fc.assert(
      fc.property(input(), (text) => {
        const bytes = Buffer.from(text);
        const expected = tell([bytes]);
        const values = [...valuesOf(bytes)];
        expect(tell(values.map(([from, to]) => bytes.subarray(from, to)))).toEqual(expected);
        expect(values.every(([from, to], index) => from >= (values[index - 1]?.[1] ?? 0) && to > from)).toBe(true);
        events += expected.filter((each) => each.startsWith('event')).length;
        lost += expected.filter((each) => each.startsWith('rejected')).length;
      }),
      { numRuns: 300 },
    );
    expect(events).toBeGreaterThan(100);
    expect(lost).toBeGreaterThan(100);
  });
});

const text = fc.constantFrom(
  'I1121 10:00:00.000000 1 main.go:1] {',
  'x',
  '"text"',
  '{"a":',
  '{',
  '}',
  '',
  ' ',
  '1 2',
  '{"a":"b',
);
const whole = fc.constantFrom(event, event, JSON.stringify({ log: event }), '{}');
const lists = fc.constantFrom(`[${event},${event}]`, `{"kind":"EventList","items":[${event}]}`, '[]', `[${event},x]`);
const cut = (of: string) => fc.nat(of.length).map((at) => of.slice(0, at));
const joined = (part: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(part, fc.constantFrom('\n', '\n', '\n', '\r\n', '', '\n\n')), { maxLength: 8 })
    .map((parts) =>
      parts.map(([each, end], index) => each.replace(/"auditID":\s?"[^"]*"/g, `"auditID":"${index}"`) + end).join(''),
    );
/** Whole and broken values, each on a line. */
const lines = joined(fc.oneof(whole, lists, text, cut(event)));
/** The same over many lines; where a list breaks within a line of such, its rest is told as one record. */
const spread = joined(fc.oneof(whole, fc.constant(pretty), text, cut(event), cut(pretty)));
