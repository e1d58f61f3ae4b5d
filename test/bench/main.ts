import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectors } from '../../detectors/index.ts';
import { Decoder } from '../../src/engine/decode/decoder.ts';
import { Dedupe } from '../../src/engine/dedupe.ts';
import { Engine } from '../../src/engine/engine.ts';
import { DAY, type Store } from '../../src/model/index.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { openSqlite as openStore } from '../../src/store/sqlite.ts';
import { CORPORA, makeCorpus, type Corpus } from './corpus.ts';
import { benchStore } from './store.ts';

const EVENTS = Number(process.env['LAPWING_BENCH_EVENTS'] ?? 200_000);
const ROUNDS = Number(process.env['LAPWING_BENCH_ROUNDS'] ?? 7);
/** What one commit takes, as in the pipeline. */
const COMMIT_BYTES = 16 * 1024 * 1024;
const KEY = Buffer.alloc(16, 1);

type Stage = readonly [name: string, run: (corpus: Corpus) => Promise<number> | number];

const engine = () =>
  new Engine({
    detectors: detectors.map((detector) => ({ detector, params: detector.params.parse({}), quiet: detector.quiet })),
    key: KEY,
    cluster: 'bench',
    seed: 0,
    budgets: { detector: 16 << 20, facts: 64 << 20, waiting: 128 << 20 },
    onError: (error) => {
      throw error;
    },
  });

const stages: readonly Stage[] = [
  [
    'JSON.parse of each line, from text',
    ({ texts }) => texts.reduce((sum, text) => sum + Object.keys(JSON.parse(text)).length, 0),
  ],
  ['JSON.parse of each line, from bytes', ({ chunks }) => chunks.reduce((sum, chunk) => sum + parseLines(chunk), 0)],
  ['decode', ({ chunks }) => decode(chunks, false)],
  ['decode, fingerprint, dedupe', ({ chunks }) => decode(chunks, true)],
  ['engine, no store', ({ chunks }) => runEngine(chunks, undefined)],
  ['whole line, memory store', ({ chunks }) => runEngine(chunks, () => new MemoryStore())],
  ['whole line, SQLite', ({ chunks }) => runEngine(chunks, openSqlite)],
];

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
let folder = '';
const openSqlite = (): Store => {
  folder = mkdtempSync(join(tmpdir(), 'lapwing-bench-'));
  return openStore({ path: folder, log: silent, retention: { age: 90 * DAY, bytes: 10 * 1024 ** 3 } });
};

function parseLines(chunk: Buffer): number {
  let sum = 0;
  for (let from = 0; from < chunk.length;) {
    let to = chunk.indexOf(10, from);
    if (to < 0) to = chunk.length;
    sum += Object.keys(JSON.parse(chunk.toString('utf8', from, to)) as object).length;
    from = to + 1;
  }
  return sum;
}

function decode(chunks: readonly Buffer[], dedupe: boolean): number {
  const decoder = new Decoder({
    key: KEY,
    cluster: '',
    onReject: (reject) => {
      throw new Error(reject.reason);
    },
  });
  const seen = new Dedupe();
  let events = 0;
  for (const bytes of chunks) {
    decoder.open({ bytes, origin: { source: 'bench', position: '' } });
    while (decoder.next()) {
      events += 1;
      if (!dedupe) continue;
      const { idHigh, idLow, requestHash, contentHash } = decoder.fingerprint();
      seen.check(idHigh, idLow, requestHash, contentHash, decoder.time);
    }
  }
  return events;
}

async function runEngine(chunks: readonly Buffer[], open: (() => Store) | undefined): Promise<number> {
  const running = engine();
  const store = open?.();
  let uncommitted = 0;
  const commit = async () => {
    const changes = running.changes();
    await store?.commit({ positions: new Map([['file/bench', String(running.counters.bytes)]]), ...changes });
    uncommitted = 0;
  };
  for (const bytes of chunks) {
    running.open({ bytes, origin: { source: 'bench', position: '' } });
    while (running.step(1_024));
    uncommitted += bytes.length;
    if (uncommitted >= COMMIT_BYTES) await commit();
  }
  running.flush();
  await commit();
  store?.close();
  if (folder !== '') rmSync(folder, { recursive: true, force: true });
  folder = '';
  if (running.counters.events === 0 || running.counters.wanted === 0) throw new Error('the bench judged nothing');
  return running.counters.events;
}

