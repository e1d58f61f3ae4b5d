import { describe, expect, it } from 'vitest';
import { GOOD, NOON, through } from './hostile-scene.ts';
import { CASES, MEGABYTE } from './hostile-table.ts';

describe('hostile bytes among good events', () => {
  it.each(CASES)('harm nobody: $name', async ({ bytes, events, rejected }) => {
    const { rejects, alerts, ...run } = await through(Buffer.from(bytes() as string));
    expect(run).toEqual({ events, rejectedBy: rejected, harmed: [] });
    const most = Object.values(rejected).reduce((sum, each) => sum + each, 0);
    expect(rejects.length).toBe(Math.min(200, most));
    expect(alerts.length).toBeGreaterThan(3);
  });
});

const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['toString', 'toString'],
  ['hasOwnProperty', 'hasOwnProperty'],
  ['nothing', ''],
  ['a megabyte', MEGABYTE],
  ['a megabyte of emoji', '😀'.repeat(250_000)],
  ['control characters', '\u001b[2J\u001b]0;owned\u0007\r\n\0\u009b31m\u007f'],
  ['line separators', 'a\u2028b\u2029c\u0085d'],
  ['marks of direction', '\u202egnp.exe\u2066\u200f\u061c'],
  ['a bulk request', '"}\n{"index":{"_index":"x"}}\n'],
  ['a lone high surrogate', 'a\ud800'],
  ['a lone low surrogate', '\udc00b'],
  ['a byte order mark', '\ufeff'],
  ['null as text', 'null'],
  ['brackets', '}]},{"kind":"Event"'],
  ['a path', '../../../../etc/passwd'],
  ['percent escapes', '%00%0a%ff%zz%'],
];

/** One event for each thing that is done in the sample. */
const DEEDS: readonly string[] = [
  ...new Map(
    GOOD.map((line) => {
      const { verb, objectRef, responseStatus } = JSON.parse(line) as Record<
        string,
        Record<string, unknown> | undefined
      >;
      return [[verb, objectRef?.['resource'], objectRef?.['subresource'], responseStatus?.['code']].join(), line];
    }),
  ).values(),
];

type Raw = Record<string, unknown>;
/** Every place where an event has text of the sender's, filled with it. */
const PLACES: readonly ((event: Raw, text: string) => void)[] = [
  (each, text) => Object.assign(each, { auditID: text }),
  (each, text) => Object.assign(each, { verb: text }),
  (each, text) => Object.assign(each, { stage: text, level: text }),
  (each, text) => Object.assign(each, { requestURI: `/api/v1/${text}?command=${text}&${text}=${text}` }),
  (each, text) => Object.assign(each, { userAgent: text }),
  (each, text) => Object.assign(each, { sourceIPs: [text, text] }),
  (each, text) => Object.assign(each, { user: named(text) }),
  (each, text) => Object.assign(each, { impersonatedUser: named(text) }),
  (each, text) =>
    Object.assign(each, { annotations: own(text, text), responseStatus: { code: 403, reason: text, message: text } }),
  (each, text) => Object.assign(each, { objectRef: { ...(each['objectRef'] as object), namespace: text, name: text } }),
  (each, text) =>
    Object.assign(each, { objectRef: { resource: text, subresource: text, apiGroup: text, apiVersion: text } }),
  (each, text) =>
    Object.assign(each, {
      requestObject: filled(each['requestObject'], text),
      responseObject: filled(each['responseObject'], text),
    }),
  (each, text) => Object.assign(each, { requestObject: own(text, own(text, text)) }),
];
/** An object whose only member has that name, whatever it is. */
const own = (name: string, value: unknown): object => Object.fromEntries([[name, value]]);
const named = (text: string): object => ({
  username: text,
  uid: text,
  groups: [text, 'system:authenticated'],
  extra: own(text, [text]),
});
/** The same with every string another. */
const filled = (value: unknown, text: string): unknown =>
  value === undefined
    ? undefined
    : JSON.parse(JSON.stringify(value), (_, each: unknown) => (typeof each === 'string' ? text : each));

describe('hostile text in every field', () => {
  it.each(TEXTS)('is bounded, escaped and harms nobody: %s', async (_, text) => {
    const attacks = text.length < 1_000 ? DEEDS : DEEDS.slice(0, 1);
    const odd = [...PLACES, (each: Raw) => PLACES.forEach((place) => place(each, text))].flatMap((place) =>
      attacks.map((line, index) => {
        const each = JSON.parse(line) as Raw;
        Object.assign(each, {
          auditID: `hostile-${index}`,
          user: { username: `mallory-${index}` },
          stageTimestamp: NOON,
          requestReceivedTimestamp: NOON,
        });
        place(each, text);
        return JSON.stringify(each);
      }),
    );
    const run = await through(Buffer.from(odd.join('\n')));
    expect(run.events).toBe(odd.length);
    expect(run.rejectedBy).toEqual({});
  });

  it('may hold bytes that are not UTF-8', async () => {
    const parts: Buffer[] = [];
    for (const line of DEEDS)
      for (const bad of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0xaf]]) {
        const bytes = Buffer.from(
          line.replaceAll(/"(?:username|name|namespace|userAgent|auditID|requestURI)":"/g, '$&#'),
        );
        const cut: Buffer[] = [];
        let from = 0;
        for (let at = bytes.indexOf(35); at >= 0; at = bytes.indexOf(35, at + 1)) {
          cut.push(bytes.subarray(from, at), Buffer.from(bad));
          from = at + 1;
        }
        parts.push(...cut, bytes.subarray(from), Buffer.from('\n'));
      }
    const run = await through(Buffer.concat(parts));
    expect(run.events).toBe(DEEDS.length * 5);
    expect(run.rejectedBy).toEqual({});
    expect(run.alerts.some(({ actor }) => actor.user?.includes('\ufffd'))).toBe(true);
  });
});
