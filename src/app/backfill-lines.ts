import type { Print } from '../engine/fingerprint-table.ts';
import type { Span } from '../engine/blind-period.ts';
import { AppError, SEVERITIES, type Alert } from '../model/index.ts';

/** Longest line: an alert with a thousand Audit-IDs is a tenth of it. */
const LONGEST = 4 * 1024 * 1024;
const LANES = 4;
const PRINT_BYTES = 4 * LANES;
/** Fingerprints of one line. */
const PRINTS = 2_048;

/** One thing that a backfill found, as it goes to the service. */
export type Filled =
  | { readonly alert: Alert }
  | { readonly prints: readonly Print[] }
  | { readonly period: number; readonly span: Span; readonly sealed: boolean };

/** As lines of JSON. */
export function* writeFilled(
  alerts: Iterable<Alert>,
  prints: Iterable<Print>,
  covers: Iterable<Filled>,
): Generator<string> {
  for (const alert of alerts) yield `${JSON.stringify({ alert })}\n`;
  let group: number[] = [];
  for (const { idHigh, idLow, requestHash, contentHash } of prints) {
    group.push(idHigh, idLow, requestHash, contentHash);
    if (group.length < PRINTS * LANES) continue;
    yield printsLine(group);
    group = [];
  }
  if (group.length > 0) yield printsLine(group);
  for (const cover of covers) yield `${JSON.stringify(cover)}\n`;
}

const printsLine = (lanes: readonly number[]): string =>
  `${JSON.stringify({ prints: Buffer.from(Int32Array.from(lanes).buffer).toString('base64') })}\n`;

/** One of them as it was read, and how long it was. */
export interface ReadLine {
  readonly filled: Filled;
  readonly bytes: number;
}

/** Reads them back, a line at a time; each alert must be of that cluster. Throws AppError `usage` for anything else. */
export async function* readFilled(chunks: AsyncIterable<Uint8Array>, cluster: string): AsyncGenerator<ReadLine> {
  let rest: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let from = 0;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      const line = Buffer.concat([...rest, bytes.subarray(from, end)]);
      yield { filled: read(line, cluster), bytes: line.length };
      [rest, length, from] = [[], 0, end + 1];
    }
    rest.push(Buffer.from(bytes.subarray(from)));
    length += bytes.length - from;
    if (length > LONGEST) throw wrong();
  }
  if (length > 0) throw wrong();
}

function read(line: Buffer, cluster: string): Filled {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line.toString('utf8'));
  } catch {
    throw wrong();
  }
  const { alert, prints, period, span, sealed } = (parsed ?? {}) as Record<string, unknown>;
  if (isAlert(alert) && alert.cluster === cluster) return { alert };
  if (typeof prints === 'string') return { prints: printsOf(Buffer.from(prints, 'base64')) };
  if (Number.isSafeInteger(period) && isSpan(span))
    return { period: Number(period), span: { from: span.from, to: span.to }, sealed: sealed === true };
  throw wrong();
}

function printsOf(bytes: Buffer): readonly Print[] {
  if (bytes.length % PRINT_BYTES !== 0 || bytes.length > PRINTS * PRINT_BYTES) throw wrong();
  const lane = (at: number): number => bytes.readInt32LE(at);
  return Array.from({ length: bytes.length / PRINT_BYTES }, (_, index) => {
    const at = index * PRINT_BYTES;
    return { idHigh: lane(at), idLow: lane(at + 4), requestHash: lane(at + 8), contentHash: lane(at + 12) };
  });
}

/** What of an alert the service relies on; the rest it keeps as it is. */
function isAlert(value: unknown): value is Alert {
  const { id, key, count, revision, severity, rule, evidence, firstSeen, lastSeen } = (value ?? {}) as Partial<Alert>;
  return (
    /^[0-9a-f]{64}$/.test(String(id)) &&
    typeof key === 'string' &&
    typeof rule?.id === 'string' &&
    Array.isArray(evidence?.auditIds) &&
    [count, revision, firstSeen, lastSeen].every((each) => Number.isSafeInteger(each)) &&
    SEVERITIES.includes(severity!)
  );
}

const isSpan = (value: unknown): value is Span => {
  const { from, to } = (value ?? {}) as Partial<Span>;
  return Number.isSafeInteger(from) && Number.isSafeInteger(to);
};

const wrong = (): AppError => new AppError('usage', 'what was sent is no backfill: is the command of another version?');
