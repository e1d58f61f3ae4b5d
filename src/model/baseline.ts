import type { Baseline } from './alert.ts';
import type { Facts } from './detector.ts';
import type { AuditEvent } from './event.ts';

/** What stands behind a judgement of novelty: how well the acting identity is known, and what is usual for it where that is known. */
export function baselineOf(event: AuditEvent, facts: Facts): Baseline {
  const { hours, since } = facts.history(event);
  const usual = facts.usual(event);
  return { events: hours, since, ...(usual !== '' && { usual }) };
}
