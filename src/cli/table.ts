import pc from 'picocolors';
import { formatTime, type Alert, type Severity } from '../model/index.ts';
import { escapeText } from './terminal.ts';

const PAINT: Readonly<Record<Severity, (text: string) => string>> = {
  info: pc.dim,
  low: pc.blue,
  medium: pc.yellow,
  high: pc.red,
  critical: (text) => pc.bold(pc.red(text)),
};

const HEADS = ['last seen', 'severity', 'rule', 'cluster', 'count', 'what happened', 'id'] as const;
const MIN_REASON = 40;

/** Alerts as a table for people, as wide as the terminal; long reasons wrap within their column. */
export function alertTable(alerts: readonly Alert[], width: number): string {
  const cells = alerts.map((alert) => [
    `${formatTime(alert.lastSeen).slice(0, 19)}Z`,
    alert.severity,
    alert.rule.id,
    escapeText(alert.cluster || '-').slice(0, 20),
    String(alert.count),
    escapeText(alert.reason),
    alert.id.slice(0, 12),
  ]);
  const reason = HEADS.indexOf('what happened');
  const widths = HEADS.map((head, column) => Math.max(head.length, ...cells.map((row) => row[column]!.length)));
  const others = widths.reduce((sum, each, column) => sum + (column === reason ? 0 : each + 2), 0);
  widths[reason] = Math.max(MIN_REASON, Math.min(widths[reason]!, width - others));
  const line = (row: readonly string[], paint: (column: number, text: string) => string) =>
    row.map((text, column) => paint(column, text.padEnd(widths[column]!))).join('  ').trimEnd();
  const body = cells.flatMap((row, index) => {
    const [first = '', ...more] = wrap(row[reason]!, widths[reason]!);
    const severity = alerts[index]!.severity;
    return [
      line(row.with(reason, first), (column, text) => (column === 1 ? PAINT[severity](text) : text)),
      ...more.map((part) => line(row.map((_, column) => (column === reason ? part : '')), (_, text) => text)),
    ];
  });
  return [line(HEADS, (_, text) => pc.bold(text)), ...body].join('\n');
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    let rest = word;
    if (line !== '' && line.length + 1 + rest.length > width) {
      lines.push(line);
      line = '';
    }
    while (rest.length > width) {
      lines.push(rest.slice(0, width));
      rest = rest.slice(width);
    }
    line = line === '' ? rest : `${line} ${rest}`;
  }
  return [...lines, line];
}
