import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactObject } from '../../../src/engine/decode/redact-object.ts';
import { microsOf } from '../../support/event.ts';
import { decode, freshDecoder, line, told, type Decoded } from './decoding.ts';
import { eventText, TIMES, type EventText } from './event-text-arbitrary.ts';

const runs = Number(process.env['LAPWING_RUNS'] ?? 300);

type Members = Readonly<Record<string, unknown>>;
const isText = (value: unknown): value is string => typeof value === 'string';
const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const own = (value: unknown, name: string): unknown =>
  isMembers(value) && Object.hasOwn(value, name) ? value[name] : undefined;
/** At most that many UTF-16 units, and no half of a pair at the end. */
function short(value: unknown, limit: number): string {
  if (!isText(value)) return '';
  const kept = value.slice(0, limit);
  return kept.length < value.length && /[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept;
}
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter(isText).map((each) => short(each, 512)) : [];
/** Of names that are the same once they are cut the last one counts. */
const distinct = (entries: readonly (readonly [string, unknown])[]): unknown[][] => [...new Map(entries)];
const userOf = (value: unknown): unknown => ({
  name: short(own(value, 'username'), 512),
  uid: short(own(value, 'uid'), 512),
  groups: texts(own(value, 'groups')),
  extra: distinct(
    Object.entries(isMembers(own(value, 'extra')) ? (own(value, 'extra') as Members) : {}).map(([name, each]) => [
      short(name, 512),
      texts(each),
    ]),
  ),
});
const oneOf = (value: unknown, ...known: readonly string[]): string =>
  isText(value) && known.includes(value) ? value : '';

/** Microseconds of an RFC 3339 time, by way of Date; what Date would bend into shape is none. */
function timeOf(value: unknown): number | undefined {
  const parts = isText(value) ? /^(.{10})[Tt ](..):(..):(..)(?:[.,](\d{1,18}))?([Zz]|[+-].*)$/.exec(value) : null;
  if (parts === null) return undefined;
  const [, day = '', hour = '', minute = '', second = '', decimals = '', zone = ''] = parts;
  const date = Date.parse(`${day}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(date) || new Date(date).toISOString().slice(0, 10) !== day)
    return undefined;
  const offset = /^[Zz]$/.test(zone) ? ['', '+', '0', '0'] : /^([+-])([01]\d|2[0-3]):?([0-5]\d|[6-9]\d)$/.exec(zone);
  if (offset === null || !/^([01]\d|2[0-3])[0-5]\d([0-5]\d|60)$/.test(hour + minute + second)) return undefined;
  const seconds = Number(hour) * 3_600 + Number(minute) * 60 + Number(second);
  const ahead = (Number(offset[2]) * 60 + Number(offset[3])) * 60 * (offset[1] === '-' ? -1 : 1);
  const time = date * 1_000 + (seconds - ahead) * 1_000_000 + Number(decimals.slice(0, 6).padEnd(6, '0'));
  return day >= '1970' && time >= 0 && Number.isSafeInteger(time) ? time : undefined;
}

/** What an event must tell, or why it is none, from what JSON.parse makes of its text. */
function reference(event: unknown): { readonly event: Members } | { readonly reason: string } {
  const [kind, ref, status] = [own(event, 'kind'), own(event, 'objectRef'), own(event, 'responseStatus')];
  const hasShape = [own(event, 'verb'), own(event, 'requestURI')].some((each) => isText(each) && each !== '');
  if (!isMembers(event) || !(kind === undefined || kind === null || kind === 'Event'))
    return { reason: 'not an event' };
  if (!hasShape && !isMembers(ref)) return { reason: 'not an event' };
  const times = ['stageTimestamp', 'requestReceivedTimestamp'].map((name) => own(event, name));
  const time = times.map(timeOf).find((each) => each !== undefined);
  if (time === undefined) return { reason: 'no usable time' };
  const given = own(status, 'code') ?? 0;
  if (typeof given !== 'number' || !Number.isInteger(given) || Math.abs(given) > 0x7fffffff)
    return { reason: 'code is not an integer' };
  const code = given + 0;
  const stage = oneOf(own(event, 'stage'), 'RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic');
  const part = (name: string): string => short(own(ref, name), 512);
  const resource = part('resource') + (part('subresource') === '' ? '' : `/${part('subresource')}`);
  const notes = own(event, 'annotations');
  const annotations = distinct(
    Object.entries(isMembers(notes) ? notes : {})
      .filter(([, value]) => isText(value))
      .map(([name, value]) => [short(name, 512), short(value, 4_096)]),
  );
  const note = (name: string): string => short(annotations.find(([each]) => each === name)?.[1], 4_096);
  const decision = oneOf(note('authorization.k8s.io/decision'), 'allow', 'forbid');
  const ips = texts(own(event, 'sourceIPs'));
  const names = ['resource', 'subresource', 'namespace', 'name', 'apiGroup', 'apiVersion'];
  const isFailure = stage === 'Panic' || code >= 400;
  const refused = decision === 'allow' ? 'admission' : 'authorization';
  return {
    event: {
      time,
      stage,
      code,
      resource,
      decision,
      annotations,
      auditId: short(own(event, 'auditID'), 256),
      level: oneOf(own(event, 'level'), 'None', 'Metadata', 'Request', 'RequestResponse'),
      verb: short(own(event, 'verb'), 512),
      uri: short(own(event, 'requestURI'), 8_192),
      statusReason: short(own(status, 'reason'), 512),
      statusMessage: short(own(status, 'message'), 1_024),
      user: userOf(own(event, 'user')),
      impersonated: isMembers(own(event, 'impersonatedUser')) ? userOf(own(event, 'impersonatedUser')) : undefined,
      sourceIps: ips,
      peer: ips.at(-1) ?? '',
      userAgent: short(own(event, 'userAgent'), 1_100),
      object: isMembers(ref) ? Object.fromEntries(names.map((name) => [name, part(name)])) : undefined,
      decisionReason: note('authorization.k8s.io/reason'),
      outcome: isFailure ? 'failure' : code === 0 ? 'unknown' : 'success',
      denial: code === 401 ? 'authentication' : code === 403 ? refused : undefined,
      final: ['ResponseComplete', 'Panic'].includes(stage) || (stage === 'ResponseStarted' && code === 401),
    },
  };
}

/** What came of one event, in the words of the reference. */
const outcomeOf = ({ events, rejects }: Decoded): unknown =>
  events.length === 1 ? { event: told(events[0]!) } : { reason: rejects[0]?.reason };
const bodyText = (body: unknown): string => JSON.stringify(redactObject(body, undefined)) ?? '';
const around = (auditID: string): string => line({ auditID, verb: 'list', userAgent: `neighbour ${auditID}` });

describe('against JSON.parse', () => {
  const warm = freshDecoder();

  it('tells the same of every event, in whatever spelling, alone, in a list or an array, and of its bodies', () => {
    const seen = new Map<string, number>();
    const property = ({ text, value }: EventText): void => {
      const wanted = reference(JSON.parse(text));
      const key = 'reason' in wanted ? wanted.reason : 'event';
      seen.set(key, (seen.get(key) ?? 0) + 1);
      for (const decoder of [freshDecoder(), warm, warm, warm]) {
        const alone = decode(text, decoder);
        expect(alone.events.length + alone.rejects.length).toBe(1);
        expect(outcomeOf(alone)).toEqual(wanted);
        const [event] = alone.events;
        if (event === undefined) continue;
        for (const [name, body] of [
          ['requestObject', event.requestObject],
          ['responseObject', event.responseObject],
        ] as const)
          expect(JSON.stringify(body) ?? '').toBe(
            own(value, name) === null ? '' : bodyText(structuredClone(own(value, name))),
          );
      }
      const forms = [
        `[${around('a')},${text},${around('z')}]`,
        `{"kind":"EventList","items":[${around('a')}, ${text},${around('z')}]}`,
      ];
      // An event that runs over several lines is one value; in a log each line is.
      if (!text.includes('\n')) forms.push(`${around('a')}\n${text}\r\n${around('z')}\n`);
      for (const form of forms) {
        const { events, rejects } = decode(form, warm);
        expect([events[0]?.auditId, events.at(-1)?.auditId]).toEqual(['a', 'z']);
        expect(outcomeOf({ ...decode(form), events: events.slice(1, -1), rejects })).toEqual(wanted);
      }
    };
    fc.assert(fc.property(eventText, property), { numRuns: runs * 2 });
    expect([...seen.keys()].toSorted()).toEqual(['code is not an integer', 'event', 'no usable time', 'not an event']);
    expect(seen.get('event')).toBeGreaterThan(runs);
  });

  it('takes no byte string that JSON.parse refuses, refuses none that it takes, and never harms a neighbour', () => {
    const seen = { taken: 0, judged: 0, broken: 0 };
    const change = fc.record({
      at: fc.nat(),
      how: fc.constantFrom('flip', 'delete', 'insert', 'copy', 'swap', 'cut'),
      byte: fc.oneof(fc.constantFrom(...Buffer.from('"\\{}[],:0e.-+tnu x\0\u007f')), fc.nat({ max: 255 })),
      length: fc.nat({ max: 40 }),
    });
    const property = (
      { text }: EventText,
      changes: readonly { at: number; how: string; byte: number; length: number }[],
    ) => {
      let bytes = Buffer.from(text.replaceAll('\n', ' '));
      for (const each of changes) bytes = mutated(bytes, each);
      // These two make another record of it, not another value: see the next test.
      if (bytes.includes(10) || bytes.subarray(0, 3).toString() === '\ufeff') return;
      if (bytes.toString('latin1').trim() === '') return;
      let parsed: unknown;
      let isJson = true;
      try {
        parsed = JSON.parse(bytes.toString('utf8'));
      } catch {
        isJson = false;
      }
      const lines = Buffer.concat([Buffer.from(`${around('a')}\n`), bytes, Buffer.from(`\n${around('z')}\n`)]);
      const { events, rejects } = decode(lines, warm);
      expect([events[0]?.auditId, events.at(-1)?.auditId]).toEqual(['a', 'z']);
      for (const { reason } of rejects) expect(reason).toMatch(/^[a-zA-Z -]{4,40}$/);
      const between = events.slice(1, -1);
      for (const event of between) void [told(event), event.requestObject, event.responseObject];
      // A list keeps what stood before its break.
      expect(isJson || /^\s*\[/.test(bytes.toString('latin1')) ? [] : between).toEqual([]);
      expect(isJson || rejects.length > 0).toBe(true);
      const isList = Array.isArray(own(parsed, 'items')) || own(parsed, 'kind') === 'EventList';
      const isOne = isJson && isMembers(parsed) && !isList;
      const outcome = outcomeOf({ ...decode(''), events: between, rejects });
      expect(isOne ? outcome : undefined).toEqual(isOne ? reference(parsed) : undefined);
      if (isOne) seen[between.length === 1 ? 'taken' : 'judged'] += 1;
      else seen.broken += 1;
    };
    fc.assert(fc.property(eventText, fc.array(change, { minLength: 1, maxLength: 3 }), property), {
      numRuns: runs * 4,
    });
    expect(Math.min(seen.taken, seen.broken)).toBeGreaterThan(runs / 10);
    expect(seen.judged).toBeGreaterThan(0);
  });

  it('takes what JSON.parse refuses in three cases, and refuses what it takes in one', () => {
    const ids = (input: string): unknown => decode(input).events.map(({ auditId }) => auditId);
    // A byte order mark before a line; several values; a list's items before and behind one that is broken.
    expect(ids(`\ufeff${around('a')}\n\ufeff${around('b')}`)).toEqual(['a', 'b']);
    expect(ids(`${around('a')}\n${around('b')}`)).toEqual(['a', 'b']);
    expect(ids(`[${around('a')},x]`)).toEqual(['a']);
    // More than a million levels.
    const levels = (1 << 20) + 1;
    const deep = `{"verb":"get","stageTimestamp":"2026-11-21T10:20:10Z","x":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(decode(deep).rejects.map(({ reason }) => reason)).toEqual(['nested too deep']);
  });

  it('refuses an event cut at any byte, and keeps the lines around it', () => {
    const text = line({ requestObject: { a: ['é\\"', 1e5, null, { b: -0.5 }] }, annotations: { é: '😀' } });
    const bytes = Buffer.from(text);
    for (let at = 1; at < bytes.length; at += 1) {
      const cut = Buffer.concat([
        Buffer.from(`${around('a')}\n`),
        bytes.subarray(0, at),
        Buffer.from(`\n${around('z')}`),
      ]);
      const { events, rejects } = decode(cut);
      expect(events.map(({ auditId }) => auditId)).toEqual(['a', 'z']);
      expect(rejects).toHaveLength(1);
      expect(decode(bytes.subarray(0, at)).events).toEqual([]);
      expect(decode(bytes.subarray(at)).events).toEqual([]);
      expect(decode(bytes.subarray(at)).rejects.length).toBeGreaterThan(0);
    }
  });

  it('reads times of every form', () => {
    for (const [text, time] of TIMES) {
      const { events } = decode(line({ stageTimestamp: text }));
      expect(events[0]!.time).toBe(time);
      expect(timeOf(text)).toBe(time);
    }
    const other = microsOf('2026-11-21T10:20:10.003863Z');
    for (const text of [
      '',
      '2026-11-21',
      '2026-13-01T00:00:00Z',
      '2026-02-30T00:00:00Z',
      'now',
      '1969-12-31T23:59:59Z',
      5,
      null,
      {},
    ])
      expect(decode(line({ stageTimestamp: text })).events[0]!.time).toBe(other);
  });
});

function mutated(
  bytes: Buffer,
  { at, how, byte, length }: { at: number; how: string; byte: number; length: number },
): Buffer<ArrayBuffer> {
  const from = at % (bytes.length + 1);
  const [head, rest, piece] = [bytes.subarray(0, from), bytes.subarray(from), bytes.subarray(from, from + length)];
  if (how === 'flip') return Buffer.concat([head, Buffer.of((rest[0] ?? 0) ^ (1 << (byte & 7))), rest.subarray(1)]);
  if (how === 'delete') return Buffer.concat([head, rest.subarray(1 + (byte % 3))]);
  if (how === 'insert') return Buffer.concat([head, Buffer.of(byte), rest]);
  if (how === 'copy') return Buffer.concat([head, piece, rest]);
  if (how === 'cut') return Buffer.concat([head, rest.subarray(length * 8)]);
  // Exchanges two pieces of the same length.
  const other = (from + length) % (bytes.length + 1);
  const second = bytes.subarray(other, other + length);
  const swapped = Buffer.from(bytes);
  second.copy(swapped, from);
  piece.copy(swapped, other);
  return swapped;
}
