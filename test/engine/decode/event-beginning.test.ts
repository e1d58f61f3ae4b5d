import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshDecoder, KEY, line } from './decoding.ts';
import { Decoder } from '../../../src/engine/decode/decoder.ts';

/** What is told of the events in some bytes. */
function told(decoder: Decoder, text: string): readonly string[] {
  const events: string[] = [];
  decoder.open({ bytes: Buffer.from(text), origin: { source: 'test', position: 'here' } });
  while (decoder.next()) {
    const { auditId, verb, stage, level, flaws, time, user } = decoder.event(false);
    const marks = [...decoder.shapes, String(decoder.repeated), String(decoder.bytes), ...flaws];
    events.push([auditId, verb, stage, level, time, user.name, ...marks].join(' '));
  }
  return events;
}

/** A decoder that has read all of it twice: what repeats is remembered. */
function warmed(texts: readonly string[]): { decoder: Decoder; rejects: string[] } {
  const rejects: string[] = [];
  const decoder = new Decoder({ key: KEY, cluster: '', onReject: ({ reason }) => rejects.push(reason) });
  for (const text of [...texts, ...texts]) told(decoder, text);
  rejects.length = 0;
  return { decoder, rejects };
}

const plain = line();
const twice = plain.replace('{"kind"', '{"kind":"Event","kind"');

describe('an event whose beginning is known', () => {
  it.each<[string, string, string, events: number]>([
    ['a blank behind the beginning', plain, plain.replace('"auditID"', ' "auditID"'), 1],
    ['a line end behind the beginning', plain, plain.replace('"auditID"', '\n"auditID"'), 1],
    ['a blank behind the stage', plain, plain.replace('"requestURI"', ' "requestURI"'), 1],
    ['a line end behind the stage', plain, plain.replace('"requestURI"', '\r\n"requestURI"'), 1],
    ['nothing but the beginning', plain, plain.slice(0, plain.indexOf('"auditID"')), 0],
    ['nothing behind the stage', plain, plain.slice(0, plain.indexOf('"requestURI"')), 0],
    ['the stage twice', plain, plain.replace('"requestURI"', '"stage":"Panic","requestURI"'), 1],
    ['the kind twice', twice, twice, 1],
    ['the level twice', plain, plain.replace('"auditID"', '"level":"Request","auditID"'), 1],
  ])('is read as by a decoder that knows none: %s', (_, known, text, events) => {
    const { decoder, rejects } = warmed([known]);
    const fresh = freshDecoder();
    const expected = told(fresh.decoder, text);
    expect(told(decoder, text)).toEqual(expected);
    expect(expected).toHaveLength(events);
    expect(rejects).toEqual(fresh.rejects.map(({ reason }) => reason));
  });

  it('is read the same whatever was read before, on one line or over several', () => {
    let events = 0;
    let rejected = 0;
    fc.assert(
      fc.property(fc.array(respaced, { minLength: 1, maxLength: 4 }), fc.constantFrom('', 'x\n'), (texts, before) => {
        const { decoder, rejects } = warmed(texts);
        for (const text of texts) {
          const fresh = freshDecoder();
          rejects.length = 0;
          const expected = told(fresh.decoder, before + text);
          expect(told(decoder, before + text)).toEqual(expected);
          expect(rejects).toEqual(fresh.rejects.map(({ reason }) => reason));
          events += expected.length;
          rejected += rejects.length;
        }
      }),
      { numRuns: 300 },
    );
    expect(events).toBeGreaterThan(200);
    expect(rejected).toBeGreaterThan(50);
  });
});

/** The same event with blanks and line ends before some of its members' names, at the top and within. */
const respaced = fc
  .array(fc.tuple(fc.nat(30), fc.constantFrom(' ', '\n', '\r\n', '\t')), { maxLength: 3 })
  .map((blanks) => {
    let place = -1;
    return plain.replace(/(?<=[{,])(?=")/g, () => {
      place += 1;
      return blanks.find(([at]) => at === place)?.[1] ?? '';
    });
  });
