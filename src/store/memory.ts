import {
  compareSeverity,
  type Alert,
  type AlertPage,
  type AlertQuery,
  type Checkpoint,
  type Micros,
  type OutboxState,
  type Reject,
  type Row,
  type Saved,
  type Store,
} from '../model/index.ts';
import { MemoryOutbox } from './memory-outbox.ts';
import { cursorAt, newestFirst, pageSize, placeOf } from './page.ts';
import { capped, KEPT_REJECTS } from './reject-cap.ts';
import { ALERT_OVERHEAD, DROPPED_AT_ONCE, type Retention } from './retention.ts';
import { fold } from './text.ts';

/** Weight of an alert without its audit ids, and of one audit id. */
const BODY = 2_048;
const AUDIT_ID = 64;

const weigh = (alert: Alert): number => ALERT_OVERHEAD + BODY + AUDIT_ID * alert.evidence.auditIds.length;

/** A store for one run: replays, tests, a first look. Nothing of it outlives the process. */
export class MemoryStore implements Store {
  readonly durable = false;
  readonly #retention: Retention;
  readonly #positions = new Map<string, string>();
  readonly #rows = new Map<string, Map<string, Uint8Array | string>>();
  readonly #alerts = new Map<string, Alert>();
  readonly #outbox = new MemoryOutbox();
  #rejects: Reject[] = [];
  #bytes = 0;
  /** Alerts as a query lists them, until the next change. */
  #sorted: readonly Alert[] | undefined;

  constructor(retention: Retention = { age: Infinity, bytes: Infinity }) {
    this.#retention = retention;
  }

  load(): Saved {
    return { positions: new Map(this.#positions), rows: { [Symbol.iterator]: () => this.#allRows() } };
  }

  async commit({ positions, rows, alerts, rejects }: Checkpoint): Promise<void> {
    // Copied first: an alert that cannot be copied fails the whole commit, and nothing of it is kept.
    const copies = alerts.map((alert) => frozenCopy(alert));
    for (const [key, value] of positions) this.#positions.set(key, value);
    for (const row of rows) this.#put(row);
    for (const alert of copies) this.#keep(alert);
    if (rejects.length > 0)
      this.#rejects = [...this.#rejects, ...rejects.slice(-KEPT_REJECTS).map(capped)].slice(-KEPT_REJECTS);
  }

  subscribe(sinks: readonly string[]): void {
    this.#outbox.subscribe(sinks);
  }

  pending(sink: string, limit: number, now: Micros): readonly Alert[] {
    return this.#outbox.pending(sink, limit, now);
  }

  nextDue(sink: string, now: Micros): Micros | undefined {
    return this.#outbox.nextDue(sink, now);
  }

  delivered(sink: string, alerts: readonly Alert[], now: Micros): void {
    this.#outbox.delivered(sink, alerts, now);
  }

  park(sink: string, alertId: string): void {
    this.#outbox.park(sink, alertId);
  }

  outbox(): readonly OutboxState[] {
    return this.#outbox.state();
  }

  alerts(query: AlertQuery): AlertPage {
    const limit = pageSize(query);
    const after = placeOf(query);
    const matches = matcher(query);
    this.#sorted ??= [...this.#alerts.values()].sort(newestFirst);
    const found: Alert[] = [];
    for (const alert of this.#sorted) {
      if ((after !== undefined && newestFirst(alert, after) <= 0) || !matches(alert)) continue;
      if (found.length === limit) return { alerts: found, next: cursorAt(found.at(-1)!) };
      found.push(alert);
    }
    return { alerts: found };
  }

  alert(id: string): Alert | undefined {
    return this.#alerts.get(id);
  }

  row(space: string, key: string): Uint8Array | string | undefined {
    return this.#rows.get(space)?.get(key);
  }

  rejects(limit: number): readonly Reject[] {
    return this.#rejects.slice(-Math.max(1, limit)).reverse();
  }

  retain(now: Micros): number {
    const { age, bytes } = this.#retention;
    let gone = 0;
    for (const alert of [...this.#alerts.values()].sort((a, b) => newestFirst(b, a))) {
      if (gone === DROPPED_AT_ONCE) break;
      const expired = alert.lastSeen < now - age && !this.#outbox.waits(alert.id);
      if (!expired && this.#bytes <= bytes) continue;
      this.#drop(alert);
      gone += 1;
    }
    return gone;
  }

  close(): void {}

  #put({ space, key, value }: Row): void {
    let rows = this.#rows.get(space);
    if (rows === undefined) this.#rows.set(space, (rows = new Map()));
    if (value === null) rows.delete(key);
    else rows.set(key, typeof value === 'string' ? value : Uint8Array.from(value));
  }

  #keep(alert: Alert): void {
    const known = this.#alerts.get(alert.id);
    if (known !== undefined && known.revision >= alert.revision) return;
    this.#bytes += weigh(alert) - (known === undefined ? 0 : weigh(known));
    this.#alerts.set(alert.id, alert);
    this.#sorted = undefined;
    this.#outbox.queue(alert);
  }

  #drop(alert: Alert): void {
    this.#bytes -= weigh(alert);
    this.#alerts.delete(alert.id);
    this.#sorted = undefined;
    this.#outbox.forget(alert.id);
  }

  *#allRows(): Generator<Row> {
    for (const [space, rows] of this.#rows) for (const [key, value] of rows) yield { space, key, value };
  }
}

/** One condition of all that the query names. */
function matcher(query: AlertQuery): (alert: Alert) => boolean {
  const { severity, category, detector, cluster, namespace, user, since, until, muted } = query;
  const text = query.text === undefined ? undefined : fold(query.text);
  return (alert) =>
    (severity === undefined || compareSeverity(alert.severity, severity) >= 0) &&
    (category === undefined || alert.rule.category === category) &&
    (detector === undefined || alert.rule.id === detector) &&
    (cluster === undefined || alert.cluster === cluster) &&
    (namespace === undefined || alert.target?.namespace === namespace) &&
    (user === undefined || alert.actor.user === user) &&
    (since === undefined || alert.lastSeen >= since) &&
    (until === undefined || alert.lastSeen < until) &&
    (muted === undefined || (alert.muted !== undefined) === muted) &&
    (text === undefined || fold(alert.reason).includes(text));
}

/** A copy of plain data that nobody can change; structuredClone takes ten times as long. */
function frozenCopy<T>(value: T): T {
  if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError('an alert is plain data');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy)) as T;
  return Object.freeze(
    Object.fromEntries(Object.entries(value).map(([name, each]) => [name, frozenCopy(each as unknown)])),
  ) as T;
}
