import type { RawRecord, Reject } from '../../model/index.ts';

/** Longest sample in characters. */
const SAMPLE = 256;

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

/** A piece of a record that could not be decoded, as a value to keep. */
export function rejectOf(record: RawRecord, bytes: Buffer, reason: string, from: number, to: number): Reject {
  const { origin, received } = record;
  return {
    source: origin.source,
    ...(origin.cluster !== undefined && { cluster: origin.cluster }),
    position: `${origin.position}+${from}`,
    reason,
    shape: 'unknown',
    bytes: to - from,
    sample: sampleOf(bytes, from, to),
    ...(received !== undefined && { received }),
  };
}
