import { randomBytes } from 'node:crypto';
import { detectors } from '../detectors/index.ts';
import { ControlClient } from './api/control-client.ts';
import { ControlServer } from './api/control.ts';
import { HealthServer } from './api/server.ts';
import { backfillTaker, tellBlind, tellUnfilled } from './app/backfill-service.ts';
import { factImporter } from './app/facts.ts';
import { reveal, type Config } from './config/load.ts';
import type { Catalogue } from './config/schema.ts';
import type { Enabled } from './engine/cluster.ts';
import { Engine } from './engine/engine.ts';
import type { EngineOptions } from './engine/options.ts';
import {
  AppError,
  type Alert,
  type Context,
  type Logger,
  type Row,
  type Sink,
  type Source,
  type Spec,
  type Store,
} from './model/index.ts';
import { Delivery } from './pipeline/deliver.ts';
import { Pipeline } from './pipeline/pipeline.ts';
import { consoleSink } from './sinks/console.ts';
import { elasticsearchSink } from './sinks/elasticsearch.ts';
import { fileSource } from './sources/file.ts';
import { kafkaSource } from './sources/kafka.ts';
import { webhookSource } from './sources/webhook.ts';
import { MemoryStore } from './store/memory.ts';
import { openStore, storeSettings } from './store/open.ts';

/** Every part that a configuration can name. */
export const catalogue: Catalogue = {
  sources: [fileSource, webhookSource, kafkaSource],
  sinks: [consoleSink, elasticsearchSink],
  detectors,
  store: storeSettings,
};

const RETAIN_MS = 600_000;

/** What the parts share: log, clock, credentials. */
export const contextOf = (config: Config, log: Logger, env: NodeJS.ProcessEnv): Context => ({
  log,
  dataDir: config.dataDir,
  now: () => Math.floor((performance.timeOrigin + performance.now()) * 1_000),
  reveal: (secret) => reveal(secret, env),
});

/** The detectors that the configuration leaves on. */
export function enabledDetectors(config: Config): readonly Enabled[] {
  const settings = config.detectors as Record<string, { enabled: boolean; quiet: number }>;
  return detectors.flatMap((detector) => {
    const { enabled, quiet, ...params } = settings[detector.id]!;
    return enabled ? [{ detector, params, quiet }] : [];
  });
}

/** An engine for this configuration; the key guards fingerprints, the seed guards memory that is over budget. */
export const engineOf = (
  config: Config,
  key: Uint8Array,
  seed: number,
  log: Logger,
  more: Partial<EngineOptions> = {},
): Engine =>
  new Engine({
    detectors: enabledDetectors(config),
    key,
    seed,
    cluster: config.cluster ?? '',
    exceptions: config.exceptions,
    budgets: {
      detector: config.limits.detectorMemory,
      facts: config.limits.facts,
      waiting: config.limits.waiting,
    },
    onError: onceEach(log),
    ...more,
  });

/** How a command speaks to the service that runs on this data directory. */
export const controlOf = (config: Config): ControlClient => new ControlClient(config.dataDir);

/** The running service: sources, engine, store, deliveries, health. */
export class Service {
  readonly engine: Engine;
  readonly store: Store;
  readonly #config: Config;
  readonly #log: Logger;
  readonly #context: Context;
  readonly #pipeline: Pipeline;
  readonly #deliveries: readonly Delivery[];
  readonly #sources: readonly Source[];
  readonly #sinks: readonly Sink[];
  readonly #positions: ReadonlyMap<string, string>;

  private constructor(
    config: Config,
    context: Context,
    store: Store,
    key: Uint8Array,
    rows: Iterable<Row>,
    positions: ReadonlyMap<string, string>,
  ) {
    this.#config = config;
    this.#context = context;
    this.#log = context.log;
    this.store = store;
    this.#positions = positions;
    this.engine = engineOf(config, key, Buffer.from(key).readInt32LE(0), context.log, {
      onBlind: (cluster, period) => tellBlind(context.log, cluster, period),
    });
    this.engine.restore(rows);
    tellUnfilled(context.log, this.engine);
    this.#sources = make(catalogue.sources, config.sources, context);
    this.#sinks = make(catalogue.sinks, config.sinks, context);
    this.#deliveries = this.#sinks.map((sink) => new Delivery({ store, sink, log: context.log, now: context.now }));
    store.subscribe(this.#sinks.map((sink) => sink.name));
    this.#pipeline = new Pipeline({
      engine: this.engine,
      store,
      sources: this.#sources,
      log: context.log,
      ticks: true,
      now: context.now,
      onAlerts: () => {
        for (const delivery of this.#deliveries) delivery.poke();
      },
    });
  }

