import { HOUR, MINUTE, type Micros } from '../model/index.ts';
import type { Persistent, PutRow } from './persist.ts';

/** How far the clock may run ahead of the time of receipt. */
const AHEAD: Micros = 5 * MINUTE;
/** Without a time of receipt: a greater step forward is not believed at once. */
const JUMP: Micros = HOUR;
/** Events that must agree before the clock follows a jump. */
const AGREEING = 10;
const GROUPS = 8;

interface Group {
  latest: Micros;
  events: number;
}

/**
 * Event time of one cluster: the greatest seen so far, never more than 5 minutes ahead of receipt. Without a time of receipt a
 * first time, or one that is over an hour ahead, is followed only once ten events agree on it (lie within an hour of each other).
 */
export class Clock implements Persistent {
  /** Negative infinity until the first time is believed. */
  now: Micros = Number.NEGATIVE_INFINITY;
  #groups: Group[] = [];
  #dirty = false;

  /** Takes note of an event's time. False: the time is not believed (yet), the event is to be judged at its own time. */
  observe(time: Micros, received: Micros | undefined): boolean {
    if (time <= this.now) return true;
    if (received !== undefined) {
      this.#advance(Math.min(time, received + AHEAD));
      return time <= this.now;
    }
    if (time <= this.now + JUMP) {
      this.#advance(time);
      return true;
    }
    return this.#agree(time);
  }

  /** End of input: nothing more can agree, so the time that most events agreed on is taken where there was none. */
  settle(): void {
    if (this.now !== Number.NEGATIVE_INFINITY) return;
    const best = this.#groups.toSorted((a, b) => b.events - a.events)[0];
    if (best) this.#advance(best.latest);
  }

  restore(_key: string, value: Uint8Array | string): void {
    const saved = JSON.parse(String(value)) as { now: Micros | null; groups: Group[] };
    this.now = saved.now ?? Number.NEGATIVE_INFINITY;
    this.#groups = saved.groups;
  }

  collect(put: PutRow): void {
    if (!this.#dirty) return;
    this.#dirty = false;
    put('now', JSON.stringify({ now: Number.isFinite(this.now) ? this.now : null, groups: this.#groups }));
  }

  #advance(time: Micros): void {
    if (time <= this.now) return;
    this.now = time;
    this.#dirty = true;
    if (this.#groups.length > 0) this.#groups = this.#groups.filter((group) => group.latest > time + JUMP);
  }

  #agree(time: Micros): boolean {
    this.#dirty = true;
    const group = this.#groups.find((each) => Math.abs(each.latest - time) <= JUMP);
    if (group === undefined) {
      this.#groups.push({ latest: time, events: 1 });
      if (this.#groups.length > GROUPS) this.#groups.shift();
      return false;
    }
    group.events += 1;
    group.latest = Math.max(group.latest, time);
    if (group.events < AGREEING) return false;
    this.#advance(group.latest);
    return true;
  }
}
