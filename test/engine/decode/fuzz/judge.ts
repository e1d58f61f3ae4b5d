import { deepStrictEqual, ok } from 'node:assert/strict';
import { Decoder } from '../../../../src/engine/decode/decoder.ts';
import type { LazyEvent } from '../../../../src/engine/decode/lazy-event.ts';
import type { Reject } from '../../../../src/model/index.ts';

const KEY = Uint8Array.from({ length: 16 }, (_, index) => index);
/** What a broken text is told to be; wrappers have reasons of their own. */
const SYNTAX: ReadonlySet<string> = new Set([
  'not JSON',
  'unexpected end',
  'bad escape',
  'bad number',
  'control character in a string',
  'text behind the value',
]);
const neighbour = (auditID: string): string =>
  `{"auditID":"${auditID}","verb":"list","stage":"ResponseComplete","stageTimestamp":"2026-11-21T10:20:10.010471Z"}`;

interface Read {
  readonly told: readonly string[];
  readonly ids: readonly string[];
  readonly rejects: readonly Reject[];
  readonly passed: readonly string[];
}

/** Holds inputs against all that must be true of every input. Remembers earlier ones, as the decoder does. */
export class Judge {
  readonly #rejects: Reject[] = [];
  readonly #passed: string[] = [];
  readonly #warm = this.#decoder();
  readonly #other = this.#decoder();

  #decoder(): Decoder {
    return new Decoder({
      key: KEY,
      cluster: 'home',
      onReject: (reject) => this.#rejects.push(reject),
      onPassed: (shape, reason) => this.#passed.push(`${shape}: ${reason}`),
    });
  }

  /** What the decoder makes of it, in a few words: inputs with the same ones are alike. Throws where something does not hold. */
  judge(bytes: Buffer): string {
    const first = this.#read(this.#warm, bytes);
    const again = this.#read(this.#warm, bytes);
    const other = this.#read(this.#other, bytes);
    // What is remembered changes nothing.
    deepStrictEqual(again, first);
    deepStrictEqual(other, first);
    this.#judgeRejects(first, bytes);
    this.#judgeAgainstParse(first, bytes);
    this.#judgeNeighbours(bytes, first);
    return [...new Set([...first.rejects.map(({ shape, reason }) => `${shape}: ${reason}`), ...first.passed, first.ids.length > 0 ? 'events' : ''])].toSorted().join(); // prettier-ignore
  }

  #read(decoder: Decoder, bytes: Buffer): Read {
    this.#rejects.length = 0;
    this.#passed.length = 0;
    decoder.open({ bytes, origin: { source: 'fuzz', position: 'here' } });
    const told: string[] = [];
    const ids: string[] = [];
    while (decoder.next()) {
      const event = decoder.event(false) as LazyEvent;
      const { idHigh, idLow, requestHash, contentHash } = decoder.fingerprint();
      ids.push(event.auditId);
      told.push(`${textOf(event)}${decoder.shapes.join('/')} ${idHigh} ${idLow} ${requestHash} ${contentHash}`);
      ok(told.length + this.#rejects.length <= 16 * bytes.length + 16, 'it goes on and on');
      ok(Number.isSafeInteger(event.time) && event.time >= 0, 'an event has a time');
      ok(decoder.bytes > 0, 'an event has bytes');
    }
    return { told, ids, rejects: [...this.#rejects], passed: [...this.#passed] };
  }

  #judgeRejects({ rejects }: Read, bytes: Buffer): void {
    for (const { reason, sample, shape, bytes: size } of rejects) {
      ok(/^[a-zA-Z][\w ,:()/.-]{3,100}$/.test(reason), `a reason in fixed words: ${reason}`);
      ok(/^[a-z0-9-]{2,30}$/.test(shape), `the name of a shape: ${shape}`);
      ok(sample.length <= 256 && size >= 0 && size <= 64 * bytes.length + (1 << 26), 'a sample is bounded');
    }
  }

  /** A single value: the decoder calls broken what JSON.parse refuses, and nothing else. */
  #judgeAgainstParse({ rejects, ids }: Read, bytes: Buffer): void {
    if (bytes[0] !== 123 || bytes.includes(10)) return;
    let isJson = true;
    try {
      JSON.parse(bytes.toString('utf8'));
    } catch {
      isJson = false;
    }
    const broken = rejects.filter(({ shape, reason }) => shape === 'unknown' && SYNTAX.has(reason));
    if (isJson) deepStrictEqual(broken, []);
    else ok(rejects.length > 0, 'what is no JSON is told');
    // The whole ones count, of a list as of a message that holds records.
    if (!isJson && !bytes.includes('"items') && !bytes.includes('"records') && !bytes.includes('\\u'))
      deepStrictEqual(ids, []);
  }

  /** Events on the lines before and after it count, whatever it is. */
  #judgeNeighbours(bytes: Buffer, alone: Read): void {
    const lines = Buffer.concat([
      Buffer.from(`${neighbour('before')}\n`),
      bytes,
      Buffer.from(`\n${neighbour('after')}\n`),
    ]);
    const { ids } = this.#read(this.#other, lines);
    ok(ids[0] === 'before', 'the line before counts');
    ok(ids.at(-1) === 'after', 'the line behind counts');
    if (!bytes.includes(10)) deepStrictEqual(ids.slice(1, -1), alone.ids);
  }
}

function textOf(event: LazyEvent): string {
  const { user, impersonated } = event;
  const people = [user, impersonated].map((each) => each && [each.name, each.uid, each.groups, [...each.extra]]);
  const { auditId, level, uri, statusReason, statusMessage, sourceIps, userAgent, object, outcome, denial } = event;
  const { stage, verb, code, resource, time, cluster, final, cutShort, flaws, requestObject, responseObject } = event;
  return JSON.stringify([
    [people, auditId, level, uri, statusReason, statusMessage, sourceIps, userAgent, object, outcome, denial],
    [stage, verb, code, resource, time, cluster, final, cutShort, flaws, requestObject, responseObject],
    [...event.annotations],
  ]);
}
