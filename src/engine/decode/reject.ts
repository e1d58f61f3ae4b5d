import type { RawRecord, Reject } from '../../model/index.ts';
import { cutRedacted, redactText } from './redact.ts';

/** Longest sample and longest Audit-ID, in characters. */
const SAMPLE = 256;
const AUDIT_ID = 256;

/** Words that tell a shape and hold no secret: field names of audit events and of the wrappers they come in, and JSON's own. */
const TELLING: ReadonlySet<string> = new Set(
  `kind apiVersion metadata items level auditID stage requestURI verb user impersonatedUser username uid groups extra sourceIPs
  userAgent objectRef resource subresource namespace name apiGroup resourceVersion responseStatus status reason message code
  requestObject responseObject requestReceivedTimestamp stageTimestamp annotations records properties log category time
  resourceId protoPayload insertId logName resource timestamp labels kubernetes audit event host agent source file stream data
  logEvents logGroup logStream messageType owner id resourceLogs scopeLogs logRecords body attributes true false null Event
  EventList`.split(/\s+/),
);

/**
 * What a rejected piece of input looks like: its punctuation and well-known names, everything else masked as `x`, so that no part of
 * a value can be in it.
 */
function sampleOf(bytes: Buffer, from: number, to: number): string {
  const text = bytes.toString('latin1', from, Math.min(to, from + 4 * SAMPLE));
  const masked = text.replace(/[^\s"'{}[\]:,]+|\s+/g, (run) => {
    if (/^\s/.test(run)) return ' ';
    return TELLING.has(run) ? run : 'x';
  });
  return masked.length > SAMPLE ? `${masked.slice(0, SAMPLE - 1)}…` : masked;
}

/** What could not be decoded, where it stands in its bytes. */
interface Undecoded {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
  /** As it stands in the bytes; empty where none was read. */
  readonly auditId: string;
  readonly shape: string;
}

/** A piece of a record that could not be decoded, as a value to keep. */
export function rejectOf(record: RawRecord, cluster: string, piece: Undecoded, reason: string): Reject {
  const { origin, received } = record;
  const { bytes, from, to, shape } = piece;
  const auditId = cutRedacted(redactText(piece.auditId.slice(0, 2 * AUDIT_ID)), AUDIT_ID);
  return {
    source: origin.source,
    ...(cluster !== '' && { cluster }),
    position: `${origin.position}+${from}`,
    reason,
    shape,
    bytes: to - from,
    sample: sampleOf(bytes, from, to),
    ...(auditId !== '' && { auditId }),
    ...(received !== undefined && { received }),
  };
}
