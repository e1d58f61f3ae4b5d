import { gzipSync } from 'node:zlib';
import type { Dice } from './dice.ts';

/** What JSON, audit events and what they are wrapped in are made of. */
const TOKENS: readonly string[] =
  `{ } [ ] , : " \\ \\u0061 \\ud83d \\" \n \r\n \t \0 \x01 \ufeff \u2028 é 😀 null true false 0 -0 -1 1e5 1e400 200 403 2.5
  9007199254740993 "" {} [] ,{ },{ }]} ]} "kind":"EventList", "kind":"Event", "kind": "items":[ "verb":"get", "stage":"Panic",
  "stageTimestamp":"2026-11-21T10:20:10Z", "requestReceivedTimestamp":"1970-01-01T00:00:00.000001Z", "code":200 "user":{ "user":
  "username":"a", "groups":[ "extra":{ "objectRef":{ "resource":"pods", "subresource":"exec", "responseStatus":{ "annotations":{
  "requestObject":{ "responseObject":[ "auditID":"x", "sourceIPs":["1.2.3.4"], "__proto__":{ "constructor": "log":" "message":"
  "records":[ "properties":{ "category":"kube-audit", "time": "protoPayload":{ "logEvents":[ "awslogs":{"data":" "data":"
  "resourceLogs":[ "body":{"stringValue":" "event":{ "metadata":{ "_source":{ "hits": 2026-11-21T10:20:10Z\u0020stdout\u0020F\u0020
  <134>1\u0020 I1121\u002010:20:10`.split(/[ \n]+(?=\S)/);

/** An input like the one given: bytes, pieces, tokens or whole values of it changed, or wrapped in something. */
export function mutate(bytes: Buffer, dice: Dice, corpus: readonly Buffer[]): Buffer {
  let changed = bytes;
  for (let times = 1 + dice.below(4); times > 0; times -= 1) changed = change(changed, dice, corpus);
  return changed.subarray(0, 64 * 1024);
}

function change(bytes: Buffer, dice: Dice, corpus: readonly Buffer[]): Buffer {
  const at = dice.below(bytes.length + 1);
  const [head, rest] = [bytes.subarray(0, at), bytes.subarray(at)];
  const length = 1 + dice.below(dice.pick([2, 8, 64, 512]));
  switch (dice.below(12)) {
    case 0:
      return Buffer.concat([head, Buffer.of((rest[0] ?? 0) ^ (1 << dice.below(8))), rest.subarray(1)]);
    case 1:
      return Buffer.concat([head, Buffer.of(dice.below(256)), rest.subarray(dice.below(2))]);
    case 2:
      return Buffer.concat([head, rest.subarray(length)]);
    case 3:
      return Buffer.concat([head, Buffer.from(dice.pick(TOKENS)), rest.subarray(dice.below(2) * length)]);
    case 4:
      return Buffer.concat([head, rest.subarray(0, length), rest]);
    case 5: {
      const other = dice.pick(corpus);
      return Buffer.concat([head, other.subarray(dice.below(other.length))]);
    }
    case 6:
      return dice.below(2) === 0 ? head : rest;
    case 7:
      return Buffer.concat([bytes, Buffer.from(dice.pick(['\n', '', ',', '\r\n'])), dice.pick(corpus)]);
    case 8:
      return Buffer.concat([head, Buffer.from(dice.pick(['[', '{"a":', '"']).repeat(length)), rest]);
    case 9:
      return wrapped(bytes, dice);
    default:
      return restructured(bytes, dice, corpus);
  }
}

function wrapped(bytes: Buffer, dice: Dice): Buffer {
  const text = bytes.toString('utf8');
  const base64 = (raw: Buffer): string => raw.toString('base64');
  const makers: readonly (() => unknown)[] = [
    () => `[${text},${text}]`,
    () => `{"kind":"EventList","items":[${text}, ${text}]}`,
    () => `{"items":[${text}],"kind":"EventList"}`,
    () => ({ log: text, kubernetes: {} }),
    () => ({ message: text, '@timestamp': '2026-11-21T10:20:10Z' }),
    () => ({ message: { data: base64(bytes), attributes: {} } }),
    () => ({ awslogs: { data: base64(gzipSync(bytes)) } }),
    () => ({ messageType: 'DATA_MESSAGE', logEvents: [{ id: '1', timestamp: 1, message: text }] }),
    () => ({ records: [{ category: 'kube-audit', properties: { log: text } }] }),
    () => ({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: text } }] }] }] }),
    () => ({ event: text, time: 1 }),
    () => `2026-11-21T10:20:10.000000000Z stdout ${dice.pick(['F', 'P'])} ${text}`,
  ];
  const made = dice.pick(makers)();
  return Buffer.from(typeof made === 'string' ? made : JSON.stringify(made));
}

/** Changes one value of the JSON that it is; where it is none, some line of it. */
function restructured(bytes: Buffer, dice: Dice, corpus: readonly Buffer[]): Buffer {
  const lines = bytes.toString('utf8').split('\n');
  const index = dice.below(lines.length);
  try {
    const value: unknown = JSON.parse(lines[index]!);
    const other: unknown = JSON.parse(dice.pick(corpus).toString('utf8').split('\n')[0]!);
    const places = placesIn(value);
    const donors = placesIn(other);
    if (places.length === 0 || donors.length === 0) return bytes;
    const place = dice.pick(places);
    const donor = dice.pick(donors);
    if (dice.below(3) === 0) Reflect.deleteProperty(place.of, place.name);
    else if (dice.below(2) === 0) place.of[donor.name] = donor.of[donor.name];
    else place.of[place.name] = dice.pick([null, 0, -1, '', [], {}, 1e300, 'x'.repeat(600), donor.of[donor.name]]);
    lines[index] = JSON.stringify(value);
  } catch {
    lines.splice(index, 1, ...(dice.below(2) === 0 ? [] : [lines[index]!, lines[index]!]));
  }
  return Buffer.from(lines.join('\n'));
}

interface Place {
  readonly of: Record<string, unknown>;
  readonly name: string;
}

function placesIn(value: unknown): readonly Place[] {
  const places: Place[] = [];
  const open: unknown[] = [value];
  while (open.length > 0 && places.length < 200) {
    const each = open.pop();
    if (typeof each !== 'object' || each === null) continue;
    for (const name of Object.keys(each)) {
      places.push({ of: each as Record<string, unknown>, name });
      open.push((each as Record<string, unknown>)[name]);
    }
  }
  return places;
}
