import { describe, expect, it } from 'vitest';
import { AppError, type Alert, type Checkpoint, type Source } from '../../src/model/index.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { engineFor, recordOf } from '../support/engine.ts';
import { execEvent } from '../support/exec-event.ts';
import { ListSource } from '../support/list-source.ts';
import { silent } from '../support/silent.ts';

const T = Date.parse('2026-11-21T10:00:00Z');
const records = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => recordOf(`${execEvent(`${name}-${index}`, T + index * 10)}\n`));

function pipelineOf(sources: readonly Source[], store = new MemoryStore(), ticks = false) {
  const alerts = new Map<string, Alert>();
  const pipeline = new Pipeline({
    engine: engineFor(),
    store,
    sources,
    log: silent,
    ticks,
    onAlerts: (changed) => {
      for (const alert of changed) alerts.set(alert.id, alert);
    },
  });
  return { pipeline, store, alerts };
}

describe('pipeline', () => {
  it('reads to the end, commits, and lets go in order', async () => {
    const source = new ListSource('list', records('a', 30));
    const { pipeline, store, alerts } = pipelineOf([source]);
    await pipeline.run(new Map(), new AbortController().signal);
    expect(source.commits).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    expect(store.load().positions.get('list')).toBe('30');
    expect(alerts.size).toBe(30);
    expect(source.closed).toBe(1);
  });

  it('lets nothing go before it is durable', async () => {
    const source = new ListSource('list', records('a', 10));
    class Watching extends MemoryStore {
      override async commit(checkpoint: Checkpoint): Promise<void> {
        const upTo = Number(checkpoint.positions.get('list') ?? 10);
        expect(source.commits.every((position) => position < upTo || !checkpoint.positions.has('list'))).toBe(true);
        await super.commit(checkpoint);
      }
    }
    await pipelineOf([source], new Watching()).pipeline.run(new Map(), new AbortController().signal);
    expect(source.commits).toHaveLength(10);
  });

  it('resumes where positions say', async () => {
    const source = new ListSource('list', records('a', 10));
    const { pipeline, alerts } = pipelineOf([source]);
    await pipeline.run(new Map([['list', '7']]), new AbortController().signal);
    expect([...alerts.values()].map(({ actor }) => actor.user).sort()).toEqual(['user-a-7', 'user-a-8', 'user-a-9']);
  });

  it('reads several sources at once', async () => {
    const sources = [new ListSource('one', records('one', 20)), new ListSource('two', records('two', 20))];
    const { pipeline, alerts, store } = pipelineOf(sources);
    await pipeline.run(new Map(), new AbortController().signal);
    expect(alerts.size).toBe(40);
    expect([...store.load().positions]).toEqual([
      ['one', '20'],
      ['two', '20'],
    ]);
  });

  it('commits what came before a source fails, then throws', async () => {
    const source = new ListSource('list', records('a', 5));
    source.failure = new AppError('source', 'the disk is gone');
    const { pipeline, store } = pipelineOf([source]);
    await expect(pipeline.run(new Map(), new AbortController().signal)).rejects.toThrow('the disk is gone');
    expect(store.load().positions.get('list')).toBe('5');
    expect(source.closed).toBe(1);
  });

  it('refuses input while the store fails, keeps every change, and recovers', async () => {
    let failures = 3;
    class Full extends MemoryStore {
      override async commit(checkpoint: Checkpoint): Promise<void> {
        if (failures-- > 0) throw new AppError('store-full', 'no space left', { retryable: true });
        await super.commit(checkpoint);
      }
    }
    const source = new ListSource('list', records('a', 3));
    const { pipeline, store, alerts } = pipelineOf([source], new Full(), true);
    await pipeline.run(new Map(), new AbortController().signal);
    expect(source.refusals.length).toBeGreaterThanOrEqual(3);
    expect(source.refusals[0]!.code).toBe('store-full');
    expect(alerts.size).toBe(3);
    expect(store.load().positions.get('list')).toBe('3');
    expect(pipeline.isHealthy).toBe(true);
  });

  it('ends when told to, with what it had taken committed', async () => {
    const stop = new AbortController();
    const source = new ListSource('list', records('a', 100));
    source.gate = (index) => {
      if (index === 50) stop.abort();
      return Promise.resolve();
    };
    const { pipeline, store } = pipelineOf([source]);
    await pipeline.run(new Map(), stop.signal);
    const committed = Number(store.load().positions.get('list'));
    expect(committed).toBe(source.commits.at(-1));
    expect(committed).toBeGreaterThan(0);
    expect(committed).toBeLessThanOrEqual(50);
  });
});
