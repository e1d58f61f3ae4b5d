import type { ControlClient } from '../api/control-client.ts';
import type { Config } from '../config/load.ts';
import type { Engine } from '../engine/engine.ts';
import { ClusterFacts } from '../engine/facts/facts.ts';
import { FactReader, type ImportTally } from '../engine/import-facts.ts';
import { AppError, messageOf, type Context, type Row } from '../model/index.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { openLog, openStream } from '../sources/open-log.ts';
import { openStore } from '../store/open.ts';

const CHUNK = 256 * 1024;
/** Objects that a service takes at once: some milliseconds of its time, and one commit. */
const AT_ONCE = 512;

type FactObject = Parameters<Engine['importFacts']>[1];

/** What an import came to. */
export interface Imported {
  readonly tally: ImportTally;
  /** Facts that had to go for want of space. */
  readonly evicted: number;
}

/** Called now and then while a dump is read. */
export type OnRead = (reader: FactReader) => void;

/** Reads a dump (`-`: standard input; plain or gzip) through the reader, a chunk at a time. Throws AppError where it cannot be opened. */
async function* readDump(path: string, reader: FactReader): AsyncGenerator<void> {
  const { input, file } = path === '-' ? await openStream(process.stdin) : await openLog(path, undefined);
  const chunk = Buffer.allocUnsafe(CHUNK);
  try {
    for (let read = await input.read(chunk, 0); read > 0; read = await input.read(chunk, 0)) {
      reader.push(chunk.subarray(0, read));
      yield;
    }
  } catch (thrown) {
    // Damaged gzip, a disk that fails: what came before it counts.
    reader.breakAt(`cannot be read further (${messageOf(thrown)})`, reader.bytes);
  } finally {
    input.close();
    await file?.handle.close();
  }
  reader.end();
}

/** Teaches an engine what a dump holds. */
export async function importInto(engine: Engine, cluster: string, path: string, onRead: OnRead): Promise<Imported> {
  const before = evictedIn(engine, cluster);
  const reader = new FactReader((object) => engine.importFacts(cluster, object));
  for await (const _ of readDump(path, reader)) onRead(reader);
  return { tally: reader.tally, evicted: evictedIn(engine, cluster) - before };
}

/**
 * Puts what a dump holds into the store, as its only writer; durable when it resolves. The engine must be a new one. Throws
 * AppError `store-locked` where a service runs.
 */
export async function importIntoStore(
  config: Config,
  context: Context,
  engine: Engine,
  cluster: string,
  path: string,
  onRead: OnRead,
): Promise<Imported> {
  const store = openStore(config.store as never, context);
  try {
    engine.restore(factsOf(store.load().rows));
    const imported = await importInto(engine, cluster, path, onRead);
    const rows = [...factsOf(engine.changes().rows)];
    await store.commit({ positions: new Map(), rows, alerts: [], rejects: [] });
    return imported;
  } finally {
    store.close();
  }
}

/** Hands what a dump holds to the running service; durable when it resolves. What teaches nothing never leaves this process. */
export async function importIntoService(
  client: ControlClient,
  cluster: string,
  path: string,
  onRead: OnRead,
): Promise<Imported> {
  const known = new ClusterFacts({ budgetBytes: 0 });
  let lines: string[] = [];
  const reader = new FactReader((object) => {
    const isFact = known.import(object);
    if (isFact) lines.push(`${JSON.stringify(object)}\n`);
    return isFact;
  });
  async function* text(): AsyncGenerator<string> {
    for await (const _ of readDump(path, reader)) {
      onRead(reader);
      yield lines.join('');
      lines = [];
    }
    yield lines.join('');
  }
  const { taken, evicted } = await client.importFacts(cluster, text());
  if (taken !== reader.count)
    throw new AppError('store', `the running service took ${String(taken)} of ${reader.count} objects: is it older?`);
  return { tally: reader.tally, evicted: Number(evicted) };
}

/** The service's side: what its control socket does with the objects that it is sent. */
export const factImporter =
  (engine: Engine, pipeline: Pipeline) =>
  async (cluster: string, lines: AsyncIterable<Uint8Array>): Promise<{ taken: number; evicted: number }> => {
    if (!pipeline.isHealthy)
      throw new AppError('store', 'its store takes no checkpoint at present; its log says why', { retryable: true });
    const before = evictedIn(engine, cluster);
    let objects: FactObject[] = [];
    let taken = 0;
    const reader = new FactReader((object) => objects.push(object) > 0);
    const learn = (): Promise<void> => {
      const group = objects;
      objects = [];
      return pipeline.apply(() => {
        for (const object of group) if (engine.importFacts(cluster, object)) taken += 1;
      });
    };
    for await (const chunk of lines) {
      reader.push(chunk);
      if (objects.length >= AT_ONCE) await learn();
    }
    reader.end();
    await learn();
    return { taken, evicted: evictedIn(engine, cluster) - before };
  };

const isFact = ({ space }: Row): boolean => space.startsWith('facts/');

function* factsOf(rows: Iterable<Row>): Generator<Row> {
  for (const row of rows) if (isFact(row)) yield row;
}

const evictedIn = (engine: Engine, cluster: string): number => engine.clusters.get(cluster)?.facts.evicted ?? 0;
