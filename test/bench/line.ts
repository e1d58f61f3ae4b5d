import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectors } from '../../detectors/index.ts';
import { Decoder } from '../../src/engine/decode/decoder.ts';
import { Dedupe } from '../../src/engine/dedupe.ts';
import { Engine } from '../../src/engine/engine.ts';
import { DAY, type Store } from '../../src/model/index.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { openSqlite } from '../../src/store/sqlite.ts';

/** What one commit takes at most, as in the pipeline. */
const COMMIT_BYTES = 16 * 1024 * 1024;
const COMMIT_MS = 50;
const SLICE = 512;
const KEY = Buffer.alloc(16, 1);
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** An engine with every detector on and the default budgets. */
export const benchEngine = (): Engine =>
  new Engine({
    detectors: detectors.map((detector) => ({ detector, params: detector.params.parse({}), quiet: detector.quiet })),
    key: KEY,
    cluster: 'bench',
    seed: 0,
    budgets: { detector: 8 << 20, facts: 64 << 20, waiting: 128 << 20 },
    onError: (error) => {
      throw error;
    },
  });

/** JSON.parse of each line, from the bytes in which it arrives. */
export function parseLines(chunks: readonly Buffer[]): number {
  let lines = 0;
  for (const chunk of chunks)
    for (let from = 0; from < chunk.length;) {
      let to = chunk.indexOf(10, from);
      if (to < 0) to = chunk.length;
      if (to > from && JSON.parse(chunk.toString('utf8', from, to)) !== null) lines += 1;
      from = to + 1;
    }
  return lines;
}

/** The decoder alone, or with fingerprints and dedupe. */
export function decodeAll(chunks: readonly Buffer[], dedupe: boolean, strict = true): number {
  const decoder = new Decoder({
    key: KEY,
    cluster: '',
    onReject: ({ reason }) => {
      if (strict) throw new Error(reason);
    },
  });
  const seen = new Dedupe();
  let events = 0;
  for (const bytes of chunks) {
    decoder.open({ bytes, origin: { source: 'bench', position: '' }, received: 1_800_000_000_000_000 });
    while (decoder.next()) {
      events += 1;
      if (!dedupe) continue;
      const { idHigh, idLow, requestHash, contentHash } = decoder.fingerprint();
      seen.check(idHigh, idLow, requestHash, contentHash, decoder.time);
    }
  }
  return events;
}

/** The stores that a line can end in. */
export const STORES = {
  none: () => undefined,
  memory: () => new MemoryStore(),
  sqlite: () => openIn(mkdtempSync(join(tmpdir(), 'lapwing-bench-'))),
} satisfies Record<string, () => Store | undefined>;

/** A store whose folder goes when it is closed. */
function openIn(path: string): Store {
  const store = openSqlite({ path, log: silent, retention: { age: 90 * DAY, bytes: 10 * 1024 ** 3 } });
  const close = store.close.bind(store);
  store.close = () => {
    close();
    rmSync(path, { recursive: true, force: true });
  };
  return store;
}

/** What a line was, when it was done. */
export interface Line {
  readonly engine: Engine;
  readonly rows: number;
  readonly alerts: number;
}

/** Everything from bytes to committed alerts. `onCommit` sees the engine after each commit. */
export async function runLine(
  chunks: Iterable<Buffer>,
  store: Store | undefined,
  onCommit: (engine: Engine) => void = () => undefined,
  commitBytes = COMMIT_BYTES,
): Promise<Line> {
  const engine = benchEngine();
  let [uncommitted, rows, alerts] = [0, 0, 0];
  let began = performance.now();
  const commit = async (): Promise<void> => {
    const changes = engine.changes();
    rows += changes.rows.length;
    alerts += changes.alerts.length;
    await store?.commit({ positions: new Map([['file/bench', String(engine.counters.bytes)]]), ...changes });
    uncommitted = 0;
    began = performance.now();
    onCommit(engine);
  };
  for (const bytes of chunks) {
    engine.open({ bytes, origin: { source: 'bench', position: '' } });
    // A record is never cut in two by a commit, but where it takes long: what was fed by then is committed.
    while (engine.step(SLICE)) if (store !== undefined && performance.now() - began > COMMIT_MS) await commit();
    uncommitted += bytes.length;
    if (uncommitted >= commitBytes) await commit();
  }
  engine.flush();
  await commit();
  store?.close();
  return { engine, rows, alerts };
}

/** Events that a whole line with such a store went through. */
export const lineEvents = async (chunks: readonly Buffer[], store: keyof typeof STORES): Promise<number> =>
  (await runLine(chunks, STORES[store]())).engine.counters.events;
