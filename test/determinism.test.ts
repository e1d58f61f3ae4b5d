import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MINUTE, type AlertDocument } from '../src/model/index.ts';
import { Outcome, engineFor, feed, judgeLines, linesOf, recordOf } from './support/engine.ts';

/** A few hundred on each test run; the nightly script asks for thousands. */
const RUNS = Number(process.env['LAPWING_TEST_PROPERTY_RUNS'] ?? 40);

const samples = readdirSync(join(import.meta.dirname, '..', 'samples')).filter(
  (file) => file.endsWith('.ndjson') && !file.startsWith('quiet'),
);
const timeOf = (line: string): number => {
  const [, date = '', micros = ''] = /"stageTimestamp":"([^".]+)\.(\d{6})Z"/.exec(line)!;
  return Date.parse(`${date}Z`) * 1_000 + Number(micros);
};

const reusing = new Set(linesOf('samples/audit-id-reuse.ndjson'));

/** Dice from a seed: fast-check's own streams are empty once it has copied them. */
const rolls = (max: number) =>
  fc.integer().map((seed) => {
    let state = seed | 0;
    return (): number => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) % (max + 1);
    };
  });

const idOf = (line: string): string => /"auditID":"([^"]*)"/.exec(line)![1]!;

/** Samples made of the same real lines would reuse each other's Audit-IDs: of each id the first file's lines stay. */
function apart(files: readonly (readonly string[])[]): readonly string[] {
  const owner = new Map<string, number>();
  for (const [index, lines] of files.entries())
    for (const line of lines) if (!owner.has(idOf(line))) owner.set(idOf(line), index);
  return files.flatMap((lines, index) => lines.filter((line) => owner.get(idOf(line)) === index));
}

/** Real lines with something to find in them: some of each sample, in the order of their times. */
const input = fc
  .tuple(fc.subarray(samples, { minLength: 1, maxLength: 3 }), rolls(99), fc.integer({ min: 0, max: 40 }))
  .map(([files, dice, dropped]) =>
    apart(files.map((file) => linesOf(`samples/${file}`)))
      .filter(() => dice() >= dropped)
      .toSorted((a, b) => timeOf(a) - timeOf(b)),
  )
  .filter((lines) => lines.length > 20);

let found = 0;
function sameAlerts(actual: readonly AlertDocument[], expected: readonly AlertDocument[]): void {
  found += expected.length;
  expect(actual).toEqual(expected);
}

function judgeRecords(records: readonly string[]): readonly AlertDocument[] {
  const engine = engineFor();
  const outcome = new Outcome();
  for (const text of records) feed(engine, recordOf(text));
  engine.flush();
  outcome.take(engine);
  return outcome.documents;
}

describe('same input, same alerts', () => {
  it('whatever the batch borders', () => {
    found = 0;
    fc.assert(
      fc.property(input, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (lines, sizes) => {
        const records: string[] = [];
        for (let from = 0, turn = 0; from < lines.length; turn += 1) {
          const size = sizes[turn % sizes.length]!;
          records.push(`${lines.slice(from, from + size).join('\n')}\n`);
          from += size;
        }
        sameAlerts(judgeRecords(records), judgeLines(lines));
      }),
      { numRuns: RUNS },
    );
    expect(found).toBeGreaterThan(0);
  });

  it('whatever the container: lines, array, EventList', () => {
    found = 0;
    fc.assert(
      fc.property(input, (lines) => {
        const expected = judgeLines(lines);
        sameAlerts(judgeRecords([`[${lines.join(',')}]`]), expected);
        sameAlerts(
          judgeRecords([
            `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${lines.join(',')}]}`,
          ]),
          expected,
        );
      }),
      { numRuns: Math.ceil(RUNS / 2) },
    );
    expect(found).toBeGreaterThan(0);
  });

  // Not so for audit-id-reuse: of two requests under one Audit-ID it names the one that arrived second.
  it('whatever the order of arrival within the slack', () => {
    found = 0;
    fc.assert(
      fc.property(input, rolls(999_000), (mixed, jitter) => {
        const lines = mixed.filter((line) => !reusing.has(line));
        const arrived = lines
          .map((line) => ({ line, at: timeOf(line) + jitter() }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ line }) => line);
        sameAlerts(judgeLines(arrived), judgeLines(lines));
      }),
      { numRuns: RUNS },
    );
    expect(found).toBeGreaterThan(0);
  });

  it('although some is delivered twice', () => {
    found = 0;
    fc.assert(
      fc.property(input, rolls(9), (lines, dice) => {
        const pending: string[] = [];
        const delivered = lines.flatMap((line) => {
          const roll = dice();
          // Within the horizon of ten minutes; some samples go on for hours.
          if (pending.length > 0 && timeOf(line) - timeOf(pending[0]!) > 5 * MINUTE)
            return [...pending.splice(0), line];
          if (roll < 3) pending.push(line);
          return roll === 9 ? [line, ...pending.splice(0)] : roll === 8 ? [line, line] : [line];
        });
        sameAlerts(judgeLines([...delivered, ...pending]), judgeLines(lines));
      }),
      { numRuns: RUNS },
    );
    expect(found).toBeGreaterThan(0);
  });

  it('although it crashes and goes on from its last commit', () => {
    found = 0;
    fc.assert(
      fc.property(
        input,
        fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 25 })), { minLength: 1, maxLength: 6 }),
        (lines, crashes) => {
          const outcome = new Outcome();
          let engine = engineFor();
          let committed = 0;
          for (const [progress, lost] of crashes) {
            const upTo = Math.min(lines.length, committed + progress);
            feed(engine, recordOf(lines.slice(committed, upTo).join('\n')));
            outcome.take(engine);
            committed = upTo;
            feed(engine, recordOf(lines.slice(committed, committed + lost).join('\n')));
            engine = engineFor();
            engine.restore(outcome.rows.values());
          }
          feed(engine, recordOf(lines.slice(committed).join('\n')));
          engine.flush();
          outcome.take(engine);
          sameAlerts(outcome.documents, judgeLines(lines));
        },
      ),
      { numRuns: RUNS },
    );
    expect(found).toBeGreaterThan(0);
  });

  it('at any other time of day or year', () => {
    found = 0;
    const bare = (documents: readonly AlertDocument[]) =>
      documents
        .map((each) => each['lapwing'] as { severity: string; count: number; actor: object; detector: { key: string } })
        .map(({ severity, count, actor, detector }) => ({ severity, count, actor, key: detector.key }))
        .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    fc.assert(
      fc.property(input, fc.integer({ min: -20_000_000, max: 20_000_000 }), (lines, seconds) => {
        const shift = (line: string) =>
          line.replaceAll(
            /("(?:stageTimestamp|requestReceivedTimestamp)":")([^".]+)(\.\d{6}Z")/g,
            (_, before: string, date: string, after: string) =>
              `${before}${new Date(Date.parse(`${date}Z`) + seconds * 1_000).toISOString().slice(0, 19)}${after}`,
          );
        const expected = bare(judgeLines(lines));
        found += expected.length;
        expect(bare(judgeLines(lines.map(shift)))).toEqual(expected);
      }),
      { numRuns: Math.ceil(RUNS / 2) },
    );
    expect(found).toBeGreaterThan(0);
  });
});
