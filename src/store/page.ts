import { AppError, type Alert, type AlertQuery, type Micros } from '../model/index.ts';

const DEFAULT_LIMIT = 100;
const GREATEST_LIMIT = 10_000;

/** The last alert of a page: the next page starts behind it, wherever other alerts have moved meanwhile. */
export interface Place {
  readonly lastSeen: Micros;
  readonly id: string;
}

/** Newest first; the id decides between alerts of one time. Negative where a comes before b. */
export const newestFirst = (a: Place, b: Place): number =>
  b.lastSeen - a.lastSeen || (a.id < b.id ? -1 : Number(a.id > b.id));

/** How many alerts a page holds: what was asked for, within 1 and 10,000. */
export const pageSize = ({ limit = DEFAULT_LIMIT }: AlertQuery): number =>
  Math.min(GREATEST_LIMIT, Math.max(1, Math.floor(limit) || 1));

/** The cursor behind an alert: opaque to whoever carries it. */
export const cursorAt = ({ lastSeen, id }: Alert): string =>
  Buffer.from(JSON.stringify([lastSeen, id])).toString('base64url');

/** Reads a query's cursor; throws AppError `usage` where it is none of ours. */
export function placeOf({ cursor }: AlertQuery): Place | undefined {
  if (cursor === undefined) return undefined;
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(place) && Number.isSafeInteger(place[0]) && typeof place[1] === 'string' && place.length === 2)
      return { lastSeen: place[0] as number, id: place[1] };
  } catch {
    // Told below, in one way for every broken cursor.
  }
  throw new AppError(
    'usage',
    'the cursor is not one that an earlier page gave: leave it out to start with the newest alerts',
  );
}
