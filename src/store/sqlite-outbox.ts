import { MINUTE, SEVERITIES, urgencyOf, type Alert, type Micros, type OutboxState } from '../model/index.ts';
import type { Connection } from './connection.ts';
import { fromText, toText } from './text.ts';

const REASON = 1_000;

/** `isMoreUrgent` in SQL: the names of either side are a prefix before "severity" and "actions". */
const moreUrgent = (now: string, before: string): string =>
  `(${now}severity > ${before}severity
    OR (${now}severity >= ${SEVERITIES.indexOf('medium')} AND ${now}actions > ${before}actions))`;

/** What each sink has had of each alert, and what waits for it. */
export class SqliteOutbox {
  readonly #connection: Connection;
  /** The sinks of this run: row ids. */
  #sinks: readonly number[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  subscribe(names: readonly string[]): void {
    const wanted = new Set(names.map(toText));
    this.#sinks = this.#connection.write(() => {
      const known = this.#connection.statement('SELECT id, name FROM sinks').all() as { id: number; name: string }[];
      for (const { id, name } of known)
        if (!wanted.has(name)) {
          this.#connection.statement('DELETE FROM outbox WHERE sink = ?').run(id);
          this.#connection.statement('DELETE FROM sinks WHERE id = ?').run(id);
        }
      for (const name of wanted)
        this.#connection.statement('INSERT INTO sinks (name) VALUES (?) ON CONFLICT DO NOTHING').run(name);
      return [...wanted].map((name) => this.#id(name)!);
    });
  }

  /** A new revision, for every sink of this run. To be called within a transaction. */
  queue(seq: number, alert: Alert): void {
    const { revision, lastSeen } = alert;
    const { severity, actions } = urgencyOf(alert);
    const put = this.#connection.statement(
      `INSERT INTO outbox (alert, sink, revision, severity, actions, last_seen) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET revision = excluded.revision, severity = excluded.severity, actions = excluded.actions,
         last_seen = excluded.last_seen,
         due = CASE
           WHEN parked IS NOT NULL THEN NULL
           WHEN sent_revision = 0 OR ${moreUrgent('excluded.', 'sent_')} THEN 0
           ELSE sent_at + ${MINUTE} END`,
    );
    for (const sink of this.#sinks) put.run(seq, sink, revision, SEVERITIES.indexOf(severity), actions, lastSeen);
  }

  /** Those never sent come first, in the order in which they came to be. A wait of over a minute is a clock that was set back. */
  pending(sink: string, limit: number, now: Micros): readonly Alert[] {
    return this.#connection.read(() => {
      const found = this.#connection
        .statement(
          `SELECT body FROM outbox INDEXED BY outbox_due JOIN bodies ON bodies.seq = outbox.alert
           WHERE sink = ? AND due IS NOT NULL AND (due <= ? OR due > ?) ORDER BY due, alert LIMIT ?`,
        )
        .all(this.#id(toText(sink)) ?? null, now, now + MINUTE, Math.max(0, limit)) as { body: string }[];
      return found.map(({ body }) => JSON.parse(body) as Alert);
    });
  }

  nextDue(sink: string, now: Micros): Micros | undefined {
    return this.#connection.read(() => {
      const { least, greatest } = this.#connection
        .statement(
          `SELECT (SELECT min(due) FROM outbox WHERE sink = ?1 AND due IS NOT NULL) AS least,
                  (SELECT max(due) FROM outbox WHERE sink = ?1 AND due IS NOT NULL) AS greatest`,
        )
        .get(this.#id(toText(sink)) ?? null) as { least: number | null; greatest: number | null };
      if (least === null || greatest === null) return undefined;
      return least <= now || greatest > now + MINUTE ? now : least;
    });
  }

  delivered(sink: string, alerts: readonly Alert[], now: Micros): void {
    if (alerts.length === 0) return;
    this.#connection.write(() => {
      const id = this.#id(toText(sink));
      if (id === undefined) return;
      const mark = this.#connection.statement(
        `UPDATE outbox SET sent_revision = :revision, sent_severity = :severity, sent_actions = :actions, sent_at = :now,
           due = CASE
             WHEN parked IS NOT NULL OR revision <= :revision THEN NULL
             WHEN ${moreUrgent('', ':')} THEN 0
             ELSE :now + ${MINUTE} END
         WHERE sink = :sink AND sent_revision < :revision AND alert = (SELECT seq FROM alerts WHERE id = :alert)`,
      );
      for (const alert of alerts)
        mark.run({
          revision: alert.revision,
          severity: SEVERITIES.indexOf(alert.severity),
          actions: urgencyOf(alert).actions,
          now,
          sink: id,
          alert: toText(alert.id),
        });
    });
  }

  park(sink: string, alertId: string, reason: string): void {
    this.#connection.write(() => {
      this.#connection
        .statement(
          'UPDATE outbox SET due = NULL, parked = ? WHERE sink = ? AND alert = (SELECT seq FROM alerts WHERE id = ?)',
        )
        .run(toText(reason.slice(0, REASON)), this.#id(toText(sink)) ?? null, toText(alertId));
    });
  }

  state(): readonly OutboxState[] {
    return this.#connection.read(() => {
      const sinks = this.#connection.statement('SELECT id, name FROM sinks ORDER BY id').all() as {
        id: number;
        name: string;
      }[];
      return sinks.map(({ id, name }) => {
        const { pending, oldest } = this.#connection
          .statement(
            'SELECT count(*) AS pending, min(last_seen) AS oldest FROM outbox INDEXED BY outbox_due WHERE sink = ? AND due IS NOT NULL',
          )
          .get(id) as { pending: number; oldest: number | null };
        const { parked } = this.#connection
          .statement(
            'SELECT count(*) AS parked FROM outbox INDEXED BY outbox_parked WHERE sink = ? AND parked IS NOT NULL',
          )
          .get(id) as { parked: number };
        return { sink: fromText(name), pending, parked, ...(oldest !== null && { oldest }) };
      });
    });
  }

  #id(name: string): number | undefined {
    return (this.#connection.statement('SELECT id FROM sinks WHERE name = ?').get(name) as { id: number } | undefined)
      ?.id;
  }
}
