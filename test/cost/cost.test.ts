import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeCorpus } from '../bench/corpus.ts';
import { runLine } from '../bench/line.ts';

const EVENTS = 40_000;
const MEBI = 1 << 20;

/** Bytes allocated for each ordinary event, by the built program. */
function allocated(what: 'decode' | 'line'): number {
  const flags = ['--expose-gc', '--min-semi-space-size=512', '--max-semi-space-size=512'];
  const script = join(import.meta.dirname, 'allocated.mjs');
  const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, script, what], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return Number(stdout);
}

// What can be counted is held here; what has to be timed is measured by `npm run bench` and recorded.
describe('what an ordinary event costs', () => {
  it.each([
    ['decode', 120],
    ['line', 1_600],
  ] as const)('%s: at most %i bytes allocated', (what, most) => {
    const bytes = allocated(what);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(most);
  });

  it.each([
    ['ordinary work', 300, 5],
    ['dense work', 400, 5],
    ['under attack', 1_150, 40],
    ['a busy cluster', 600, 10],
  ] as const)(
    '%s: at most %i rows and %i alert revisions for a thousand events',
    async (name, rows, revisions) => {
      const { chunks } = makeCorpus(name, EVENTS);
      const line = await runLine(chunks, undefined, undefined, MEBI);
      const thousand = line.engine.counters.events / 1_000;
      expect(line.engine.counters.events).toBe(EVENTS);
      expect(line.alerts).toBeGreaterThan(0);
      expect(line.rows / thousand).toBeGreaterThan(1);
      expect(line.rows / thousand).toBeLessThan(rows);
      expect(line.alerts / thousand).toBeLessThan(revisions);
    },
    60_000,
  );
});
