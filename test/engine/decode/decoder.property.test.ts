import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, freshDecoder, line, rawEvent, told } from './decoding.ts';
import { microsOf } from '../../support/event.ts';

const runs = Number(process.env['LAPWING_RUNS'] ?? 300);

const word = fc.oneof(
  fc.constantFrom(
    'get',
    'list',
    'pods',
    'secrets',
    'ResponseComplete',
    'Panic',
    '',
    'system:serviceaccount:a:b',
    '__proto__',
    'constructor',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom('"', '\\', '\n', '\u2028', 'é', '😀', '\ud800', '\udc00', 'a', '/'),
    maxLength: 8,
  }),
);
const words = fc.array(word, { maxLength: 3 });
const strange = fc.jsonValue({ maxDepth: 2 });
const user = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      { username: word, uid: word, groups: words, extra: fc.dictionary(word, words, { maxKeys: 2 }) },
      { requiredKeys: [] },
    ),
  },
  strange,
);
const time = fc.oneof(
  { weight: 5, arbitrary: fc.nat({ max: 999_999 }).map((n) => `2026-11-21T10:20:10.${String(n).padStart(6, '0')}Z`) },
  fc.constant('2026-11-21T10:20:11Z'),
  strange,
);
const text = fc.oneof({ weight: 6, arbitrary: word }, strange);
const eventMembers = fc.record(
  {
    kind: fc.constant('Event'),
    level: text,
    auditID: text,
    stage: text,
    requestURI: text,
    verb: text,
    user,
    impersonatedUser: user,
    sourceIPs: fc.oneof(words, strange),
    userAgent: text,
    objectRef: fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record(
          {
            resource: text,
            namespace: text,
            name: text,
            uid: text,
            apiGroup: text,
            apiVersion: text,
            subresource: text,
          },
          { requiredKeys: [] },
        ),
      },
      strange,
    ),
    responseStatus: fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record(
          { metadata: fc.constant({}), status: text, message: text, reason: text, code: fc.nat({ max: 600 }) },
          { requiredKeys: [] },
        ),
      },
      fc.string(),
    ),
    requestObject: strange,
    responseObject: strange,
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    annotations: fc.oneof(fc.dictionary(word, text, { maxKeys: 3 }), strange),
    extra: strange,
  },
  { requiredKeys: [] },
);
const escaped = (raw: string, seed: number): string =>
  [...raw]
    .map((char, index) =>
      (seed + index) % 3 === 0
        ? [...char]
            .flatMap((each) => each.split(''))
            .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
            .join('')
        : JSON.stringify(char).slice(1, -1),
    )
    .join('');

