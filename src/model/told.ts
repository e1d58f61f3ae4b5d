import type { Memory } from './detector.ts';
import type { AuditEvent } from './event.ts';
import type { addUp } from './score.ts';
import { HOUR, type Micros } from './time.ts';

/** What was told in the last hours is the same story still. */
const STORY: Micros = 12 * HOUR;

/**
 * Of medium things the same is told to people once: on a later day, within `span` of the last time, it is low, and says why. Graver
 * things are told each time. `what` names everything that must be the same; `medium`: the points from which on something is medium.
 */
export function toldOnce(
  sum: ReturnType<typeof addUp>,
  what: string,
  event: AuditEvent,
  memory: Memory,
  span: Micros,
  medium: number,
): ReturnType<typeof addUp> {
  if (sum.severity !== 'medium') return sum;
  const { since, times } = memory.firstSeen('told', what, span);
  if (event.time - since < STORY) return sum;
  const again = { what: `told before, word for word (${times - 1} times)`, points: medium - 1 - sum.points };
  return { points: medium - 1, severity: 'low', contributions: [...sum.contributions, again] };
}
