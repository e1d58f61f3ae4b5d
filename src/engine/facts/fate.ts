import type { AuditEvent, Fate } from '../../model/index.ts';
import { isDryRun } from './written.ts';

/** How RBAC's own check says that someone gives more than they have. */
const ESCALATION =
  /\battempting to grant RBAC permissions not currently held\b|\battempt to grant extra privileges\b|\bmust have cluster-admin privileges to use an? aggregationRule\b/;

/** What became of a write. */
export function fateOf(event: AuditEvent): Fate {
  if (event.outcome === 'success') return isDryRun(event) ? 'dry run' : 'done';
  if (event.denial === 'authorization') return 'refused';
  if (event.denial !== 'admission') return 'failed';
  return ESCALATION.test(event.statusMessage) ? 'escalation' : 'admission';
}