/** JSON of a value with odd white space, odd escapes, members in any order and some of them twice. */
function oddJson(value: unknown, next: () => number): string {
  const blank = (): string => ['', '', '', ' ', '\t', ' \r '][next() % 6]!;
  if (typeof value === 'string') return `"${escaped(value, next())}"`;
  if (Array.isArray(value))
    return `[${blank()}${value.map((each) => oddJson(each, next)).join(`${blank()},${blank()}`)}${blank()}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value);
    for (let index = members.length - 1; index > 0; index -= 1) {
      const other = next() % (index + 1);
      [members[index], members[other]] = [members[other]!, members[index]!];
    }
    const twice = members
      .filter(() => next() % 5 === 0)
      .map(([name]) => [name, [null, 5, 'x', {}, []][next() % 5]] as const);
    const texts = [...twice, ...members].map(
      ([name, each]) => `"${escaped(name, next())}"${blank()}:${blank()}${oddJson(each, next)}`,
    );
    return `{${blank()}${texts.join(`${blank()},${blank()}`)}${blank()}}`;
  }
  return JSON.stringify(value);
}

const dice = fc.infiniteStream(fc.nat({ max: 1_000_000 })).map((stream) => () => stream.next().value as number);
const isText = (value: unknown): value is string => typeof value === 'string';
const asText = (value: unknown): string => (isText(value) ? value : '');
const asMembers = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
const own = (value: Record<string, unknown>, name: string): unknown =>
  Object.hasOwn(value, name) ? value[name] : undefined;
const isTime = (value: unknown): value is string => isText(value) && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);

/** What an event must tell by JSON.parse, or undefined where it is none. */
function oracle(parsed: Record<string, unknown>): Record<string, unknown> | undefined {
  const get = (name: string): unknown => own(parsed, name);
  const stamp = [get('stageTimestamp'), get('requestReceivedTimestamp')].find(isTime);
  const ref = get('objectRef');
  const isRef = typeof ref === 'object' && ref !== null && !Array.isArray(ref);
  const kind = get('kind');
  if (kind !== undefined && kind !== null && kind !== 'Event') return undefined;
  if (stamp === undefined || !(asText(get('verb')) !== '' || asText(get('requestURI')) !== '' || isRef))
    return undefined;
  const members = asMembers(ref);
  const status = asMembers(get('responseStatus'));
  const sub = asText(own(members, 'subresource'));
  const who = asMembers(get('user'));
  return {
    time: microsOf(stamp),
    auditId: asText(get('auditID')),
    verb: asText(get('verb')),
    code: own(status, 'code') ?? 0,
    statusReason: asText(own(status, 'reason')),
    resource: asText(own(members, 'resource')) + (sub === '' ? '' : `/${sub}`),
    object: isRef
      ? {
          resource: asText(own(members, 'resource')),
          subresource: sub,
          namespace: asText(own(members, 'namespace')),
          name: asText(own(members, 'name')),
          apiGroup: asText(own(members, 'apiGroup')),
          apiVersion: asText(own(members, 'apiVersion')),
        }
      : undefined,
    sourceIps: Array.isArray(get('sourceIPs')) ? (get('sourceIPs') as unknown[]).filter(isText) : [],
    user: {
      name: asText(own(who, 'username')),
      uid: asText(own(who, 'uid')),
      groups: Array.isArray(own(who, 'groups')) ? (own(who, 'groups') as unknown[]).filter(isText) : [],
      extra: Object.entries(asMembers(own(who, 'extra'))).map(([name, each]) => [
        name,
        Array.isArray(each) ? each.filter(isText) : [],
      ]),
    },
  };
}

describe('against JSON.parse', () => {
  const warm = freshDecoder();

  it('reads the same fields whatever order, spacing, escapes and repeats', () => {
    let seen = 0;
    fc.assert(
      fc.property(eventMembers, dice, fc.boolean(), (members, next, usual) => {
        const value = usual ? { ...rawEvent(), ...members } : members;
        const json = oddJson(value, next);
        const wanted = oracle(JSON.parse(json) as Record<string, unknown>);
        // Repeats make most codes that are none; those are told apart below.
        const code = asMembers((JSON.parse(json) as Record<string, unknown>)['responseStatus'])['code'];
        if (code !== undefined && code !== null && !Number.isInteger(code)) return;
        // A remembering decoder and a fresh one agree.
        for (const decoder of [freshDecoder(), warm, warm, warm]) {
          const { events, rejects } = decode(json, decoder);
          expect(events.length + rejects.length).toBe(1);
          expect(events.map(told)).toMatchObject(wanted === undefined ? [] : [wanted]);
        }
        if (wanted !== undefined) seen += 1;
      }),
      { numRuns: runs },
    );
    expect(seen).toBeGreaterThan(runs / 10);
  });

  it('takes a mutated line exactly when JSON.parse does and it is an event, and never its neighbours', () => {
    let [kept, refused] = [0, 0];
    const change = fc.record({
      at: fc.nat(),
      byte: fc.oneof(fc.constantFrom(...Buffer.from('"\\{}[],:0e.-tnu x')), fc.nat({ max: 255 })),
      how: fc.nat({ max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), fc.boolean(), (changes, small) => {
        const text = small
          ? '{"verb":"get","code":[1,-2.5e+3,true,null,{"a":"\\u00e9"}],"stageTimestamp":"2026-11-21T10:20:10.010471Z"}'
          : line({ requestObject: { a: [1, null] } });
        let bytes = [...Buffer.from(text)];
        for (const { at, byte, how } of changes)
          bytes = bytes.toSpliced(
            at % bytes.length,
            how === 1 ? 0 : 1,
            ...(how === 2 ? [] : [byte === 10 ? 32 : byte]),
          );
        const mutated = Buffer.from(bytes);
        let parsed: unknown;
        let valid = true;
        try {
          parsed = JSON.parse(mutated.toString('utf8'));
        } catch {
          valid = false;
        }
        const neighbour = Buffer.from(`\n${line({ auditID: 'n' })}`);
        const { events, rejects } = decode(Buffer.concat([mutated, neighbour]), small ? freshDecoder() : warm);
        expect(events.at(-1)?.auditId).toBe('n');
        if (valid && oracle(asMembers(parsed)) !== undefined && rejects.length === 0) kept += 1;
        else refused += 1;
        // A line that became an array keeps what stood before its break.
        const broken = mutated[0] === 91 ? rejects.length > 0 : events.length === 1 && rejects.length === 1;
        const judged = ['not an event', 'no usable time', 'code is not an integer'].includes(
          rejects[0]?.reason ?? 'not an event',
        );
        expect(valid ? judged && events.length + rejects.length === 2 : broken).toBe(true);
      }),
      { numRuns: runs * 5 },
    );
    expect(Math.min(kept, refused)).toBeGreaterThan(runs / 10);
  });

  it('never throws on any bytes, and always comes to an end', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '\\',
        '\n',
        ' ',
        '\r\n',
        '\ufeff',
        '"items":',
        '"kind":"EventList"',
        '{"verb":"get"',
        'null',
        '-',
        '1e5',
      ),
      fc.constant(line()),
      fc.string({ unit: 'binary', maxLength: 5 }),
    );
    let events = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const decoded = decode(pieces.join(''), warm);
        events += decoded.events.length;
        for (const event of decoded.events) told(event);
      }),
      { numRuns: runs * 5 },
    );
    expect(events).toBeGreaterThan(0);
  });
});
