import * as fc from 'fast-check';
import { microsOf } from '../../support/event.ts';
import { anyText, blank, jsonText, objectOf, stringText, type Pair } from './json-text-arbitrary.ts';

/** The text of an event, and what its members must be read as. */
export type EventText = Pair & { readonly value: unknown };

/** Times as they may come, in microseconds. */
export const TIMES: ReadonlyMap<string, number> = new Map([
  ['2026-11-21T10:20:10.010471Z', microsOf('2026-11-21T10:20:10.010471Z')],
  ['2026-11-21T10:20:10Z', microsOf('2026-11-21T10:20:10Z')],
  ['2026-11-21T12:20:10.5+02:00', microsOf('2026-11-21T10:20:10.5Z')],
  ['2026-11-21T08:50:10-01:30', microsOf('2026-11-21T10:20:10Z')],
  ['2026-11-21t10:20:10z', microsOf('2026-11-21T10:20:10Z')],
  ['2026-11-21T10:20:10.123456789Z', microsOf('2026-11-21T10:20:10.123456Z')],
  ['2016-12-31T23:59:60Z', microsOf('2017-01-01T00:00:00Z')],
  ['1970-01-01T00:00:00Z', 0],
  ['2099-12-31T23:59:59.999999Z', microsOf('2099-12-31T23:59:59.999999Z')],
  ['2024-02-29T00:00:00.000001Z', microsOf('2024-02-29T00:00:00.000001Z')],
]);

const string = (text: fc.Arbitrary<string>): fc.Arbitrary<Pair> =>
  text.chain((value) => stringText(value).map((json) => ({ text: json, value })));
/** A text now and then as long as the limits. */
const long = fc
  .tuple(
    fc.constantFrom('x', 'é', '😀', '\u2028', '"'),
    fc.constantFrom(255, 256, 511, 512, 513, 1_024, 1_100, 4_097, 8_193),
  )
  .map(([unit, times]) => unit.repeat(times));
const text = string(fc.oneof({ weight: 12, arbitrary: anyText }, long));
const other: fc.Arbitrary<Pair> = jsonText;
const mostly = (usual: fc.Arbitrary<Pair>): fc.Arbitrary<Pair> => fc.oneof({ weight: 9, arbitrary: usual }, other);
const known = (...words: readonly string[]): fc.Arbitrary<Pair> =>
  string(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words) }, anyText));

/** An object of these members: each of them given or not, in any order, now and then twice or with others in between. */
function object(
  members: Readonly<Record<string, fc.Arbitrary<Pair>>>,
  needed: readonly string[] = [],
): fc.Arbitrary<Pair> {
  const names = Object.keys(members);
  const member = (name: string): fc.Arbitrary<readonly [Pair, Pair]> =>
    fc.tuple(string(fc.constant(name)), members[name]!);
  const some = fc.subarray([...names]).chain((given) => {
    const all = [...new Set([...given, ...needed])];
    return fc.shuffledSubarray(all, { minLength: all.length });
  });
  const twice = fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    fc.array(fc.constantFrom(...names), { maxLength: 2 }),
  );
  return fc
    .tuple(twice, some, fc.array(fc.tuple(string(strangeName), other), { maxLength: 2 }), blank)
    .chain(([again, given, strange, gap]) =>
      fc
        .tuple(...[...again, ...given].map(member))
        .map((all) => objectOf([...strange.slice(0, 1), ...all, ...strange.slice(1)], gap)),
    );
}
const strangeName = fc.constantFrom(
  '',
  'x',
  '__proto__',
  'constructor',
  'toString',
  'kinds',
  'Verb',
  'verb ',
  'user.username',
  '0',
);

const list: fc.Arbitrary<Pair> = fc
  .tuple(fc.array(fc.oneof({ weight: 6, arbitrary: text }, other), { maxLength: 4 }), blank)
  .map(([each, gap]) => ({
    text: `[${gap}${each.map((one) => one.text).join(`${gap},${gap}`)}${gap}]`,
    value: each.map(({ value }) => value),
  }));
const dictionary = (each: fc.Arbitrary<Pair>): fc.Arbitrary<Pair> =>
  fc.tuple(fc.array(fc.tuple(text, each), { maxLength: 3 }), blank).map(([members, gap]) => objectOf(members, gap));
const user = mostly(
  object({ username: mostly(text), uid: mostly(text), groups: mostly(list), extra: mostly(dictionary(mostly(list))) }),
);
const status = object({
  metadata: other,
  status: text,
  message: mostly(text),
  reason: mostly(text),
  code: fc
    .oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom('200', '201', '401', '403', '404', '500', '-1', '2e2', '200.0', '0', '-0', 'null'),
      },
      fc.constantFrom('2.5', '"200"', '1e400', '9007199254740993', '4294967296', 'true', '{}'),
    )
    .map((json) => ({ text: json, value: JSON.parse(json) as unknown })),
});
const time = mostly(
  string(
    fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...TIMES.keys()) },
      fc.constantFrom('', 'now', '2026-13-01T00:00:00Z'),
    ),
  ),
);
const note = dictionary(mostly(text));
const verdict = object({
  'authorization.k8s.io/decision': known('allow', 'forbid'),
  'authorization.k8s.io/reason': text,
});

/** An event in any spelling, of any members, any of them odd. */
export const eventText: fc.Arbitrary<EventText> = object(
  {
    kind: fc.oneof({ weight: 15, arbitrary: known('Event') }, fc.constant({ text: 'null', value: null })),
    apiVersion: text,
    level: mostly(known('None', 'Metadata', 'Request', 'RequestResponse')),
    auditID: mostly(text),
    stage: mostly(known('RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic')),
    requestURI: mostly(text),
    verb: mostly(known('get', 'list', 'create')),
    user,
    impersonatedUser: user,
    sourceIPs: mostly(list),
    userAgent: mostly(text),
    objectRef: mostly(
      object({
        resource: mostly(text),
        namespace: mostly(text),
        name: text,
        uid: text,
        apiGroup: text,
        apiVersion: mostly(text),
        resourceVersion: other,
        subresource: mostly(text),
      }),
    ),
    responseStatus: mostly(status),
    requestObject: other,
    responseObject: other,
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    annotations: mostly(fc.oneof(note, verdict)),
  },
  ['stageTimestamp', 'verb'],
);
