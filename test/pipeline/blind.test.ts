import { describe, expect, it } from 'vitest';
import { metricsText } from '../../src/api/metrics.ts';
import { AppError, MINUTE, SECOND, type Checkpoint, type RawRecord } from '../../src/model/index.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { engineFor, recordOf } from '../support/engine.ts';
import { execEvent } from '../support/exec-event.ts';
import { ListSource } from '../support/list-source.ts';
import { silent } from '../support/silent.ts';

const T = Date.parse('2026-11-21T10:00:00Z') * 1_000;

const pushedAt = (received: number, pushed = true): RawRecord =>
  recordOf(execEvent(`at-${received}`, received / 1_000), {
    received,
    origin: { source: 'test', position: 'test@0', ...(pushed && { pushed: true }) },
  });

/** Runs records through a pipeline; each commit that fails takes that long. */
async function run(records: readonly RawRecord[], failures: number, failing: number) {
  let now = T;
  let left = failures;
  class Failing extends MemoryStore {
    override async commit(checkpoint: Checkpoint): Promise<void> {
      now = Math.max(now, T + SECOND);
      if (left-- > 0) {
        now += failing;
        throw new AppError('store-full', 'no space left', { retryable: true });
      }
      await super.commit(checkpoint);
    }
  }
  const store = new Failing();
  const source = new ListSource('list', records);
  source.gate = async (index) => {
    const isBehind = (): boolean => source.commits.length < index;
    while (isBehind()) await new Promise((resolve) => setImmediate(resolve));
  };
  const engine = engineFor();
  const pipeline = new Pipeline({ engine, store, sources: [source], log: silent, ticks: true, now: () => now, onAlerts: () => undefined }); // prettier-ignore
  await pipeline.run(new Map(), new AbortController().signal);
  return { engine, store };
}

describe('a pipeline whose store fails', () => {
  it('for minutes was blind meanwhile, durably, and metrics tell it', async () => {
    const { engine, store } = await run([pushedAt(T), pushedAt(T + 7 * MINUTE)], 2, 3 * MINUTE);
    const { periods } = engine.clusters.get('')!.blind;
    expect(periods).toMatchObject([{ cause: 'refused', from: T, to: T + 7 * MINUTE }]);
    const rows = [...store.load().rows].filter(({ space }) => space === 'blind/');
    expect(rows.map(({ key }) => key).sort()).toEqual(['able', 'period/000000000000']);
    const text = await metricsText(engine, store);
    expect(text).toMatch(/^lapwing_blind_periods 1$/m);
    expect(text).toMatch(/^lapwing_blind_seconds 420$/m);
  });

  it('for some seconds was not', async () => {
    const { engine, store } = await run([pushedAt(T), pushedAt(T + MINUTE)], 2, 20 * SECOND);
    expect(engine.clusters.get('')!.blind.periods).toEqual([]);
    expect(await metricsText(engine, store)).toMatch(/^lapwing_blind_periods 0$/m);
  });

  it('was not where its input waits for it', async () => {
    const { engine, store } = await run([pushedAt(T, false), pushedAt(T + 7 * MINUTE, false)], 2, 3 * MINUTE);
    expect(engine.counters.events).toBe(2);
    expect(engine.clusters.get('')!.blind.periods).toEqual([]);
    expect([...store.load().rows].filter(({ space }) => space === 'blind/')).toEqual([]);
  });
});
