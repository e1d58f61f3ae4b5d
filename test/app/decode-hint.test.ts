import { describe, expect, it } from 'vitest';
import { hintOf } from '../../src/app/decode-hint.ts';
import { line } from '../engine/decode/decoding.ts';
import { inspect } from './decoded.ts';

/** The hints for what a file holds, one for each reject. */
const hints = (text: string | Buffer, shape?: string): readonly string[] =>
  inspect(text, shape).records.flatMap(({ rejects, bytes }) => rejects.map((reject) => hintOf(reject, bytes)));
const event = line();

describe('hints', () => {
  it.each<[string, string | Buffer, RegExp]>([
    [
      'an unknown object',
      '{"foo":1,"bar_baz":2,"@timestamp":3}',
      /^an object with the members foo, bar_baz, @timestamp: no known shape\. .*docs\/shapes\.md\.$/,
    ],
    ['an object with one member', '{"foo":1}', /^an object with the member foo: no known shape/],
    ['an empty object', '{}', /^an empty object\.$/],
    ['a string', JSON.stringify(event), /^a JSON string: if an event stands in it, it was encoded twice/],
    ['a number', '17', /^a JSON value that is no object/],
    [
      'an audit policy',
      '{"apiVersion":"audit.k8s.io/v1","kind":"Policy","rules":[]}',
      /^an audit policy, not an audit log/,
    ],
    [
      'an event of the cluster',
      '{"apiVersion":"v1","kind":"Event","involvedObject":{"kind":"Pod"}}',
      /^an Event object of the cluster/,
    ],
    ['an object of the API', '{"apiVersion":"v1","kind":"Pod","spec":{}}', /^an object of the Kubernetes API \(Pod\)/],
    [
      'an event of nothing',
      '{"apiVersion":"audit.k8s.io/v1","kind":"Event"}',
      /^it says that it is an Event and has neither/,
    ],
    ['a large object', `{"foo":"${'x'.repeat(70_000)}"}`, /^a large object of no known shape/],
    [
      'an event without a time',
      '{"kind":"Event","verb":"get","requestURI":"/x"}',
      /^it has neither a stageTimestamp nor/,
    ],
    ['a code that is none', line({ responseStatus: { code: 'x' } }), /^responseStatus\.code is no whole number/],
    ['a cut line at the end', event.slice(0, 200), /^it breaks off: the record was cut/],
    ['data that is none', '{"awslogs":{"data":"?"}}', /^its data is no base64, or gzip that is broken/],
    [
      'the rest of what was cut',
      '{"category":"kube-audit","resourceId":"x","properties":{"log":"er\\"}"}}',
      /^Azure cut the record in two/,
    ],
    ['a cut line', `${event.slice(0, 200)}\n${event}`, /^it breaks off: the record was cut/],
    [
      'a line cut between values',
      `${event.slice(0, event.indexOf(','))}\n${event}`,
      /^it breaks off: the record was cut/,
    ],
    ['a changed line', event.replace('"verb"', 'verb'), /^it begins as JSON and stops to be it at its byte \d+/],
    ['two values on a line', `${event}${event}`, /^one JSON value a line/],
    ['escaped quotes', String.raw`{\"kind\":\"Event\"}`, /^JSON whose quotes were changed or escaped/],
    ['quotes of another language', "{'kind': 'Event'}", /^JSON whose quotes were changed or escaped/],
    ['YAML', 'apiVersion: audit.k8s.io/v1', /^YAML: an audit log is JSON/],
    ['a web page', '<!DOCTYPE html>', /^a web page or XML/],
    ['gzip', Buffer.from([0x78, 10, 0x1f, 0x8b, 8, 0]), /^gzip within the input/],
    ['UTF-16', Buffer.from('hello', 'utf16le'), /^binary, or UTF-16/],
    ['text', 'hello world', /^text that is neither JSON nor a form of log that Lapwing knows/],
    ['a line of spread JSON', 'x\n{\n"kind": "Event",\n}', /^a line out of JSON that is spread over many lines/],
    ['a bad escape', line({ verb: 'X' }).replace('"X"', String.raw`"\x"`), /^a backslash that JSON does not know/],
    ['what a wrapper holds', '{"log":"{\\"foo\\":1}"}', /^what the wrapper holds is no audit event/],
    [
      'a cut event in a wrapper',
      JSON.stringify({ log: '{"kind":"Event","level":"Metadata"' }),
      /^the event was cut on its way/,
    ],
  ])('tell of %s', (_, text, expected) => {
    expect(hints(text).filter((each) => expected.test(each))).not.toEqual([]);
  });

  it('tell that another shape is insisted on', () => {
    expect(hints(event, 'fluentbit')).toEqual([expect.stringMatching(/^it is not of the shape that --shape/)]);
  });

  it('name no member that may be a secret, and no more than a dozen', () => {
    const secret = [
      'ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6',
      'QWxhZGRpbjpvcGVu3Nlc2FtZQ',
      'x'.repeat(40),
      'a b',
      '\u001b[31m',
    ];
    const [hint] = hints(JSON.stringify(Object.fromEntries(['plain', ...secret].map((name) => [name, 1]))));
    expect(hint).toContain('the members plain, 5 more: no known shape');
    const many = Array.from({ length: 40 }, (_, index) => `name${'abcdefgh'[index % 8]}${'abcdefgh'[index >> 3]}`);
    expect(hints(JSON.stringify(Object.fromEntries(many.map((name) => [name, 1]))))[0]).toContain(', 28 more:');
    expect(hints(JSON.stringify({ [secret[0]!]: 1 }))[0]).toContain('the member 1 of its own making:');
  });
});
