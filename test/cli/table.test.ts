import { describe, expect, it } from 'vitest';
import { alertTable } from '../../src/cli/table.ts';
import { columnsOf } from '../../src/sinks/console-text.ts';
import { alertId, anAlert } from '../support/alert.ts';

const plain = (text: string) => text.replaceAll(/\p{Cc}\[[\d;]*m/gu, '');
const LONG = `${'A sentence that goes on. '.repeat(12)}End.`;
const alerts = [
  anAlert({ reason: LONG, severity: 'critical' }),
  anAlert({ id: alertId('wide'), reason: '秘密を読む 🔑 '.repeat(20), cluster: '東京', count: 12_345 }),
  anAlert({ id: alertId('evil'), reason: 'a\u001b[2J\nb\u202e', cluster: '' }),
];

describe('the table of alerts', () => {
  it.each([60, 80, 100, 120, 160])('fits %i columns, whole sentences and all', (width) => {
    const text = alertTable(alerts, { colour: false, width });
    const lines = text.split('\n');
    expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(Math.max(width, 88));
    expect(text.replaceAll(/\s+/g, ' ')).toContain('End.');
    expect(text.match(/sentence/g)).toHaveLength(12);
    expect(text).toContain('東京');
    expect(text).toContain('12345');
    expect(text).toContain(String.raw`a\u{001b}[2J\nb\u{202e}`);
    expect(text).not.toMatch(/(?!\n)\p{Cc}|\p{Cf}/u);
  });

  it('stands its columns under their heads, wide characters or not', () => {
    const lines = alertTable(alerts, { colour: false, width: 160 }).split('\n');
    const starts = lines
      .filter((line) => /^[A-Z]{4}/.test(line))
      .map((line) => columnsOf(line.slice(0, line.indexOf(' 2026'))));
    expect(starts).toEqual([9, 9, 9]);
    const ids = alerts.map(({ id }) => lines.find((line) => line.includes(id.slice(0, 12)))!);
    const at = ids.map((line, index) => columnsOf(line.slice(0, line.indexOf(alerts[index]!.id.slice(0, 12)))));
    expect(new Set(at)).toEqual(new Set([lines[0]!.indexOf('id  ')]));
  });

  it('cuts long sentences where asked to, and says so', () => {
    const rows = alertTable(alerts.slice(0, 1), { colour: false, width: 80 }, 2).split('\n');
    expect(rows).toHaveLength(4);
    expect(rows.at(-1)).toMatch(/…$/);
    expect(columnsOf(rows.at(-1)!)).toBeLessThanOrEqual(80);
  });

  it('has no column for a cluster that nobody named', () => {
    expect(alertTable([anAlert({ cluster: '' })], { colour: false, width: 80 })).toMatch(/ rule +count /);
  });

  it('changes nothing but colour with colours', () => {
    const coloured = alertTable(alerts, { colour: true, width: 120 });
    expect(coloured).toContain('\u001b[');
    expect(plain(coloured)).toBe(alertTable(alerts, { colour: false, width: 120 }));
  });
});