async function main(): Promise<void> {
  if (process.argv.includes('--million-actors')) return millionActors();
  console.log(
    `Node ${process.version}, ${cpus()[0]?.model.trim()}, ${cpus().length} cores; CPU time, best of ${ROUNDS} rounds taken in turns`,
  );
  for (const name of CORPORA) await benchCorpus(makeCorpus(name, EVENTS));
  const child = spawnSync(process.execPath, ['--expose-gc', process.argv[1]!, '--million-actors'], {
    encoding: 'utf8',
  });
  process.stdout.write(child.stdout);
  if (child.status !== 0) throw new Error(child.stderr);
  if (process.argv.includes('--store')) {
    console.log('\n| store | figure | unit |\n|---|--:|---|');
    for (const [name, value, unit] of await benchStore())
      console.log(`| ${name} | ${value.toLocaleString('en-US', { maximumFractionDigits: 2 })} | ${unit} |`);
  }
}

async function benchCorpus(corpus: Corpus): Promise<void> {
  const mean = Math.round(corpus.bytes / EVENTS);
  const best = new Map<string, number>(stages.map(([name]) => [name, Number.POSITIVE_INFINITY]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [name, run] of stages) {
      // No collection is forced in between: it would throw away code that a running service keeps.
      const began = process.cpuUsage();
      await run(corpus);
      const { user, system } = process.cpuUsage(began);
      best.set(name, Math.min(best.get(name)!, user + system));
    }
  const [text, bytes] = [best.get(stages[0]![0])!, best.get(stages[1]![0])!];
  console.log(
    `\n${corpus.name}: ${EVENTS.toLocaleString('en-US')} events, mean ${mean} B\n\n| stage | events per CPU-second | to JSON.parse of bytes | to JSON.parse of text |\n|---|--:|--:|--:|`,
  );
  for (const [name, micros] of best) {
    const rate = Math.round(EVENTS / (micros / 1e6)).toLocaleString('en-US');
    console.log(`| ${name} | ${rate} | ${(bytes / micros).toFixed(2)} | ${(text / micros).toFixed(2)} |`);
  }
}

/** A million users, each refused once: what they cost in memory. */
async function millionActors(): Promise<void> {
  const running = engine();
  const store = new MemoryStore();
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let peak = 0;
  for (let from = 0; from < 1_000_000; from += 1_000) {
    const lines = Array.from({ length: 1_000 }, (_, index) => refused(from + index));
    running.open({ bytes: Buffer.from(lines.join('\n')), origin: { source: 'bench', position: '' } });
    while (running.step(1_024));
    await store.commit({ positions: new Map(), ...running.changes() });
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  const stats = [...running.clusters.values()].flatMap((cluster) => cluster.stats());
  const keys = stats.reduce((sum, each) => sum + each.keys, 0);
  const evictions = stats.reduce((sum, each) => sum + each.evictions, 0);
  console.log(
    `\na million actors, each refused once: peak RSS ${mebi(peak)} MiB (${mebi(before)} MiB before), ${keys.toLocaleString('en-US')} keys kept, ${evictions.toLocaleString('en-US')} evicted, memory store included`,
  );
}

const mebi = (bytes: number): number => Math.round(bytes / 1024 ** 2);

function refused(actor: number): string {
  const time = new Date(1_800_000_000_000 + actor).toISOString().replace('Z', '000Z');
  const id = actor.toString(16).padStart(12, '0');
  return `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"9fc2bbde-d493-4c33-8277-${id}","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/web/configmaps","verb":"list","user":{"username":"user-${actor}@example.com","groups":["system:authenticated"]},"sourceIPs":["10.0.0.9"],"userAgent":"curl/7.88.1","objectRef":{"resource":"configmaps","namespace":"web","apiVersion":"v1"},"responseStatus":{"metadata":{},"status":"Failure","reason":"Forbidden","code":403},"requestReceivedTimestamp":"${time}","stageTimestamp":"${time}","annotations":{"authorization.k8s.io/decision":"forbid","authorization.k8s.io/reason":""}}`;
}

await main();
