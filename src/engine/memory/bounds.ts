import type { Micros } from '../../model/index.ts';

/** The highest limit that a memory counts up to. */
export const MOST = 1_024;

/** The limit within its bounds. Throws RangeError for a span or a limit that makes no sense. */
export function checked(span: Micros, limit: number): number {
  if (!(span > 0)) throw new RangeError(`a window, ttl or gap must be above 0: ${span}`);
  if (!(limit >= 1)) throw new RangeError(`a limit must be at least 1: ${limit}`);
  return Math.min(Math.floor(limit), MOST);
}
