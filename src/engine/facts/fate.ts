import type { AuditEvent, Fate } from '../../model/index.ts';
import { isDryRun } from './written.ts';

/** What became of a write. */
export function fateOf(event: AuditEvent): Fate {
  if (event.outcome === 'success') return isDryRun(event) ? 'dry run' : 'done';
  if (event.denial === 'authorization') return 'refused';
  if (event.denial !== 'admission') return 'failed';
  return /\battempting to grant RBAC permissions not currently held\b/.test(event.statusMessage)
    ? 'escalation'
    : 'admission';
}
