import { KeyTable } from './key-table.ts';
import type { Scanner } from './scanner.ts';

/** The members of an event, in the order in which the API server writes them; behind them what only lists have. */
export const MEMBERS = new KeyTable([
  'kind',
  'apiVersion',
  'level',
  'auditID',
  'stage',
  'requestURI',
  'verb',
  'user',
  'impersonatedUser',
  'sourceIPs',
  'userAgent',
  'objectRef',
  'responseStatus',
  'requestObject',
  'responseObject',
  'requestReceivedTimestamp',
  'stageTimestamp',
  'annotations',
  'items',
]);

/** Places of names in that list. */
export const ID = { auditId: 3, uri: 5 } as const;
/** Bits of members that were seen: the stage; a level alone; kind, version and level. */
export const STAGE_BIT = 1 << 4;
export const LEVEL_SEEN = 1 << 2;
export const KIND_SEEN = 0b111;

/** `"Event"` in two words. */
const EVENT_START = Buffer.from('"Eve').readInt32LE();
const EVENT_END = Buffer.from('ent"').readInt32LE();

/** The kind that stands there: 'Event' or 'EventList', '' for null, '?' for anything else. */
export function kindAt({ view, bytes }: Scanner, from: number, to: number): string {
  if (to - from === 7 && view.getInt32(from, true) === EVENT_START && view.getInt32(from + 3, true) === EVENT_END)
    return 'Event';
  const value: unknown = to - from > 64 ? '?' : JSON.parse(bytes.toString('latin1', from, to));
  if (value === null) return '';
  return value === 'Event' || value === 'EventList' ? value : '?';
}
