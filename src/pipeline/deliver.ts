import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, messageOf, type Alert, type Logger, type Micros, type Sink, type Store } from '../model/index.ts';
import { Backoff } from './retry.ts';

/** Alerts of one write. */
const BATCH = 500;
/** Looks again at least this often, whatever `nextDue` says. */
const LOOK_MS = 60_000;

export interface DeliveryOptions {
  readonly store: Store;
  readonly sink: Sink;
  readonly log: Logger;
  /** Wall clock in microseconds. */
  readonly now: () => Micros;
}

/**
 * Carries alerts from the outbox to one sink. What can heal is tried again for ever, with growing waits; what the sink will never
 * take is parked with the reason; what an exception mutes goes to sinks that keep it, and counts as delivered elsewhere. Sinks know
 * nothing of each other.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #backoff = new Backoff(1_000, 60_000);
  #wake: (() => void) | undefined;
  #poked = false;
  #failing = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** There may be something new in the outbox. */
  poke(): void {
    this.#poked = true;
    this.#wake?.();
  }

  /** Delivers until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#poked = false;
      if (await this.#deliver(signal)) continue;
      if (!signal.aborted && !this.#poked) await this.#rest(signal);
    }
  }

  /** Delivers all that is due now, then returns; throws where the sink fails. For one-pass commands. */
  async drain(signal: AbortSignal): Promise<void> {
    const { store, sink, now } = this.#options;
    for (;;) {
      const alerts = store.pending(sink.name, BATCH, now());
      if (alerts.length === 0 || signal.aborted) return;
      await this.#write(alerts, signal);
    }
  }

  async #deliver(signal: AbortSignal): Promise<boolean> {
    const { store, sink, log, now } = this.#options;
    try {
      const alerts = store.pending(sink.name, BATCH, now());
      if (alerts.length === 0) return false;
      await this.#write(alerts, signal);
      if (this.#failing) log.info({ sink: sink.name }, 'the sink takes alerts again');
      this.#failing = false;
      this.#backoff.reset();
    } catch (thrown) {
      if (signal.aborted) return false;
      if (!this.#failing)
        log.error({ sink: sink.name, err: thrown }, 'the sink does not take alerts: they wait in the outbox');
      this.#failing = true;
      await this.#backoff.wait(signal);
    }
    return true;
  }

  async #write(alerts: readonly Alert[], signal: AbortSignal): Promise<void> {
    const { store, sink, log, now } = this.#options;
    const told = sink.keepsMuted === true ? alerts : alerts.filter(({ muted }) => muted === undefined);
    let refused: ReadonlyMap<string, string> = new Map();
    try {
      if (told.length > 0) refused = new Map((await sink.write(told, signal)).map(({ id, reason }) => [id, reason]));
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.retryable) throw thrown;
      // For good, but whose fault? One by one tells.
      if (alerts.length > 1) {
        for (const alert of alerts) await this.#write([alert], signal);
        return;
      }
      refused = new Map([[alerts[0]!.id, messageOf(thrown)]]);
    }
    for (const [id, reason] of refused) {
      log.warn({ sink: sink.name, alert: id, reason }, 'the sink will never take this alert: parked');
      store.park(sink.name, id, reason);
    }
    store.delivered(
      sink.name,
      alerts.filter((alert) => !refused.has(alert.id)),
      now(),
    );
  }

  async #rest(signal: AbortSignal): Promise<void> {
    const { store, sink, now } = this.#options;
    const due = store.nextDue(sink.name, now());
    const milliseconds = due === undefined ? LOOK_MS : Math.min(LOOK_MS, Math.max(1, Math.ceil((due - now()) / 1_000)));
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await sleep(milliseconds, undefined, { signal: AbortSignal.any([signal, woken.signal]) }).catch(() => undefined);
    this.#wake = undefined;
  }
}
