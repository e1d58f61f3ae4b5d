import { SEVERITIES, type Alert, type Checkpoint, type Reject, type Row, type Saved } from '../model/index.ts';
import type { Connection } from './connection.ts';
import { capped, KEPT_REJECTS } from './reject-cap.ts';
import type { SqliteOutbox } from './sqlite-outbox.ts';
import { fold, fromText, toText } from './text.ts';

/** Rows that one read brings: no statement stays open while the caller works. */
const CHUNK = 10_000;

/** A row as the driver gives it with returnArrays. */
type Raw = readonly [space: string, key: string, value: Uint8Array | string];

/** Writes checkpoints and reads back what was saved. */
export class SqliteJournal {
  readonly #connection: Connection;
  readonly #outbox: SqliteOutbox;

  constructor(connection: Connection, outbox: SqliteOutbox) {
    this.#connection = connection;
    this.#outbox = outbox;
  }

  load(): Saved {
    const positions = this.#connection.read(
      () => this.#connection.statement('SELECT key, value FROM positions').all() as { key: string; value: string }[],
    );
    return {
      positions: new Map(positions.map(({ key, value }) => [fromText(key), fromText(value)])),
      rows: { [Symbol.iterator]: () => this.#rows() },
    };
  }

  /** To be called within a transaction. */
  write({ positions, rows, alerts, rejects }: Checkpoint): void {
    this.#writePositions(positions);
    this.#writeRows(rows);
    this.#writeAlerts(alerts);
    if (rejects.length > 0) this.#writeRejects(rejects);
  }

  #writePositions(positions: Checkpoint['positions']): void {
    const put = this.#connection.statement(
      'INSERT INTO positions VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    );
    for (const [key, value] of positions) put.run(toText(key), toText(value));
  }

  #writeRows(rows: readonly Row[]): void {
    const put = this.#connection.statement(
      'INSERT INTO rows (space, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    );
    const remove = this.#connection.statement('DELETE FROM rows WHERE space = ? AND key = ?');
    for (const { space, key, value } of rows)
      if (value === null) remove.run(toText(space), toText(key));
      else put.run(toText(space), toText(key), typeof value === 'string' ? toText(value) : value);
  }

  #writeAlerts(alerts: readonly Alert[]): void {
    let count = 0;
    let bytes = 0;
    for (const alert of alerts) {
      const known = this.#connection
        .statement('SELECT seq, revision, bytes FROM alerts WHERE id = ?')
        .get(toText(alert.id)) as { seq: number; revision: number; bytes: number } | undefined;
      if (known !== undefined && known.revision >= alert.revision) continue;
      const body = JSON.stringify(alert);
      const size = Buffer.byteLength(body);
      const seq = known === undefined ? this.#insert(alert, body, size) : this.#update(known.seq, alert, body, size);
      this.#outbox.queue(seq, alert);
      count += known === undefined ? 1 : 0;
      bytes += size - (known?.bytes ?? 0);
    }
    if (count === 0 && bytes === 0) return;
    const add = this.#connection.statement('UPDATE totals SET value = value + ? WHERE name = ?');
    add.run(count, 'alert_count');
    add.run(bytes, 'alert_bytes');
  }

  #insert(alert: Alert, body: string, size: number): number {
    const { lastInsertRowid } = this.#connection
      .statement(
        `INSERT INTO alerts (revision, last_seen, severity, category, detector, cluster, namespace, user, reason, muted, bytes, id)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(...columns(alert), size, toText(alert.id));
    this.#connection.statement('INSERT INTO bodies VALUES (?, ?)').run(lastInsertRowid, body);
    return Number(lastInsertRowid);
  }

  #update(seq: number, alert: Alert, body: string, size: number): number {
    this.#connection
      .statement(
        `UPDATE alerts SET (revision, last_seen, severity, category, detector, cluster, namespace, user, reason, muted, bytes) =
         (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE seq = ?`,
      )
      .run(...columns(alert), size, seq);
    this.#connection.statement('UPDATE bodies SET body = ? WHERE seq = ?').run(body, seq);
    return seq;
  }

  #writeRejects(rejects: readonly Reject[]): void {
    const insert = this.#connection.statement('INSERT INTO rejects (body) VALUES (?)');
    for (const reject of rejects.slice(-KEPT_REJECTS)) insert.run(JSON.stringify(capped(reject)));
    this.#connection.statement('DELETE FROM rejects WHERE seq <= (SELECT max(seq) FROM rejects) - ?').run(KEPT_REJECTS);
  }

  *#rows(): Generator<Row> {
    let last: Raw | undefined;
    for (;;) {
      const chunk = this.#chunk(last);
      for (const [space, key, value] of chunk)
        yield {
          space: fromText(space),
          key: fromText(key),
          value: typeof value === 'string' ? fromText(value) : value,
        };
      if (chunk.length < CHUNK) return;
      last = chunk.at(-1)!;
    }
  }

  #chunk(last: Raw | undefined): readonly Raw[] {
    return this.#connection.read(() => {
      const statement = this.#connection.statement(
        `SELECT space, key, value FROM rows ${last === undefined ? '' : 'WHERE (key, space) > (?, ?)'}
         ORDER BY key, space LIMIT ${CHUNK}`,
      );
      statement.setReturnArrays(true);
      return (last === undefined ? statement.all() : statement.all(last[1], last[0])) as Raw[];
    });
  }
}

/** The values of the columns that queries look at, in the order of both statements above. */
const columns = (alert: Alert): readonly (string | number | null)[] => [
  alert.revision,
  alert.lastSeen,
  SEVERITIES.indexOf(alert.severity),
  alert.rule.category,
  toText(alert.rule.id),
  toText(alert.cluster),
  alert.target?.namespace === undefined ? null : toText(alert.target.namespace),
  alert.actor.user === undefined ? null : toText(alert.actor.user),
  fold(alert.reason),
  alert.muted === undefined ? 0 : 1,
];
