import type { Entries } from './entries.ts';
import type { Keyspace } from './keyspace.ts';
import type { RowLog } from './row-log.ts';
import type { Sightings } from './sightings.ts';

/** The kinds of memory, as rows name them. */
export const COUNT = 'c';
export const SET = 'd';
export const FIRST_SEEN = 'f';
export const SESSION = 's';

interface Parts {
  readonly space: Keyspace;
  readonly log: RowLog;
  readonly counts: Entries;
  readonly sets: Entries;
  readonly sightings: Sightings;
}

/**
 * Puts a saved row back under its key. Rows are [kind, name, key] or [kind, name, key, member]; a value begins with the time at which the key
 * expires. A row that cannot be read is deleted with the next checkpoint.
 */
export function restoreRow(
  { space, log, counts, sets, sightings }: Parts,
  row: string,
  value: Uint8Array | string,
): void {
  const [kind, name, key, member] = listFrom(row);
  const [expires, first, second, ...rest] = listFrom(
    typeof value === 'string' ? value : new TextDecoder().decode(value),
  );
  const isNamed = typeof kind === 'string' && typeof name === 'string' && typeof key === 'string';
  if (!isNamed || !isTime(expires) || !isTime(first)) log.delete(row);
  else if (kind === COUNT && typeof member === 'number' && Array.isArray(second))
    counts.restore(space.table(kind, name, counts), key, first, JSON.stringify(second), member, expires);
  else if (kind === SET && typeof member === 'string')
    sets.restore(space.table(kind, name, sets), key, first, member, undefined, expires);
  else if ((kind === FIRST_SEEN || kind === SESSION) && isTime(second) && isTime(rest[0]))
    sightings.restore(space.table(kind, name, sightings), key, first, second, rest[0], expires);
  else log.delete(row);
}

function listFrom(text: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