  /** Opens the store and puts back what it holds. Throws AppError where the configuration cannot work. */
  static async open(config: Config, context: Context): Promise<Service> {
    if (Object.keys(config.sources).length === 0)
      throw new AppError(
        'config',
        'nothing to read: name a source under `sources` (see config/README.md, or config/default.yaml for examples)',
      );
    const store = openStore(config.store as never, context);
    try {
      const webhooks = Object.values(config.sources).some((source) => source['type'] === 'webhook');
      if (webhooks && !store.durable)
        throw new AppError(
          'config',
          'store.type: a webhook source needs a durable store: an acknowledged event must survive a crash. Use sqlite',
        );
      const saved = store.load();
      const rows: Row[] = [];
      let key: Uint8Array | undefined;
      for (const row of saved.rows)
        if (row.space === 'engine') key = Buffer.from(String(row.value), 'hex');
        else rows.push(row);
      if (key === undefined) {
        key = randomBytes(16);
        const secret = { space: 'engine', key: 'key', value: Buffer.from(key).toString('hex') };
        await store.commit({ positions: new Map(), rows: [secret], alerts: [], rejects: [] });
      }
      return new Service(config, context, store, key, rows, saved.positions);
    } catch (thrown) {
      store.close();
      throw thrown;
    }
  }

  /** Runs until the signal aborts, or until every source has ended and every alert is delivered. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const stopping = AbortSignal.any([signal, stop.signal]);
    const health = new HealthServer({
      engine: this.engine,
      store: this.store,
      sources: this.#sources,
      isReady: () => this.#pipeline.isHealthy && !signal.aborted,
    });
    const { listen } = this.#config.health;
    if (listen !== undefined) await health.listen(listen, this.#log);
    const control = new ControlServer({
      dataDir: this.#config.dataDir,
      log: this.#log,
      importFacts: factImporter(this.engine, this.#pipeline),
      backfill: backfillTaker(this.engine, this.#pipeline, this.store),
    });
    // Only a durable store is a promise, and makes this process the only one in its directory.
    if (this.store.durable) await control.listen();
    const retention = setInterval(() => this.#retain(), RETAIN_MS);
    const deliveries = Promise.all(this.#deliveries.map((delivery) => delivery.run(stopping)));
    try {
      await this.#pipeline.run(this.#positions, signal);
      if (!signal.aborted) await this.#deliverAll(signal);
    } finally {
      stop.abort();
      clearInterval(retention);
      await deliveries;
      await Promise.allSettled([control.close(), health.close(), ...this.#sinks.map((sink) => sink.close())]);
      this.store.close();
    }
  }

  async #deliverAll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.store.outbox().some(({ pending }) => pending > 0))
      await new Promise((resolve) => setTimeout(resolve, 100));
  }

  #retain(): void {
    try {
      const dropped = this.store.retain(this.#context.now());
      if (dropped > 0) this.#log.info({ dropped }, 'alerts past their retention were dropped');
    } catch (thrown) {
      this.#log.warn({ err: thrown }, 'retention failed; it is tried again in ten minutes');
    }
  }
}

/** One pass over files with a memory store: every alert once, in its final revision. */
export async function replay(
  config: Config,
  paths: readonly string[],
  context: Context,
  onCommit: (engine: Engine, alerts: number) => void,
  prepare: (engine: Engine) => Promise<void> = () => Promise.resolve(),
): Promise<{ readonly alerts: readonly Alert[]; readonly engine: Engine }> {
  const engine = engineOf(config, randomBytes(16), 0, context.log);
  await prepare(engine);
  const alerts = new Map<string, Alert>();
  const pipeline = new Pipeline({
    engine,
    store: new MemoryStore(),
    sources: [makeOne(catalogue.sources, 'file', { paths: [...paths] }, context)],
    log: context.log,
    ticks: false,
    onAlerts: (changed) => {
      for (const alert of changed) alerts.set(alert.id, alert);
    },
    onCommit: () => onCommit(engine, alerts.size),
  });
  await pipeline.run(new Map(), new AbortController().signal);
  const inOrder = [...alerts.values()].sort((a, b) => a.firstSeen - b.firstSeen || (a.id < b.id ? -1 : 1));
  return { alerts: inOrder, engine };
}

/** One part of a type, made from settings that are checked here. */
export const makeOne = <T extends Source | Sink>(
  specs: readonly Spec<never, T>[],
  type: string,
  settings: Readonly<Record<string, unknown>>,
  context: Context,
): T => {
  const spec = specs.find((each) => each.type === type)!;
  return spec.create(type, spec.settings.parse(settings) as never, context);
};

/** The named parts of one kind, made from their checked settings. */
const make = <T extends Source | Sink>(
  specs: readonly Spec<never, T>[],
  named: Readonly<Record<string, Record<string, unknown>>>,
  context: Context,
): readonly T[] =>
  Object.entries(named).map(([name, { type, ...settings }]) =>
    specs.find((spec) => spec.type === type)!.create(name, settings as never, context),
  );

/** A detector that throws is logged the first time; the counter tells the rest. */
function onceEach(log: Logger): (error: AppError) => void {
  const told = new Set<string>();
  return (error) => {
    const first = !told.has(error.message) && told.size < 100;
    told.add(error.message);
    if (first) log.error({ code: error.code, err: error }, error.message);
  };
}
