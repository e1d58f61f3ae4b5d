import { SEVERITIES, type Alert, type AlertPage, type AlertQuery, type Reject } from '../model/index.ts';
import type { Connection } from './connection.ts';
import { cursorAt, pageSize, placeOf } from './page.ts';
import { KEPT_REJECTS } from './reject-cap.ts';
import { fold, fromText, toText } from './text.ts';

type Value = string | number;
type Condition = readonly [sql: string, ...values: Value[]];

/** Answers queries. Works on a writer's connection and on one that only reads. */
export class SqliteReader {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  alerts(query: AlertQuery): AlertPage {
    const limit = pageSize(query);
    const conditions = conditionsOf(query);
    return this.#connection.read(() => {
      const found = this.#connection
        .statement(
          `SELECT body FROM alerts INDEXED BY ${indexFor(query)} JOIN bodies USING (seq)
           WHERE ${conditions.map(([sql]) => sql).join(' AND ') || 'TRUE'}
           ORDER BY last_seen DESC, id LIMIT ?`,
        )
        .all(...conditions.flatMap(([, ...values]) => values), limit + 1) as { body: string }[];
      const alerts = found.slice(0, limit).map(({ body }) => JSON.parse(body) as Alert);
      return found.length > limit ? { alerts, next: cursorAt(alerts.at(-1)!) } : { alerts };
    });
  }

  alert(id: string): Alert | undefined {
    return this.#connection.read(() => {
      const found = this.#connection
        .statement('SELECT body FROM alerts JOIN bodies USING (seq) WHERE id = ?')
        .get(toText(id)) as { body: string } | undefined;
      return found && (JSON.parse(found.body) as Alert);
    });
  }

  row(space: string, key: string): Uint8Array | string | undefined {
    return this.#connection.read(() => {
      const found = this.#connection
        .statement('SELECT value FROM rows WHERE key = ? AND space = ?')
        .get(toText(key), toText(space)) as { value: Uint8Array | string } | undefined;
      return typeof found?.value === 'string' ? fromText(found.value) : found?.value;
    });
  }

  rejects(limit: number): readonly Reject[] {
    return this.#connection.read(() => {
      const found = this.#connection
        .statement('SELECT body FROM rejects ORDER BY seq DESC LIMIT ?')
        .all(Math.min(KEPT_REJECTS, Math.max(1, limit))) as { body: string }[];
      return found.map(({ body }) => JSON.parse(body) as Reject);
    });
  }
}

/** The narrowest first. Each ends in last_seen, so that a page is read in its order and no further than it goes. */
function indexFor({ user, namespace }: AlertQuery): string {
  if (user !== undefined) return 'alerts_by_user';
  return namespace === undefined ? 'alerts_by_time' : 'alerts_by_namespace';
}

function conditionsOf(query: AlertQuery): readonly Condition[] {
  const { severity, category, detector, cluster, namespace, user, since, until, muted, text } = query;
  const after = placeOf(query);
  const conditions: Condition[] = [];
  if (severity !== undefined) conditions.push(['severity >= ?', SEVERITIES.indexOf(severity)]);
  if (category !== undefined) conditions.push(['category = ?', category]);
  if (detector !== undefined) conditions.push(['detector = ?', toText(detector)]);
  if (cluster !== undefined) conditions.push(['cluster = ?', toText(cluster)]);
  if (namespace !== undefined) conditions.push(['namespace = ?', toText(namespace)]);
  if (user !== undefined) conditions.push(['user = ?', toText(user)]);
  if (since !== undefined) conditions.push(['last_seen >= ?', since]);
  if (until !== undefined) conditions.push(['last_seen < ?', until]);
  if (muted !== undefined) conditions.push(['muted = ?', muted ? 1 : 0]);
  if (text !== undefined) conditions.push(['instr(reason, ?) > 0', fold(text)]);
  if (after !== undefined)
    conditions.push(['last_seen <= ? AND (last_seen < ? OR id > ?)', after.lastSeen, after.lastSeen, toText(after.id)]);
  return conditions;
}
