import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectors } from '../detectors/index.ts';
import { metricsText } from '../src/api/metrics.ts';
import { Decoder } from '../src/engine/decode/decoder.ts';
import { Engine } from '../src/engine/engine.ts';
import { EventText } from '../src/engine/event-text.ts';
import { toDocument, type Alert, type RawRecord, type Store } from '../src/model/index.ts';
import { Pipeline } from '../src/pipeline/pipeline.ts';
import { ConsoleSink } from '../src/sinks/console.ts';
import { elasticsearchSink } from '../src/sinks/elasticsearch.ts';
import { MemoryStore } from '../src/store/memory.ts';
import { openSqlite } from '../src/store/sqlite.ts';
import { CANARIES, formsOf } from './redaction/canaries.ts';
import { BREAKS, deedsWith, eventOf, WRAPPERS } from './redaction/events.ts';
import { filesIn, seenIn, seenInFiles } from './redaction/grep.ts';
import { everythingOf, parrot, thrower } from './redaction/parrot.ts';
import { testContext } from './support/context.ts';
import { ElasticsearchDouble } from './support/elasticsearch-double.ts';
import { enabled, recordOf } from './support/engine.ts';
import { ListSource } from './support/list-source.ts';

const MILLION = 1024 * 1024;

/** Every kind of secret in every kind of request, in every shape in turn. */
const cases = CANARIES.flatMap((canary) => deedsWith(canary).map((deed) => ({ canary, deed }))).map(
  ({ canary, deed }, serial) => ({
    canary,
    deed,
    line: WRAPPERS[serial % WRAPPERS.length]![1](eventOf(deed, canary, serial)),
  }),
);
/** The stores and sinks get a part of them: each kind of secret, each kind of request and each shape many times. */
const lines = cases.filter((_, index) => index % 3 === 0).map(({ line }) => line);
/** One broken event of each kind of secret in each way. */
const broken: readonly Buffer[] = CANARIES.flatMap((canary, index) =>
  BREAKS.map(([, break_], way) => break_(JSON.stringify(eventOf(deedsWith(canary)[way]!, canary, index)))),
);
const records: readonly RawRecord[] = [
  ...lines.map((line) => recordOf(`${line}\n`)),
  ...broken.map((bytes) => recordOf('', { bytes })),
];

