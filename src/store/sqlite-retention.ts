import type { Micros } from '../model/index.ts';
import type { Connection } from './connection.ts';
import { ALERT_OVERHEAD, DROPPED_AT_ONCE, type Retention } from './retention.ts';

const CHUNK = 100;
/** Pages given back to the disk by one call: 4 MiB. As many stay free, for the alerts that come next. */
const VACUUMED_AT_ONCE = 1_024;

interface Candidate {
  readonly seq: number;
  readonly last_seen: number;
  readonly bytes: number;
  readonly waits: number;
}

/** Drops alerts that are past their age, or the oldest where the database is too big; a bounded piece at each call. */
export class SqliteRetention {
  readonly #connection: Connection;
  readonly #limits: Retention;
  /** Where the next call goes on: what waits for a sink is kept, and must not be looked at in each call. */
  #from = Number.MIN_SAFE_INTEGER;

  constructor(connection: Connection, limits: Retention) {
    this.#connection = connection;
    this.#limits = limits;
  }

  retain(now: Micros): number {
    const gone = this.#connection.write(() => {
      const old = this.#dropOld(now - this.#limits.age);
      return old + this.#dropOverSize(DROPPED_AT_ONCE - old);
    });
    const free = this.#connection.read(() => this.#connection.number('PRAGMA freelist_count'));
    if (free > VACUUMED_AT_ONCE)
      this.#connection.read(() =>
        this.#connection.db.exec(`PRAGMA incremental_vacuum(${Math.min(free - VACUUMED_AT_ONCE, VACUUMED_AT_ONCE)})`),
      );
    return gone;
  }

  #dropOld(before: Micros): number {
    const candidates = this.#oldest(this.#from, before, DROPPED_AT_ONCE);
    this.#drop(candidates.filter(({ waits }) => waits === 0));
    const last = candidates.length < DROPPED_AT_ONCE ? undefined : candidates.at(-1)!.last_seen;
    // One time shared by more alerts than a call looks at would hold it there.
    this.#from = last === undefined ? Number.MIN_SAFE_INTEGER : Math.max(last, this.#from + 1);
    return candidates.filter(({ waits }) => waits === 0).length;
  }

  /** Alerts have a right to half of the size: a detector's memory must not push them all out. */
  #dropOverSize(most: number): number {
    let gone = 0;
    while (gone < most && this.#size() > this.#limits.bytes && this.#alertBytes() > this.#limits.bytes / 2) {
      const candidates = this.#oldest(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, Math.min(CHUNK, most - gone));
      if (candidates.length === 0) break;
      this.#drop(candidates);
      gone += candidates.length;
    }
    return gone;
  }

  #oldest(from: Micros, before: Micros, limit: number): readonly Candidate[] {
    return this.#connection
      .statement(
        `SELECT seq, last_seen, bytes, EXISTS (SELECT 1 FROM outbox WHERE alert = seq AND due IS NOT NULL) AS waits
         FROM alerts INDEXED BY alerts_by_time WHERE last_seen >= ? AND last_seen < ? ORDER BY last_seen LIMIT ?`,
      )
      .all(from, before, limit) as Candidate[];
  }

  #drop(candidates: readonly Candidate[]): void {
    const remove = this.#connection.statement('DELETE FROM alerts WHERE seq = ?');
    for (const { seq } of candidates) remove.run(seq);
    const add = this.#connection.statement('UPDATE totals SET value = value + ? WHERE name = ?');
    add.run(-candidates.length, 'alert_count');
    add.run(-candidates.reduce((sum, { bytes }) => sum + bytes, 0), 'alert_bytes');
  }

  #size(): number {
    const pages = this.#connection.number('PRAGMA page_count') - this.#connection.number('PRAGMA freelist_count');
    return pages * this.#connection.number('PRAGMA page_size');
  }

  #alertBytes(): number {
    const total = (name: string) => this.#connection.number(`SELECT value FROM totals WHERE name = '${name}'`);
    return total('alert_bytes') + ALERT_OVERHEAD * total('alert_count');
  }
}
