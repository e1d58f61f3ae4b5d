import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControlClient } from '../../src/api/control-client.ts';
import { ControlServer } from '../../src/api/control.ts';
import { factImporter, importInto, importIntoService } from '../../src/app/facts.ts';
import { AppError } from '../../src/model/index.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { Engine } from '../../src/engine/engine.ts';
import { ListSource } from '../support/list-source.ts';
import { recordOf } from '../support/engine.ts';
import { silent } from '../support/silent.ts';

let folder: string;
let closing: (() => Promise<unknown>)[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lapwing-facts-'));
  closing = [];
});
afterEach(async () => {
  for (const close of closing) await close();
  rmSync(folder, { recursive: true, force: true });
});

const engineWith = (facts: number): Engine =>
  new Engine({
    detectors: [],
    key: Buffer.alloc(16, 7),
    cluster: '',
    seed: 0,
    budgets: { detector: 1 << 20, facts, waiting: 1 << 20 },
    onError: (error) => {
      throw error;
    },
  });

/** A pipeline that runs, without input, and what its control socket does with facts. */
function service(store = new MemoryStore(), facts = 64 << 20) {
  const stop = new AbortController();
  const source = new ListSource('none', [recordOf('')]);
  source.gate = async () => {
    if (!stop.signal.aborted) await once(stop.signal, 'abort');
  };
  const engine = engineWith(facts);
  const pipeline = new Pipeline({ engine, store, sources: [source], log: silent, ticks: true, onAlerts: () => {} });
  const ended = pipeline.run(new Map(), stop.signal);
  closing.push(() => {
    stop.abort();
    return ended;
  });
  return { engine, store, take: factImporter(engine, pipeline) };
}

const pod = (name: string, more: object = {}): string =>
  `${JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'dev' }, spec: { hostPID: true }, ...more })}\n`;
const pods = (count: number): string => Array.from({ length: count }, (_, index) => pod(`p-${index}`)).join('');

async function* chunks(text: string, size = 4_000): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < text.length; from += size) yield Buffer.from(text.slice(from, from + size));
}

const rowsIn = (store: MemoryStore, space: string): number =>
  [...store.load().rows].filter((row) => row.space === space && row.key.startsWith('pod/dev/')).length;

describe('a service that is sent facts', () => {
  it('takes any number of them, group by group, and holds them durably when it answers', async () => {
    const { store, take } = service();
    expect(await take('east', chunks(pods(3_000)))).toEqual({ taken: 3_000, evicted: 0 });
    expect(rowsIn(store, 'facts/east')).toBe(3_000);
    expect(rowsIn(store, 'facts/')).toBe(0);
    expect(await take('', chunks(''))).toEqual({ taken: 0, evicted: 0 });
  });

  it('believes nothing: broken lines, foreign kinds and secrets go no further', async () => {
    const { store, take } = service();
    const hostile = [
      '{"kind":"Pod"\n',
      '"text"\n',
      pod('leaky', { spec: { hostPID: true, serviceAccountName: 'password=hunter2' } }),
      '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"a":"hunter2"}}\n',
      pod('last'),
    ];
    expect(await take('', chunks(hostile.join(''), 7))).toEqual({ taken: 2, evicted: 0 });
    expect(rowsIn(store, 'facts/')).toBe(2);
    expect(JSON.stringify([...store.load().rows])).not.toContain('hunter2');
  });

  it('says how many facts had to go', async () => {
    const { take } = service(new MemoryStore(), 100_000);
    const { taken, evicted } = await take('', chunks(pods(1_000)));
    expect(taken).toBe(1_000);
    expect(evicted).toBeGreaterThan(500);
    expect(evicted).toBeLessThan(1_000);
  });

  it('refuses them while its store takes nothing', async () => {
    class Full extends MemoryStore {
      override commit(): Promise<void> {
        return Promise.reject(new AppError('store-full', 'no space left', { retryable: true }));
      }
    }
    const { take } = service(new Full());
    const first = take('', chunks(pods(1))).catch((thrown: unknown) => thrown);
    let refused: unknown;
    while (refused === undefined) {
      await new Promise((resolve) => setImmediate(resolve));
      refused = await Promise.race([
        take('', chunks('')).then(undefined, (thrown: unknown) => thrown),
        new Promise((resolve) => setImmediate(resolve)),
      ]);
    }
    expect(refused).toMatchObject({ code: 'store', message: expect.stringContaining('takes no checkpoint') as string });
    for (const close of closing.splice(0)) await close();
    expect(await first).toMatchObject({ code: 'store' });
  });
});

describe('a command that sends facts', () => {
  const file = (text: string): string => {
    const path = join(folder, 'dump.json');
    writeFileSync(path, text);
    return path;
  };

  it('leaves in the service what it would leave in an engine of its own', async () => {
    const path = file(
      pods(2_000) + pod('nameless', { metadata: {} }) + '{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}}',
    );
    const { engine, take } = service();
    const server = new ControlServer({ dataDir: folder, log: silent, importFacts: take });
    await server.listen();
    closing.push(() => server.close());
    const sent = await importIntoService(new ControlClient(folder), 'east', path, () => {});
    const own = engineWith(64 << 20);
    expect(await importInto(own, 'east', path, () => {})).toEqual(sent);
    expect(sent.tally).toMatchObject({ unnamed: 1, broken: 0 });
    for (const name of ['p-0', 'p-1999', 'nameless'])
      expect(engine.clusters.get('east')!.facts.pod('dev', name)).toEqual(
        own.clusters.get('east')!.facts.pod('dev', name),
      );
    expect(own.clusters.get('east')!.facts.pod('dev', 'p-1999')?.privileged).toBe(true);
  });

  it('does not take the word of a service that understood less', async () => {
    const server = new ControlServer({
      dataDir: folder,
      log: silent,
      importFacts: async (_, lines) => {
        for await (const chunk of lines) void chunk;
        return { taken: 1, evicted: 0 };
      },
    });
    await server.listen();
    closing.push(() => server.close());
    const asked = importIntoService(new ControlClient(folder), '', file(pods(2)), () => {});
    await expect(asked).rejects.toThrow('took 1 of 2 objects');
  });
});
