import { DAY, type AuditEvent, type Interest, type Micros } from '../model/index.ts';
import { isAnonymous } from './facts/identity.ts';
import { DetectorMemory, type MemoryStats } from './memory.ts';
import { SLACK } from './order.ts';
import type { Persistent, PutRow } from './persist.ts';

/** What the gate looks at: a cursor on an event, or an event. */
export interface Requester {
  readonly user: AuditEvent['user'];
  readonly impersonated: AuditEvent['user'] | undefined;
  readonly peer: string;
}

/** How long a refusal makes what follows worth a look. */
const SPAN: Micros = DAY;

/**
 * Who was refused, and where logins failed, of late: so that what is allowed to everybody is looked at only where it may mean something.
 * Counts from a second after the first refusal on: whatever the order of arrival within the slack, that much is known by then.
 */
export class Suspects implements Persistent {
  readonly #memory: DetectorMemory;

  constructor(budgetBytes: number, seed: number) {
    this.#memory = new DetectorMemory({ budgetBytes, seed });
  }

  /** Takes a refused request (401 or 403). */
  note(code: number, who: Requester, time: Micros, clock: Micros): void {
    this.#memory.begin(time, clock);
    if (code === 401) this.#memory.firstSeen('failed login', who.peer, SPAN);
    else this.#memory.firstSeen('refused', nameOf(who), SPAN);
  }

  /** Whether the request is by one of those that the interest asks for. */
  admits(by: NonNullable<Interest['by']>, who: Requester, time: Micros, clock: Micros): boolean {
    if (by === 'anonymous') return isAnonymous(who.user) && who.impersonated === undefined;
    if (this.#memory.isEmpty(by)) return false;
    this.#memory.begin(time, clock);
    const since = this.#memory.since(by, by === 'refused' ? nameOf(who) : who.peer);
    return since !== undefined && since <= time - SLACK;
  }

  expire(clock: Micros): void {
    this.#memory.expire(clock);
  }

  stats(): MemoryStats {
    return this.#memory.stats();
  }

  restore(key: string, value: Uint8Array | string): void {
    this.#memory.restore(key, value);
  }

  collect(put: PutRow): void {
    this.#memory.collect(put);
  }
}

/** By hand whoever acts as others is one: the real name tells. */
const nameOf = ({ user }: Requester): string => user.name;