class Paper extends Writable {
  text = '';
  override _write(chunk: Buffer | string, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** What one pass of the real line says and keeps. The engine is stopped in the middle: the newest events still wait. */
async function pass(store: Store): Promise<{ engine: Engine; alerts: ReadonlyMap<string, Alert>; log: string }> {
  const paper = new Paper();
  const log = pino({ level: 'trace' }, paper);
  const engine = new Engine({
    detectors: [...detectors, parrot, thrower].map((each) => enabled(each)),
    key: Buffer.alloc(16, 7),
    cluster: 'canary',
    seed: 0,
    budgets: { detector: 64 * MILLION, facts: 64 * MILLION, waiting: 64 * MILLION },
    onError: (error) => log.error({ err: error, cause: error.cause }, 'a detector fails'),
  });
  const stop = new AbortController();
  const source = new ListSource('list', records);
  // An aborted run judges no event ahead of its turn.
  source.gate = (index) => {
    if (index === records.length - 1) stop.abort();
    return Promise.resolve();
  };
  const alerts = new Map<string, Alert>();
  store.subscribe(['out']);
  const pipeline = new Pipeline({
    engine,
    store,
    sources: [source],
    log,
    ticks: false,
    onAlerts: (changed) => {
      for (const alert of changed) alerts.set(alert.id, structuredClone(alert));
      log.debug({ alerts: changed.slice(0, 5).map(toDocument) }, 'alerts');
    },
  });
  await pipeline.run(new Map(), stop.signal);
  return { engine, alerts, log: paper.text };
}

it('has every secret in its input, in plain sight', () => {
  expect(CANARIES.length).toBeGreaterThanOrEqual(50);
  expect(cases.length).toBeGreaterThan(2_000);
  for (const { canary, line } of cases) expect(formsOf(canary.secret).some((form) => line.includes(form))).toBe(true);
  expect(new Set(CANARIES.map(({ secret }) => secret)).size).toBe(CANARIES.length);
  expect(new Set(seenIn(lines.join('\n')))).toEqual(new Set(CANARIES.map(({ kind }) => kind)));
  expect(new Set(seenIn(Buffer.concat(broken)))).toEqual(new Set(CANARIES.map(({ kind }) => kind)));
  // What stands in the input is found in the output of a line that hides nothing.
  for (const { kind, secret } of CANARIES) expect(seenIn(`a ${secret.toLowerCase()} b`)).toContain(kind);
});

it('no secret is in an event, whoever looks at it, nor in what is kept of one that waits', () => {
  const leaks: string[] = [];
  let events = 0;
  const decoder = new Decoder({ key: Buffer.alloc(16, 7), cluster: '', onReject: ({ reason }) => leaks.push(reason) });
  const rows = new EventText(Buffer.alloc(16, 7));
  for (const { canary, deed, line } of cases) {
    decoder.open(recordOf(line));
    while (decoder.next()) {
      events += 1;
      const event = decoder.event(false);
      const row = rows.write(event);
      const text = `${everythingOf(event)} ${row} ${everythingOf(rows.read(row)!)}`;
      const form = formsOf(canary.secret).find((each) => text.includes(each));
      if (form !== undefined)
        leaks.push(`${canary.kind}, ${deed.name}: ${text.slice(text.indexOf(form) - 60, text.indexOf(form) + 60)}`);
    }
  }
  expect(leaks).toEqual([]);
  expect(events).toBe(cases.length);
});

describe('no secret', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lapwing-canary-'));
  const store = openSqlite({ path: join(folder, 'data'), retention: { age: 9e15, bytes: 9e15 } });
  let told: Awaited<ReturnType<typeof pass>>;
  let documents: string;

  beforeAll(async () => {
    told = await pass(store);
    documents = [...told.alerts.values()].map((alert) => JSON.stringify(toDocument(alert))).join('\n');
  }, 60_000);
  afterAll(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is in an alert, although everything is told', () => {
    expect(told.engine.counters.events).toBeGreaterThanOrEqual(lines.length);
    expect(told.engine.counters.detectorErrors.get('thrower')).toBeGreaterThan(lines.length * 0.7);
    const rules = [...told.alerts.values()].map(({ rule }) => rule.id);
    expect(rules.filter((id) => id === 'parrot').length).toBeGreaterThan(lines.length * 0.7);
    expect(new Set(rules).size).toBeGreaterThanOrEqual(5);
    expect(documents).toContain('[redacted]');
    expect(seenIn(documents)).toEqual([]);
  });

  it('is in a log line', () => {
    expect(told.log.length).toBeGreaterThan(MILLION);
    expect(seenIn(told.log)).toEqual([]);
  });

  it('is on disk: in alerts, memory, facts, rejects, the outbox and events that wait', () => {
    const rows = [...store.load().rows];
    const spaces = new Map<string, number>();
    for (const { space } of rows) spaces.set(space, (spaces.get(space) ?? 0) + 1);
    expect(told.engine.clusters.get('canary')?.order.size).toBeGreaterThan(40);
    expect(rows.filter(({ value }) => String(value).includes('"requestURI"')).length).toBeGreaterThan(40);
    expect(rows.filter(({ space }) => space.includes('parrot')).length).toBeGreaterThan(lines.length * 0.7);
    expect(store.rejects(1_000).length).toBeGreaterThan(CANARIES.length);
    expect(store.pending('out', 10_000, 9e15).length).toBeGreaterThan(300);
    expect(seenInFiles(folder)).toEqual([]);
    expect(filesIn(folder).some((path) => path.endsWith('-wal'))).toBe(true);
    expect(
      filesIn(folder)
        .map((path) => readFileSync(path).length)
        .reduce((sum, each) => sum + each, 0),
    ).toBeGreaterThan(MILLION);
  });

  it('is in a memory store', async () => {
    const memory = new MemoryStore();
    const { alerts } = await pass(memory);
    expect(alerts.size).toBeGreaterThan(lines.length * 0.7);
    const kept = [...memory.load().rows, ...memory.rejects(10_000)];
    expect(kept.length).toBeGreaterThan(500);
    expect(seenIn(JSON.stringify(kept))).toEqual([]);
  });

  it.each(['human', 'ndjson'] as const)('is on the console (%s)', async (format) => {
    const paper = new Paper();
    const sink = new ConsoleSink('out', format, paper, {});
    await sink.write([...told.alerts.values()], new AbortController().signal);
    expect(paper.text.length).toBeGreaterThan(MILLION / 2);
    expect(seenIn(paper.text)).toEqual([]);
    await sink.close();
  });

  it('is in Elasticsearch', async () => {
    const double = new ElasticsearchDouble();
    const settings = elasticsearchSink.settings.parse({ nodes: [await double.open()] });
    const sink = elasticsearchSink.create('es', settings as never, testContext().context);
    const alerts = [...told.alerts.values()];
    expect(await sink.write(alerts, new AbortController().signal)).toEqual([]);
    expect([...double.documents()].length).toBe(alerts.length);
    expect(seenIn(JSON.stringify([...double.documents()]))).toEqual([]);
    await sink.close();
    await double.close();
  });

  it('is in the metrics', async () => {
    const text = await metricsText(told.engine, store);
    expect(text).toMatch(/lapwing_rejected_total \d{2}/);
    expect(seenIn(text)).toEqual([]);
  });
});
