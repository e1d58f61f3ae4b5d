import type { Memory } from './detector.ts';
import type { AuditEvent } from './event.ts';
import { DAY } from './time.ts';

/**
 * Whether this stage only ends a session (exec, watch) whose beginning the detector has seen: it was told then, and says nothing new,
 * maybe hours later. A stage with another outcome does. Remembers the beginning; the Audit-ID alone decides nothing, since the client
 * chooses it, and a second beginning is one of its own.
 */
export function hasBegun({ user, auditId, verb, uri, stage, outcome }: AuditEvent, memory: Memory): boolean {
  const session = JSON.stringify([auditId, user.name, verb, uri]);
  if (stage !== 'ResponseStarted') return memory.members('begun', session, DAY).includes(outcome);
  memory.distinct('begun', session, outcome, DAY, 2);
  return false;
}
