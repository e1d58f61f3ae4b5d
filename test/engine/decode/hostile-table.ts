import { rawEvent } from './decoding.ts';
import { NOON } from './hostile-scene.ts';

/** Bytes to put among good events, with what must come of them. Made when it is their turn: some are large. */
type Case = readonly [
  name: string,
  bytes: () => string | Buffer,
  events: number,
  rejected?: Readonly<Record<string, number>>,
];
type Members = Readonly<Record<string, unknown>>;

/** An event of somebody whom no good event knows, at the time of those around it. */
const event = (over: Members = {}): string =>
  JSON.stringify(
    rawEvent({
      user: { username: 'mallory', groups: ['system:authenticated'] },
      sourceIPs: ['10.66.6.6'],
      objectRef: { resource: 'pods', namespace: 'lair', name: 'x', apiVersion: 'v1' },
      requestReceivedTimestamp: NOON,
      stageTimestamp: NOON,
      ...over,
    }),
  );
/** With one more member, as text. */
const having = (member: string, over: Members = {}): string => event(over).replace('"verb"', `${member},"verb"`);
const coded = (code: string): string => event().replace('"code":200', `"code":${code}`);
const deep = (levels: number): string => `${'{"a":['.repeat(levels / 2)}1${']}'.repeat(levels / 2)}`;
const listOf = (items: readonly string[]): string => `{"kind":"EventList","metadata":{},"items":[${items.join()}]}`;
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const named = (count: number, value: unknown): object =>
  Object.fromEntries(many(count, (index) => [`a${index}`, value]));
const short = (value: unknown): string => String(JSON.stringify(value)).slice(0, 40);
export const MEGABYTE = 'm'.repeat(1_000_000);

const JSON_FAULT = { 'unknown: not JSON': 1 };
const NO_INTEGER = { 'unknown: code is not an integer': 1 };
const NO_TIME = { 'unknown: no usable time': 1 };

const depths = [5_000, 10_000, 1_000_000].flatMap((levels): Case[] => [
  [`${levels} levels in requestObject`, () => having(`"requestObject":${deep(levels)}`), 1],
  [
    `${levels} levels in a workload that is judged`,
    () =>
      having(`"requestObject":{"kind":"Pod","spec":{"containers":[{"name":"x","x":${deep(levels)}}]}}`, {
        verb: 'create',
      }),
    1,
  ],
  [`${levels} levels in user.extra`, () => event().replace('"groups"', `"extra":{"k":${deep(levels)}},"groups"`), 1],
  [
    `${levels} levels in annotations`,
    () => having(`"annotations":{"k":${deep(levels)}}`, { annotations: undefined }),
    1,
  ],
  [`${levels} levels in an unknown member`, () => having(`"x":${deep(levels)}`), 1],
  [
    `${levels} levels that never close`,
    () => `{"verb":"get","x":${'['.repeat(levels)}`,
    0,
    { 'unknown: unexpected end': 1 },
  ],
]);

const twice: readonly Case[] = [
  ['user twice', () => having('"user":{"username":"root","groups":["system:masters"]}'), 1],
  ['verb twice', () => having('"verb":"delete"'), 1],
  ['everything twice', () => `${event().slice(0, -1)},${event().slice(1)}`, 1],
  ['a name twice, once escaped', () => having(String.raw`"v\u0065rb":"delete"`), 1],
];

const numbers: readonly Case[] = [
  [
    'integers beyond 2^53 in a body',
    () => having('"requestObject":{"a":9007199254740993,"b":[-18446744073709551616],"c":1e400,"d":-0}'),
    1,
  ],
  ['a number of a million digits', () => having(`"requestObject":{"a":${'9'.repeat(1_000_000)}}`), 1],
  ['a code of -0', () => coded('-0'), 1],
  ...['9007199254740993', '1e400', '"200"', '2.5', 'true', '{}'].map((code): Case => [
    `the code ${code}`,
    () => coded(code),
    0,
    NO_INTEGER,
  ]),
  ...['NaN', 'Infinity', '0x10', '1_000', '+1', '.5', '01'].map((code): Case => [
    `no number: ${code}`,
    () => coded(code),
    0,
    JSON_FAULT,
  ]),
];

