import { createColors } from 'picocolors';
import { formatTime, type Alert } from '../model/index.ts';
import { severityWord, type Look } from '../sinks/console-alert.ts';
import { columnsOf, escapeControls, fitText, padText, wrapText } from '../sinks/console-text.ts';

/** Where there is less room than this the sentence stands beneath the columns. */
const ROOM_FOR_REASON = 70;
const GAP = '  ';
const WIDEST_NAME = 24;
const ID = 12;

interface Column {
  readonly head: string;
  readonly width: number;
  readonly right?: boolean;
  /** One line, safe to print. */
  text(alert: Alert): string;
}

/**
 * Alerts as a table for people, as wide as the look; the sentence wraps in its column, or stands beneath on a narrow terminal, and
 * ends in an ellipsis after `lines` lines.
 */
export function alertTable(alerts: readonly Alert[], look: Look, lines = Number.POSITIVE_INFINITY): string {
  const { bold, dim } = createColors(look.colour);
  const columns = columnsFor(alerts);
  const taken = columns.reduce((sum, { width }) => sum + width + GAP.length, 0);
  const beside = look.width - taken >= ROOM_FOR_REASON;
  const [indent, room] = beside ? [taken, look.width - taken] : [GAP.length, look.width - GAP.length];
  const heads = columns.map((column) => fill(column, column.head)).join(GAP);
  const head = bold(beside ? `${heads}${GAP}what happened` : heads.trimEnd());
  const body = alerts.flatMap((alert) => {
    const [first = '', ...more] = shorten(wrapText(escapeControls(alert.reason), room), lines, room);
    const cells = columns.map((column, index) => {
      const cell = fill(column, column.text(alert));
      return index === 0 ? severityWord(alert.severity, look.colour) : column.head === 'id' ? dim(cell) : cell;
    });
    const rest = (beside ? more : [first, ...more]).map((line) => ' '.repeat(indent) + line);
    return [beside ? `${cells.join(GAP)}${GAP}${first}` : cells.join(GAP).trimEnd(), ...rest];
  });
  return [head, ...body].join('\n');
}

function columnsFor(alerts: readonly Alert[]): readonly Column[] {
  const fitting = (head: string, text: (alert: Alert) => string): Column => {
    const widest = Math.max(columnsOf(head), ...alerts.map((alert) => columnsOf(text(alert))));
    return { head, text, width: Math.min(WIDEST_NAME, widest) };
  };
  const count = fitting('count', ({ count: times }) => String(times));
  return [
    { head: 'severity', width: 8, text: ({ severity }) => severity },
    { head: 'last seen (UTC)', width: 19, text: ({ lastSeen }) => formatTime(lastSeen).slice(0, 19).replace('T', ' ') },
    fitting('rule', ({ rule }) => fitText(rule.id, WIDEST_NAME)),
    ...(alerts.some(({ muted }) => muted !== undefined)
      ? [fitting('muted by', ({ muted }) => fitText(muted?.exception ?? '-', WIDEST_NAME))]
      : []),
    ...(alerts.some(({ cluster }) => cluster !== '')
      ? [fitting('cluster', ({ cluster }) => (cluster === '' ? '-' : fitText(cluster, WIDEST_NAME)))]
      : []),
    { ...count, right: true },
    { head: 'id', width: ID, text: ({ id }) => escapeControls(id).slice(0, ID) },
  ];
}

function fill({ width, right }: Column, text: string): string {
  const padded = padText(text, width);
  return right === true ? padded.trimEnd().padStart(width) : padded;
}

/** The first so many lines; an ellipsis says that there were more. */
function shorten(lines: readonly string[], most: number, room: number): readonly string[] {
  if (lines.length <= most) return lines;
  const last = lines[most - 1]!;
  return [...lines.slice(0, most - 1), columnsOf(last) < room ? `${last}…` : fitText(`${last} `, room)];
}
