import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { catalogue, controlOf, Service } from '../../src/app.ts';
import { backfill, type Backfilled, type BackfillJob } from '../../src/app/backfill.ts';
import type { Blind } from '../../src/engine/blind.ts';
import { blindClusters, clusterToFill, openBeside, stateOf, type BackfillState } from '../../src/app/backfill-state.ts';
import { loadConfig, type Config } from '../../src/config/load.ts';
import { SECOND, type Alert, type Context, type Micros } from '../../src/model/index.ts';
import { linesOf } from '../support/engine.ts';
import { microsOf } from '../support/event.ts';
import { eventList } from '../support/exec-event.ts';
import { testContext, type Logged } from '../support/context.ts';
import { freePort } from '../support/lapwing.ts';

/** An event of a log: its line and its time. */
export interface Line {
  readonly text: string;
  readonly time: Micros;
}

const TIME = /"(requestReceivedTimestamp|stageTimestamp)":"([^"]+)"/g;

/** The lines of a sample, moved so that the first is at that time. */
export function sampleAt(name: string, start: Micros): readonly Line[] {
  const lines = linesOf(`samples/${name}.ndjson`).map((text) => ({ text, time: timeOf(text) }));
  const by = start - Math.min(...lines.map(({ time }) => time));
  return lines.map(({ text, time }) => ({ text: moved(text, by), time: time + by }));
}

const timeOf = (text: string): Micros => {
  const { stageTimestamp, requestReceivedTimestamp } = JSON.parse(text) as Record<string, string>;
  return microsOf(stageTimestamp ?? requestReceivedTimestamp ?? '');
};

const moved = (text: string, by: Micros): string =>
  text.replaceAll(TIME, (_, name: string, time: string) => `"${name}":"${iso(microsOf(time) + by)}"`);

/** RFC 3339 with six decimals. */
const iso = (time: Micros): string =>
  `${new Date(Math.floor(time / 1_000)).toISOString().slice(0, -1)}${String(time % 1_000).padStart(3, '0')}Z`;

/** Events in order of time. */
export const inOrder = (lines: readonly Line[]): readonly Line[] => [...lines].sort((a, b) => a.time - b.time);

export const linesText = (lines: readonly Line[]): string => lines.map(({ text }) => `${text}\n`).join('');

/** A data directory, a port, and a clock that stands until a test moves it. */
export class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'lapwing-blind-'));
  readonly logged: Logged[] = [];
  now: Micros = 0;
  port = 0;
  readonly #running: Running[] = [];

  async begin(): Promise<void> {
    this.port = await freePort();
  }

  async end(): Promise<void> {
    for (const each of this.#running) await each.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  config(dataDir = join(this.folder, 'data')): Config {
    const path = join(this.folder, 'lapwing.yaml');
    writeFileSync(
      path,
      `dataDir: ${dataDir}\nsources:\n  audit: { type: webhook, listen: "127.0.0.1:${this.port}" }\nhealth: {}\n`,
    );
    return loadConfig(catalogue, path, {});
  }

  context(): Context {
    const { context, logged } = testContext();
    logged.push = (...lines) => this.logged.push(...lines);
    return { ...context, now: () => this.now };
  }

  /** Starts the service, on a copy of the data directory where it is given. */
  async start(dataDir?: string): Promise<Running> {
    const config = this.config(dataDir);
    const service = await Service.open(config, { ...this.context(), dataDir: config.dataDir });
    const stop = new AbortController();
    const ended = service.run(stop.signal);
    const running = new Running(this, config, service, stop, ended);
    this.#running.push(running);
    await running.isReady();
    return running;
  }

  /** The data directory as it is this moment: what a kill would leave. */
  killedCopy(name: string): string {
    const path = join(this.folder, name);
    cpSync(join(this.folder, 'data'), path, { recursive: true, filter: (each) => !each.endsWith('.sock') });
    return path;
  }

  file(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }
}

/** A service of the world. */
export class Running {
  readonly world: World;
  readonly config: Config;
  readonly service: Service;
  readonly #stop: AbortController;
  readonly #ended: Promise<void>;

  constructor(world: World, config: Config, service: Service, stop: AbortController, ended: Promise<void>) {
    this.world = world;
    this.config = config;
    this.service = service;
    this.#stop = stop;
    this.#ended = ended;
  }

  async isReady(): Promise<void> {
    while ((await this.#call('GET', '/readyz', '').catch(() => 0)) !== 200) await new Promise(setImmediate);
    while (!(await controlOf(this.config).isServed())) await new Promise(setImmediate);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  /** Pushes events as an API server would, ten seconds of them at a time, the clock a second behind the last. */
  async push(lines: readonly Line[], path = '/audit'): Promise<void> {
    for (let from = 0; from < lines.length;) {
      const until = lines[from]!.time + 10 * SECOND;
      const group = lines.slice(from).filter(({ time }) => time < until);
      this.advance(group.at(-1)!.time + SECOND);
      const status = await this.#call('POST', path, eventList(group.map(({ text }) => text)));
      if (status !== 200) throw new Error(`the webhook said ${status}`);
      from += group.length;
    }
  }

  /** Lets time pass, with the ticks that come with it. */
  advance(to: Micros): void {
    while (this.world.now < to) {
      this.world.now = this.world.now === 0 ? to : Math.min(to, this.world.now + 30 * SECOND);
      this.service.engine.awake(this.world.now);
    }
  }

  /** Has everything that waits judged, as after two seconds of silence, and made durable. */
  async settle(): Promise<void> {
    const { engine } = this.service;
    for (let ticks = 0; ticks < 2; ticks += 1) engine.tick();
    await controlOf(this.config).importFacts('', none());
  }

  get alerts(): readonly Alert[] {
    return this.service.store.alerts({ limit: 10_000 }).alerts;
  }

  /** What a backfill goes by, read into `blind` where one is given. */
  stateWith(blind?: Blind, asked?: string): BackfillState & { readonly cluster: string } {
    const store = openBeside(this.config, this.world.context());
    try {
      return store.snapshot(() => {
        const clusters = blindClusters(store);
        const cluster = clusterToFill(clusters, asked)!;
        const own = blind ?? clusters.get(cluster)!;
        if (blind !== undefined)
          for (const { space, key, value } of store.load().rows)
            if (space === `blind/${cluster}`) blind.restore(key, value!);
        return { ...stateOf(store, cluster, own), cluster };
      });
    } finally {
      store.close();
    }
  }

  async fillFrom(paths: readonly string[], over: Partial<BackfillJob> = {}, asked?: string): Promise<Backfilled> {
    const { config, world } = this;
    const { cluster, ...state } = this.stateWith(undefined, asked);
    const client = controlOf(config);
    const context = world.context();
    const job = { config, context, client, cluster, isCertain: asked !== undefined, state, paths, onRead: () => {} };
    return backfill({ ...job, ...over });
  }

  async #call(method: string, path: string, body: string): Promise<number> {
    const call = request({ host: '127.0.0.1', port: this.world.port, method, path, agent: false }).end(body);
    const [response] = (await once(call, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    return response.statusCode;
  }
}

async function* none(): AsyncGenerator<string> {}
