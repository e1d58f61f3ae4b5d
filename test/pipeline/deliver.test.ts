import { describe, expect, it } from 'vitest';
import { AppError, type Alert, type Refusal, type Sink } from '../../src/model/index.ts';
import { Delivery } from '../../src/pipeline/deliver.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { anAlert } from '../support/alert.ts';
import { silent } from '../support/silent.ts';

class ListSink implements Sink {
  readonly name: string;
  readonly keepsMuted: boolean;
  readonly written: Alert[] = [];
  /** What happens on each write, in turn; then all goes well. */
  readonly script: ((alerts: readonly Alert[]) => readonly Refusal[])[] = [];
  calls = 0;
  #wake: (() => void) | undefined;

  constructor(name: string, keepsMuted = false) {
    this.name = name;
    this.keepsMuted = keepsMuted;
  }

  write(alerts: readonly Alert[]): Promise<readonly Refusal[]> {
    this.calls += 1;
    return Promise.resolve().then(() => {
      const refusals = this.script.shift()?.(alerts) ?? [];
      const refused = new Set(refusals.map(({ id }) => id));
      this.written.push(...alerts.filter(({ id }) => !refused.has(id)));
      this.#wake?.();
      return refusals;
    });
  }

  async until(count: number): Promise<void> {
    while (this.written.length < count) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const id = (letter: string) => letter.repeat(64);
const failing = (error: Error) => () => {
  throw error;
};

async function storeWith(sinks: readonly string[], alerts: readonly Alert[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  store.subscribe(sinks);
  await store.commit({ positions: new Map(), rows: [], alerts, rejects: [] });
  return store;
}
const deliveryOf = (store: MemoryStore, sink: Sink) =>
  new Delivery({ store, sink, log: silent, now: () => 1_800_000_000_000_000 });
const alerts = [anAlert({ id: id('a') }), anAlert({ id: id('b') }), anAlert({ id: id('c') })];

describe('delivery', () => {
  it('delivers each alert once', async () => {
    const sink = new ListSink('out');
    const store = await storeWith(['out'], alerts);
    await deliveryOf(store, sink).drain(new AbortController().signal);
    await deliveryOf(store, sink).drain(new AbortController().signal);
    expect(sink.written.map((alert) => alert.id).sort()).toEqual(alerts.map((alert) => alert.id));
    expect(store.outbox()).toMatchObject([{ sink: 'out', pending: 0, parked: 0 }]);
  });

  it('tries again what can heal, and is woken by a poke', async () => {
    const sink = new ListSink('out');
    sink.script.push(failing(new AppError('sink', 'away', { retryable: true })), failing(new Error('odd')));
    const store = await storeWith(['out'], alerts);
    const stop = new AbortController();
    const delivery = deliveryOf(store, sink);
    const running = delivery.run(stop.signal);
    await sink.until(3);
    await store.commit({ positions: new Map(), rows: [], alerts: [anAlert({ id: id('d') })], rejects: [] });
    delivery.poke();
    await sink.until(4);
    stop.abort();
    await running;
    expect(sink.calls).toBe(4);
  });

  it('parks what the sink refuses, with the reason, and delivers the others', async () => {
    const sink = new ListSink('out');
    sink.script.push(() => [{ id: id('b'), reason: 'mapping' }]);
    const store = await storeWith(['out'], alerts);
    await deliveryOf(store, sink).drain(new AbortController().signal);
    expect(sink.written.map((alert) => alert.id)).toEqual([id('a'), id('c')]);
    expect(store.outbox()).toMatchObject([{ pending: 0, parked: 1 }]);
  });

  it('takes what an exception mutes to sinks that keep it, past the others, and waits for neither', async () => {
    const muted = { muted: { exception: 'known' } };
    const some = [anAlert({ id: id('a') }), anAlert({ id: id('b'), ...muted }), anAlert({ id: id('c'), ...muted })];
    const store = await storeWith(['people', 'archive'], some);
    const [people, archive] = [new ListSink('people'), new ListSink('archive', true)];
    for (const sink of [people, archive]) await deliveryOf(store, sink).drain(new AbortController().signal);
    expect(people.written.map((alert) => alert.id)).toEqual([id('a')]);
    expect(archive.written.map((alert) => alert.id)).toEqual([id('a'), id('b'), id('c')]);
    expect(store.outbox()).toMatchObject([
      { sink: 'people', pending: 0, parked: 0 },
      { sink: 'archive', pending: 0, parked: 0 },
    ]);
    expect(store.alerts({ muted: true }).alerts).toHaveLength(2);
  });

  it('does not call a sink for muted alerts alone', async () => {
    const sink = new ListSink('people');
    const store = await storeWith(['people'], [anAlert({ id: id('b'), muted: { exception: 'known' } })]);
    await deliveryOf(store, sink).drain(new AbortController().signal);
    expect([sink.calls, store.outbox()[0]!.pending]).toEqual([0, 0]);
  });

  it('finds the one alert that fails a whole write for good', async () => {
    const sink = new ListSink('out');
    const poison = (some: readonly Alert[]) => {
      if (some.some((alert) => alert.id === id('b'))) throw new AppError('sink-refused', 'no', { retryable: false });
      return [];
    };
    sink.script.push(poison, poison, poison, poison);
    const store = await storeWith(['out'], alerts);
    await deliveryOf(store, sink).drain(new AbortController().signal);
    expect(sink.written.map((alert) => alert.id)).toEqual([id('a'), id('c')]);
    expect(store.outbox()).toMatchObject([{ pending: 0, parked: 1 }]);
  });

  it('one dead sink delays no other', async () => {
    const [dead, alive] = [new ListSink('dead'), new ListSink('alive')];
    dead.script.push(...Array.from({ length: 50 }, () => failing(new AppError('sink', 'away', { retryable: true }))));
    const store = await storeWith(['dead', 'alive'], alerts);
    const stop = new AbortController();
    const running = [dead, alive].map((sink) => deliveryOf(store, sink).run(stop.signal));
    await alive.until(3);
    stop.abort();
    await Promise.all(running);
    expect(
      store
        .outbox()
        .map(({ sink, pending }) => [sink, pending])
        .sort(),
    ).toEqual([
      ['alive', 0],
      ['dead', 3],
    ]);
  });
});
