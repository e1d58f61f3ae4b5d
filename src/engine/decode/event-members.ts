import { KeyTable } from './key-table.ts';

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
