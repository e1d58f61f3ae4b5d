import { catalogue, engineOf, makeOne } from '../app.ts';
import type { ControlClient } from '../api/control-client.ts';
import type { Config } from '../config/load.ts';
import { Held } from '../engine/blind-held.ts';
import type { Print } from '../engine/fingerprint-table.ts';
import { addSpan, isIn, nearPeriod, type BlindPeriod, type Span } from '../engine/blind-period.ts';
import type { Counters } from '../engine/counters.ts';
import { Decoder } from '../engine/decode/decoder.ts';
import type { Engine } from '../engine/engine.ts';
import type { Part } from '../engine/options.ts';
import { AppError, MINUTE, type Alert, type Context, type Micros } from '../model/index.ts';
import { inTimeOrder } from './backfill-input.ts';
import { writeFilled, type Filled } from './backfill-lines.ts';
import type { BackfillState } from './backfill-state.ts';
import { LogTimes } from './backfill-times.ts';

/** What an API server may still be about to send. */
const RECENT: Micros = 5 * MINUTE;
/** Alerts that are held back, so that one that grows is sent once. */
const ALERTS = 2_000;
const EVENTS_AT_ONCE = 1_000;
/** Room that is left to the service for what it receives meanwhile. */
const SPARE = 100_000;
const ONE_LOG = '1MiB';
const EACH_OF_MANY = '64KiB';

/** Events of the logs, each counted once. */
export interface BackfillTally {
  read: number;
  /** Far from any blind period. */
  elsewhere: number;
  /** Of another cluster, by what the log itself says. */
  foreign: number;
  /** Near one, and held. */
  held: number;
  /** Too young: the API server may still send them. */
  recent: number;
  judged: number;
}

/** What a backfill came to. */
export interface Backfilled {
  readonly tally: BackfillTally;
  /** The periods that the logs reach into, as they were before, each with what the logs cover of it. */
  readonly reached: readonly { readonly period: BlindPeriod; readonly spans: readonly Span[] }[];
  readonly created: number;
  readonly updated: number;
  /** True where more was judged than can be remembered event by event. */
  readonly isSealed: boolean;
  readonly counters: Counters;
}

export interface BackfillJob {
  readonly config: Config;
  readonly context: Context;
  readonly client: ControlClient;
  readonly cluster: string;
  /** Whether every event of the logs is of that cluster, whatever the log says. */
  readonly isCertain: boolean;
  readonly state: BackfillState;
  readonly paths: readonly string[];
  readonly onRead: (engine: Engine) => void;
}

/**
 * Judges what log files hold and the service never had, with an engine of its own, and hands the alerts to the service. Changes nothing
 * before the service has answered for it; broken off at any point it can be done again.
 */
export async function backfill(job: BackfillJob): Promise<Backfilled> {
  const filling = new Filling(job);
  const answer = await job.client.backfill(job.cluster, filling.lines());
  if (answer['lines'] !== filling.sent)
    throw new AppError(
      'store',
      `the running service took ${String(answer['lines'])} of ${filling.sent} pieces: is it older?`,
    );
  return filling.result(Number(answer['created']), Number(answer['updated']));
}

class Filling {
  sent = 0;
  readonly #job: BackfillJob;
  readonly #engine: Engine;
  readonly #scratch: Decoder;
  readonly #tally: BackfillTally = { read: 0, elsewhere: 0, foreign: 0, held: 0, recent: 0, judged: 0 };
  readonly #now: Micros;
  readonly #times: readonly LogTimes[];
  #log = 0;
  /** What this run judged. */
  readonly #prints: Held;
  #isSealed = false;
  readonly #raised = new Set<string>();
  readonly #alerts = new Map<string, Alert>();