const times: readonly Case[] = [
  ...[
    '1970-01-01T00:00:00Z',
    '2099-12-31T23:59:59.999999Z',
    '2026-11-21T12:20:10+02:00',
    '2026-11-21T10:20:10Z',
    '2026-11-21T10:20:10.123456789Z',
    '2026-11-21t10:20:10.000000z',
    '2016-12-31T23:59:60Z',
  ].map((time): Case => [`the time ${time}`, () => event({ stageTimestamp: time, requestReceivedTimestamp: time }), 1]),
  ...[
    0,
    1_795_000_000,
    '',
    'now',
    null,
    {},
    '0000-00-00T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '1969-12-31T23:59:59Z',
    MEGABYTE,
  ].map((time): Case => [
    `no time: ${short(time)}`,
    () => event({ stageTimestamp: time, requestReceivedTimestamp: time }),
    0,
    NO_TIME,
  ]),
];

const parts: readonly Case[] = [
  ...[undefined, '', 'Later', 'Panic', 5, null, MEGABYTE].map((stage): Case => [
    `the stage ${short(stage)}`,
    () => event({ stage }),
    1,
  ]),
  ...[
    {},
    null,
    'root',
    5,
    ['root'],
    { username: null },
    { username: { a: 1 } },
    { username: 'x', groups: 'system:masters', extra: [] },
  ].map((user): Case => [`the user ${short(user)}`, () => event({ user }), 1]),
  ...['10.0.0.1', 5, {}, [[]], ['', null, '\u202e'], many(1_000, (index) => `10.0.${index >> 8}.${index & 255}`)].map(
    (sourceIPs): Case => [`the addresses ${short(sourceIPs)}`, () => event({ sourceIPs }), 1],
  ),
  ['100,000 addresses', () => event({ sourceIPs: many(100_000, () => '10.0.0.1') }), 1],
  ['100,000 groups', () => event({ user: { username: 'mallory', groups: many(100_000, (index) => `g${index}`) } }), 1],
  ['100,000 members of extra', () => event({ user: { username: 'mallory', extra: named(100_000, ['x']) } }), 1],
  ['100,000 annotations', () => event({ annotations: named(100_000, 'x') }), 1],
  ['100,000 unknown members', () => event(named(100_000, 1) as Members), 1],
];

/** A pod of a list, some 90 bytes. */
const POD = '{"spec":{"containers":[{"name":"x","image":"y","args":["a","b"],"n":1}]}}';
const forms: readonly Case[] = [
  ['a list of 36 MiB', () => listOf(many(36_000, () => event())), 36_000],
  [
    'a list of 36 MiB that breaks off',
    () => listOf(many(36_000, () => event())).slice(0, -100),
    35_999,
    { 'unknown: unexpected end': 1 },
  ],
  [
    'an event of 36 MiB',
    () => having(`"responseObject":{"kind":"PodList","items":[${many(500_000, () => POD).join()}]}`),
    1,
  ],
  ['300,000 members that are no event', () => JSON.stringify(named(300_000, 1)), 0, { 'unknown: not an event': 1 }],
  ['a list of 100,000 numbers', () => JSON.stringify(many(100_000, Number)), 0, { 'unknown: not an event': 100_000 }],
  ['NUL bytes', () => '\0'.repeat(1_000), 0, JSON_FAULT],
  ['NUL bytes on a line before an event', () => `\0\0\0\n${event()}`, 1, JSON_FAULT],
  ['a byte order mark before a line', () => `\ufeff${event()}`, 1],
  ['a byte order mark within a line', () => event().replace('"verb"', '\ufeff"verb"'), 0, JSON_FAULT],
  ['UTF-16', () => Buffer.from(event(), 'utf16le'), 0, JSON_FAULT],
  ['what would be a bulk request', () => '{"index":{}}\n{"create":{}}', 0, { 'unknown: not an event': 2 }],
];

/** Everything that may come, one case each. */
export const CASES = [...depths, ...twice, ...numbers, ...times, ...parts, ...forms].map(
  ([name, bytes, events, rejected = {}]) => ({ name, bytes, events, rejected }),
);
