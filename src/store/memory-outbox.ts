import {
  isMoreUrgent,
  MINUTE,
  urgencyOf,
  type Alert,
  type Micros,
  type OutboxState,
  type Urgency,
} from '../model/index.ts';

interface Entry {
  alert: Alert;
  sent: { readonly revision: number; readonly urgency: Urgency; readonly at: Micros } | undefined;
  parked: boolean;
}

/** When the entry may go out; undefined where nothing waits. */
function dueOf({ alert, sent, parked }: Entry): Micros | undefined {
  if (parked || (sent !== undefined && sent.revision >= alert.revision)) return undefined;
  return sent === undefined || isMoreUrgent(urgencyOf(alert), sent.urgency) ? 0 : sent.at + MINUTE;
}

/** A wait of more than a minute is a clock that was set back. */
const isDue = (due: Micros, now: Micros): boolean => due <= now || due > now + MINUTE;

/** The outbox of the memory store: for each sink, what it has had of each alert. */
export class MemoryOutbox {
  readonly #sinks = new Map<string, Map<string, Entry>>();
  /** Ids of what waits, per sink, so that looking costs what waits and not what was ever sent. */
  readonly #waiting = new Map<string, Set<string>>();

  subscribe(sinks: readonly string[]): void {
    for (const known of this.#sinks.keys())
      if (!sinks.includes(known)) {
        this.#sinks.delete(known);
        this.#waiting.delete(known);
      }
    for (const sink of sinks)
      if (!this.#sinks.has(sink)) {
        this.#sinks.set(sink, new Map());
        this.#waiting.set(sink, new Set());
      }
  }

  /** A new revision, for every sink. */
  queue(alert: Alert): void {
    for (const [sink, entries] of this.#sinks) {
      const entry = entries.get(alert.id);
      if (entry === undefined) entries.set(alert.id, { alert, sent: undefined, parked: false });
      else entry.alert = alert;
      this.#settle(sink, alert.id);
    }
  }

  pending(sink: string, limit: number, now: Micros): readonly Alert[] {
    return [...this.#due(sink)]
      .filter(({ due }) => isDue(due, now))
      .sort((a, b) => a.due - b.due)
      .slice(0, Math.max(0, limit))
      .map(({ alert }) => alert);
  }

  nextDue(sink: string, now: Micros): Micros | undefined {
    let next: Micros | undefined;
    for (const { due } of this.#due(sink)) {
      if (isDue(due, now)) return now;
      next = Math.min(next ?? due, due);
    }
    return next;
  }

  delivered(sink: string, alerts: readonly Alert[], now: Micros): void {
    for (const alert of alerts) {
      const { id, revision } = alert;
      const entry = this.#sinks.get(sink)?.get(id);
      if (entry === undefined || (entry.sent !== undefined && entry.sent.revision >= revision)) continue;
      entry.sent = { revision, urgency: urgencyOf(alert), at: now };
      this.#settle(sink, id);
    }
  }

  park(sink: string, id: string): void {
    const entry = this.#sinks.get(sink)?.get(id);
    if (entry === undefined) return;
    entry.parked = true;
    this.#settle(sink, id);
  }

  state(): readonly OutboxState[] {
    return [...this.#sinks].map(([sink, entries]) => {
      const waiting = [...this.#due(sink)];
      const parked = [...entries.values()].filter((entry) => entry.parked).length;
      const oldest = waiting.reduce((least, { alert }) => Math.min(least, alert.lastSeen), Infinity);
      return { sink, pending: waiting.length, parked, ...(waiting.length > 0 && { oldest }) };
    });
  }

  /** True where some sink still has to get it. */
  waits(id: string): boolean {
    return [...this.#waiting.values()].some((ids) => ids.has(id));
  }

  forget(id: string): void {
    for (const entries of this.#sinks.values()) entries.delete(id);
    for (const ids of this.#waiting.values()) ids.delete(id);
  }

  *#due(sink: string): Generator<{ alert: Alert; due: Micros }> {
    const entries = this.#sinks.get(sink);
    for (const id of this.#waiting.get(sink) ?? []) {
      const entry = entries!.get(id)!;
      yield { alert: entry.alert, due: dueOf(entry)! };
    }
  }

  #settle(sink: string, id: string): void {
    const waits = dueOf(this.#sinks.get(sink)!.get(id)!) !== undefined;
    if (waits) this.#waiting.get(sink)!.add(id);
    else this.#waiting.get(sink)!.delete(id);
  }
}
