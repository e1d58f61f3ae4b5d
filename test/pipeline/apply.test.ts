import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { AppError, type Checkpoint } from '../../src/model/index.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { engineFor, recordOf } from '../support/engine.ts';
import { execEvent } from '../support/exec-event.ts';
import { ListSource } from '../support/list-source.ts';
import { silent } from '../support/silent.ts';

const T = Date.parse('2026-11-21T10:00:00Z');
const records = Array.from({ length: 40 }, (_, index) => recordOf(`${execEvent(`a-${index}`, T + index * 10)}\n`));

const pod = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'dev' },
  spec: { hostPID: true, containers: [] },
});

/** A running pipeline whose source gives its records and then waits for the end. */
function running(store = new MemoryStore(), count = 0) {
  const stop = new AbortController();
  const source = new ListSource('list', records.slice(0, count + 1));
  source.gate = async (index) => {
    if (index === count) await once(stop.signal, 'abort');
  };
  const pipeline = new Pipeline({
    engine: engineFor(),
    store,
    sources: [source],
    log: silent,
    ticks: true,
    onAlerts: () => undefined,
  });
  const ended = pipeline.run(new Map(), stop.signal);
  return { pipeline, store, source, stop, ended };
}

const podsIn = (store: MemoryStore): readonly string[] =>
  [...store.load().rows].flatMap(({ space, key }) => (space === 'facts/' && key.startsWith('pod/dev/') ? [key] : []));

describe('work between batches', () => {
  it('is durable when it resolves, in the order it was asked for', async () => {
    const { pipeline, store, stop, ended } = running();
    const order: string[] = [];
    await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        await pipeline.apply((engine) => void engine.importFacts('', pod(name)));
        expect(podsIn(store)).toContain(`pod/dev/${name}`);
        order.push(name);
      }),
    );
    expect(order).toEqual(['a', 'b', 'c']);
    stop.abort();
    await ended;
  });

  it('loses no event and repeats none', async () => {
    const { pipeline, store, source, stop, ended } = running(new MemoryStore(), 30);
    for (let turn = 0; turn < 20; turn += 1)
      await pipeline.apply((engine) => void engine.importFacts('', pod(`p${turn}`)));
    while (source.commits.at(-1) !== 30) await pipeline.apply(() => undefined);
    expect(source.commits).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    expect(podsIn(store)).toHaveLength(20);
    stop.abort();
    await ended;
  });

  it('lets sockets and timers have their turn between two pieces, however soon the next is asked for', async () => {
    const { pipeline, store, stop, ended } = running();
    let turns = 0;
    const count = (): void => {
      turns += 1;
      if (!stop.signal.aborted) setImmediate(count);
    };
    setImmediate(count);
    const seen = new Set<number>();
    for (let piece = 0; piece < 20; piece += 1) {
      await pipeline.apply((engine) => {
        engine.importFacts('', pod(`p${piece}`));
        seen.add(turns);
      });
      // Long enough that the pipeline waits for something to do again.
      for (let step = 0; step < 50; step += 1) await undefined;
    }
    expect(podsIn(store)).toHaveLength(20);
    expect(seen.size).toBe(20);
    stop.abort();
    await ended;
  });

  it('that throws is told so, and costs nobody else anything', async () => {
    const { pipeline, store, stop, ended } = running();
    const failing = pipeline.apply(() => {
      throw new AppError('limit', 'too much');
    });
    const next = pipeline.apply((engine) => void engine.importFacts('', pod('b')));
    await expect(failing).rejects.toThrow('too much');
    await next;
    expect(podsIn(store)).toEqual(['pod/dev/b']);
    stop.abort();
    await ended;
  });

  it('waits while the store fails', async () => {
    let failures = 3;
    class Full extends MemoryStore {
      override async commit(checkpoint: Checkpoint): Promise<void> {
        if (failures-- > 0) throw new AppError('store-full', 'no space left', { retryable: true });
        await super.commit(checkpoint);
      }
    }
    const { pipeline, store, stop, ended } = running(new Full());
    await pipeline.apply((engine) => void engine.importFacts('', pod('a')));
    expect(failures).toBeLessThan(0);
    expect(podsIn(store)).toEqual(['pod/dev/a']);
    stop.abort();
    await ended;
  });

  it('is never promised by a pipeline that stops', async () => {
    class Dead extends MemoryStore {
      override commit(): Promise<void> {
        return Promise.reject(new AppError('store-full', 'no space left', { retryable: true }));
      }
    }
    const { pipeline, store, stop, ended } = running(new Dead());
    const asked = [pipeline.apply((engine) => void engine.importFacts('', pod('a'))), pipeline.apply(() => undefined)];
    const told = Promise.allSettled(asked);
    stop.abort();
    await ended;
    expect((await told).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(podsIn(store)).toEqual([]);
    await expect(pipeline.apply(() => undefined)).rejects.toThrow('stopping');
  });
});
