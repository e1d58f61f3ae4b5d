import { formatTime, toDocument, type Alert, type AlertDocument, type Refusal } from '../model/index.ts';

/** An alert on its way: its document, and the index that it goes to unless it lives elsewhere already. */
export interface Draft {
  readonly id: string;
  readonly revision: number;
  readonly document: AlertDocument;
  readonly index: string;
  /** Every month in which an earlier revision may have been written. */
  readonly candidates: readonly string[];
}

/** Months that an alert may span before the ones in the middle are no longer looked into. */
const MOST_MONTHS = 36;
/** A key of `observed` or `threshold`: NUL is reserved in flattened fields, and long ones cannot be indexed. */
const LONGEST_KEY = 256;
/** Renders the alert, or says why it can never be written. */
export function draftOf(alert: Alert, prefix: string): Draft | Refusal {
  if (alert.id === '' || Buffer.byteLength(alert.id) > 512)
    return { id: alert.id, reason: 'an id must have 1 to 512 bytes' };
  try {
    const months = monthsOf(alert);
    return {
      id: alert.id,
      revision: alert.revision,
      document: withPlainKeys(toDocument(alert)),
      index: `${prefix}-${months[0]!}`,
      candidates: months.map((month) => `${prefix}-${month}`),
    };
  } catch (thrown) {
    return { id: alert.id, reason: `cannot be rendered: ${String(thrown)}` };
  }
}

/**
 * "2026.11" of first_seen, then each month up to last_seen. A late event can move first_seen back over the turn of a month; the
 * older first_seen, where the document lives, is never after last_seen.
 */
function monthsOf({ firstSeen, lastSeen }: Alert): string[] {
  const last = formatTime(Math.max(firstSeen, lastSeen)).slice(0, 7);
  let [year, month] = formatTime(firstSeen).slice(0, 7).split('-').map(Number) as [number, number];
  const months: string[] = [];
  for (;;) {
    const name = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`;
    months.push(name.replace('-', '.'));
    if (name >= last || months.length === MOST_MONTHS) return months;
    [year, month] = month === 12 ? [year + 1, 1] : [year, month + 1];
  }
}

function withPlainKeys(document: AlertDocument): AlertDocument {
  const lapwing = document['lapwing'] as { detector: Record<string, unknown> };
  const { observed, threshold } = lapwing.detector;
  if (isPlain(observed) && isPlain(threshold)) return document;
  return {
    ...document,
    lapwing: { ...lapwing, detector: { ...lapwing.detector, observed: plain(observed), threshold: plain(threshold) } },
  };
}

const isPlain = (value: unknown): boolean =>
  Object.keys(value as object).every((key) => key.length <= LONGEST_KEY && !key.includes('\0'));

const plain = (value: unknown): unknown =>
  Object.fromEntries(
    Object.entries(value as object).map(([key, each]) => [key.slice(0, LONGEST_KEY).replaceAll('\0', '\ufffd'), each]),
  );
