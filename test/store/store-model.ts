import {
  compareSeverity,
  MINUTE,
  type Alert,
  type Checkpoint,
  type Micros,
  type OutboxState,
  type Row,
  type Severity,
} from '../../src/model/index.ts';

/** What one sink has had of one alert, written down as the contract says it. */
interface Parcel {
  newest: Alert;
  sent: Alert | undefined;
  sentAt: Micros;
  parked: boolean;
}

/** A store as plain as the contract's own words, to compare real ones with. */
export class StoreModel {
  readonly positions = new Map<string, string>();
  readonly rows = new Map<string, Row>();
  readonly alerts = new Map<string, Alert>();
  readonly #sinks = new Map<string, Map<string, Parcel>>();

  subscribe(sinks: readonly string[]): void {
    for (const sink of this.#sinks.keys()) if (!sinks.includes(sink)) this.#sinks.delete(sink);
    for (const sink of sinks) if (!this.#sinks.has(sink)) this.#sinks.set(sink, new Map());
  }

  commit({ positions, rows, alerts }: Checkpoint): void {
    for (const [key, value] of positions) this.positions.set(key, value);
    for (const row of rows) {
      const name = JSON.stringify([row.space, row.key]);
      if (row.value === null) this.rows.delete(name);
      else this.rows.set(name, row);
    }
    for (const alert of alerts) {
      if ((this.alerts.get(alert.id)?.revision ?? 0) >= alert.revision) continue;
      this.alerts.set(alert.id, alert);
      for (const parcels of this.#sinks.values()) {
        const parcel = parcels.get(alert.id);
        if (parcel === undefined) parcels.set(alert.id, { newest: alert, sent: undefined, sentAt: 0, parked: false });
        else parcel.newest = alert;
      }
    }
  }

  delivered(sink: string, alerts: readonly Alert[], now: Micros): void {
    for (const alert of alerts) {
      const parcel = this.#sinks.get(sink)?.get(alert.id);
      if (parcel === undefined || (parcel.sent?.revision ?? 0) >= alert.revision) continue;
      parcel.sent = alert;
      parcel.sentAt = now;
    }
  }

  park(sink: string, id: string): void {
    const parcel = this.#sinks.get(sink)?.get(id);
    if (parcel !== undefined) parcel.parked = true;
  }

  pending(sink: string, now: Micros): Alert[] {
    return this.#waiting(sink)
      .filter(
        ({ newest, sent, sentAt }) =>
          sent === undefined ||
          now - sentAt >= MINUTE ||
          rose(sent.severity, newest.severity) ||
          (['medium', 'high', 'critical'].includes(newest.severity) && newest.actions.length > sent.actions.length),
      )
      .map(({ newest }) => newest);
  }

  nextDue(sink: string, now: Micros): Micros | undefined {
    if (this.pending(sink, now).length > 0) return now;
    const waiting = this.#waiting(sink);
    return waiting.length === 0 ? undefined : Math.min(...waiting.map(({ sentAt }) => sentAt + MINUTE));
  }

  outbox(): OutboxState[] {
    return [...this.#sinks].map(([sink, parcels]) => {
      const waiting = this.#waiting(sink);
      return {
        sink,
        pending: waiting.length,
        parked: [...parcels.values()].filter(({ parked }) => parked).length,
        ...(waiting.length > 0 && { oldest: Math.min(...waiting.map(({ newest }) => newest.lastSeen)) }),
      };
    });
  }

  #waiting(sink: string): Parcel[] {
    return [...(this.#sinks.get(sink)?.values() ?? [])].filter(
      ({ newest, sent, parked }) => !parked && newest.revision > (sent?.revision ?? 0),
    );
  }
}

const rose = (from: Severity, to: Severity): boolean => compareSeverity(to, from) > 0;