  constructor(job: BackfillJob) {
    this.#job = job;
    const { config, context, cluster, state, paths } = job;
    const { held } = state.blind;
    this.#prints = new Held(Math.max(0, held.room - SPARE));
    this.#now = context.now();
    this.#times = paths.map(() => new LogTimes());
    this.#engine = engineOf(config, state.key, 0, context.log, {
      cluster,
      partOf: (name, print, time) => this.#partOf(name, print, time),
      onRaised: (id) => this.#raised.add(id),
    });
    this.#engine.restore(state.known);
    this.#scratch = new Decoder({ key: state.key, cluster, onReject: () => {} });
  }

  /** Reads, judges, and gives what the service is to know. */
  async *lines(): AsyncGenerator<string> {
    const { cluster, isCertain, paths, context, onRead } = this.#job;
    const chunk = paths.length === 1 ? ONE_LOG : EACH_OF_MANY;
    const named = isCertain && cluster !== '' ? { cluster } : {};
    const logs = paths.map((path) => makeOne(catalogue.sources, 'file', { paths: [path], chunk, ...named }, context));
    for await (const { record, log } of inTimeOrder(logs, this.#scratch)) {
      this.#log = log;
      this.#engine.open(record);
      while (this.#engine.step(EVENTS_AT_ONCE));
      if (this.#engine.counters.bytes - this.#taken > 1024 * 1024) yield* this.#take(ALERTS);
      onRead(this.#engine);
    }
    this.#engine.flush();
    yield* this.#take(0);
    const prints = this.#isSealed ? [] : this.#prints.all();
    yield* this.#count(writeFilled([], prints, this.#covers()));
  }

  result(created: number, updated: number): Backfilled {
    const reached = this.#reached();
    const { counters } = this.#engine;
    return { tally: this.#tally, reached, created, updated, isSealed: this.#isSealed, counters };
  }

  #taken = 0;

  /** Alerts that a judged event is in, once there are that many. */
  *#take(most: number): Generator<string> {
    this.#taken = this.#engine.counters.bytes;
    for (const alert of this.#engine.changes().alerts)
      if (this.#raised.has(alert.id)) this.#alerts.set(alert.id, alert);
    if (this.#alerts.size <= most) return;
    yield* this.#count(writeFilled(this.#alerts.values(), [], []));
    this.#alerts.clear();
  }

  *#count(lines: Iterable<string>): Generator<string> {
    for (const line of lines) {
      this.sent += 1;
      yield line;
    }
  }

  #partOf(cluster: string, print: Print, time: Micros): Part {
    const tally = this.#tally;
    tally.read += 1;
    if (cluster !== this.#job.cluster) {
      tally.foreign += 1;
      return 'passed';
    }
    this.#times[this.#log]!.note(time);
    const { blind } = this.#job.state;
    const period = nearPeriod(blind.periods, time);
    if (period === undefined) {
      tally.elsewhere += 1;
      return 'passed';
    }
    if (isIn(period.sealed, time) || blind.held.has(print)) {
      tally.held += 1;
      return 'context';
    }
    if (this.#prints.has(print)) {
      tally.held += 1;
      return 'passed';
    }
    if (time > this.#now - RECENT) {
      tally.recent += 1;
      return 'context';
    }
    tally.judged += 1;
    this.#isSealed = !this.#prints.add(print) || this.#isSealed;
    return 'judged';
  }

  /** What the logs cover together. */
  #spans(): readonly Span[] {
    return this.#times.flatMap(({ spans }) => spans).reduce<readonly Span[]>((spans, span) => addSpan(spans, span), []);
  }

  #reached(): Backfilled['reached'] {
    const spans = this.#spans();
    return this.#job.state.blind.periods.flatMap((period) => {
      const { low, high } = period;
      const own = spans.flatMap(({ from, to }) =>
        from <= high && to >= low ? [{ from: Math.max(from, low), to: Math.min(to, high, this.#now - RECENT) }] : [],
      );
      return own.length > 0 ? [{ period, spans: own }] : [];
    });
  }

  *#covers(): Generator<Filled> {
    for (const { period, spans } of this.#reached())
      for (const span of spans) yield { period: period.number, span, sealed: this.#isSealed };
  }
}
