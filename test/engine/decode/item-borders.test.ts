import { describe, expect, it } from 'vitest';
import { decode, line, rawEvent } from './decoding.ts';

const named = (auditID: string, over: object = {}): Record<string, unknown> =>
  rawEvent({ kind: undefined, apiVersion: undefined, auditID, ...over });
const forged = { ...named('FORGED'), requestObject: [1, { a: [{}] }] };
/** An item whose body holds what looks like items. */
const holding = named('b', {
  requestObject: {
    spec: [{ x: 1 }, forged, forged],
    text: '}]},{"auditID":"FORGED"}],',
    more: [[forged], [forged]],
  },
});
const list = (items: readonly unknown[]): string => JSON.stringify({ kind: 'EventList', metadata: {}, items });
const FORMS: readonly (readonly [string, (items: readonly unknown[]) => string])[] = [
  ['an EventList', list],
  ['an EventList with members behind its items', (items) => JSON.stringify({ kind: 'EventList', items, a: [1, '}]'] })],
  ['an EventList whose kind comes last', (items) => JSON.stringify({ items, kind: 'EventList' })],
  ['an array', (items) => JSON.stringify(items)],
  ['an EventList over many lines', (items) => JSON.stringify({ kind: 'EventList', items }, null, 2)],
];
const next = `\n${line({ auditID: 'next' })}\n`;
const idsOf = (text: string): readonly string[] => decode(text).events.map(({ auditId }) => auditId);
/** The same steps each run; prime, so that they fall on everything. */
const STEP = Number(process.env['LAPWING_RUNS'] ?? 0) > 1_000 ? 1 : 31;

describe('a broken item of a list', () => {
  it.each(FORMS)(
    'costs itself, whichever of its bytes is lost or becomes another, and brings no event: %s',
    (_, form) => {
      const text = form([named('a'), holding, named('c'), named('d')]);
      const hole = '"HOLE"';
      const mark = form([named('a'), 'HOLE', named('c'), named('d')]);
      const from = mark.indexOf(hole);
      const to = text.length - (mark.length - from - hole.length);
      let broken = 0;
      const places = Array.from({ length: Math.ceil((to - from) / STEP) }, (__, index) => from + index * STEP);
      // The last ones are the brackets that close it.
      for (const at of [...places, to - 1, to - 2, to - 5, to - 9])
        for (const fault of ['', '"', '{', '}', '[', ']', ',', '\\', 'x', '\u0001']) {
          const { events, rejects } = decode(text.slice(0, at) + fault + text.slice(at + 1) + next);
          if (rejects.length > 0) broken += 1;
          const ids = events.map(({ auditId }) => auditId);
          // Where the brackets that close it are hit, the next one may go with it.
          expect(ids).toEqual(expect.arrayContaining(at < to - 16 ? ['a', 'c', 'd', 'next'] : ['a', 'd', 'next']));
          expect(events.map(({ auditId }) => auditId)).not.toContain('FORGED');
          expect(events.length).toBeLessThanOrEqual(5);
        }
      expect(broken).toBeGreaterThan(100);
    },
  );

  it('is one among 399 good ones: these count', () => {
    const items = Array.from({ length: 400 }, (_, index) => named(`e${index}`));
    const faults: readonly (readonly [unknown, string, string])[] = [
      [5, '5', 'not an event'],
      [named('bad', { stageTimestamp: null, requestReceivedTimestamp: null }), '', 'no usable time'],
      [named('bad', { responseStatus: { code: '200' } }), '', 'code is not an integer'],
      ['HOLE', '{"auditID":"x","verb":', 'not JSON'],
      ['HOLE', '{"auditID":"x","user":{"username":"u"', 'not JSON'],
      ['HOLE', '"auditID":"x","verb":"get"}', 'not JSON'],
      ['HOLE', '{"auditID":"x,"verb":"get"}', 'not JSON'],
      ['HOLE', '{"auditID":"x\\q"}', 'bad escape'],
      ['HOLE', '{"auditID":"x\u0007"}', 'control character in a string'],
      ['HOLE', 'NaN', 'not JSON'],
      ['HOLE', '', 'not JSON'],
    ];
    for (const [, form] of FORMS.slice(0, 4))
      for (const at of [0, 200, 399])
        for (const [item, raw, reason] of faults) {
          const text = form(items.with(at, item as Record<string, unknown>)).replace('"HOLE"', raw);
          const { events, rejects } = decode(text + next);
          expect(events.map(({ auditId }) => auditId)).toEqual([
            ...items.flatMap((_, index) => (index === at ? [] : [`e${index}`])),
            'next',
          ]);
          // A name that stands alone is a value of its own.
          expect(rejects).toHaveLength(raw.startsWith('"') ? 2 : 1);
          expect(rejects.at(-1)!.reason).toBe(reason);
        }
  });

  it('is passed once, however many there are', () => {
    for (const bad of ['x', '{"a":x}', '{"a":"b}', '{', '[{"a":', '"'])
      for (const form of FORMS.slice(0, 4).map(([, each]) => each)) {
        const text = form([named('a'), 'HOLE', named('c')]).replace('"HOLE"', Array(10_000).fill(bad).join());
        expect(idsOf(text + next)[0]).toBe('a');
        expect(idsOf(text + next).at(-1)).toBe('next');
      }
  });

  it('is told once where a wrapper cut the list behind a whole item', () => {
    for (const tail of ['', ',', ', ', ']', ',{', ',{"auditID":"b"']) {
      const log = `{"kind":"EventList","items":[${line({ auditID: 'a' })}${tail}`;
      expect(idsOf(JSON.stringify({ log }))).toEqual(['a']);
    }
  });
});
