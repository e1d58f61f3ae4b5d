import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnsOf, escapeControls, fitText, padText, wrapText } from '../../src/sinks/console-text.ts';
import { hostileText } from '../support/alert.ts';

/** What a terminal obeys or does not show. */
const DANGEROUS = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]/u;

describe('escapeControls', () => {
  test.each([
    ['plain text, ümläuts, 中文, \u{1f600}', 'plain text, ümläuts, 中文, \u{1f600}'],
    ['a\nb\r\tc', String.raw`a\nb\r\tc`],
    ['\u0000\u007f\u0085', String.raw`\u{0000}\u{007f}\u{0085}`],
    ['\u001b[31mred\u001b]0;title\u0007', String.raw`\u{001b}[31mred\u{001b}]0;title\u{0007}`],
    ['\u009b2J', String.raw`\u{009b}2J`],
    ['\u202etxt.exe\u2069', String.raw`\u{202e}txt.exe\u{2069}`],
    ['a\u200bb\ufeff\u00ad', String.raw`a\u{200b}b\u{feff}\u{00ad}`],
    ['\u{e0041}', String.raw`\u{e0041}`],
    ['\ud800x', String.raw`\u{d800}x`],
    ['\u2028', String.raw`\u{2028}`],
    ['\u3164', String.raw`\u{3164}`],
    ['e\u0301\u0301\u0301\u0301\u0301', `e\u0301\u0301\u0301${String.raw`\u{0301}\u{0301}`}`],
  ])('%j is written %j', (text, written) => {
    expect(escapeControls(text)).toBe(written);
  });

  test('leaves nothing that a terminal obeys, and escapes nothing twice', () => {
    fc.assert(
      fc.property(hostileText(), (text) => {
        const safe = escapeControls(text);
        expect(safe).not.toMatch(DANGEROUS);
        expect(escapeControls(safe)).toBe(safe);
      }),
    );
  });
});

describe('fitting and wrapping', () => {
  test.each([
    ['short', 10, 'short'],
    ['exactly ten', 11, 'exactly ten'],
    ['one too many', 11, 'one too ma…'],
    ['中文中文', 6, '中文…'],
    ['\n\n\n\n', 6, String.raw`\n\n\…`],
  ])('%j in %i columns is %j', (text, width, fitted) => {
    expect(fitText(text, width)).toBe(fitted);
  });

  test('padded text has its width, whatever it was', () => {
    fc.assert(
      fc.property(hostileText(), fc.integer({ min: 2, max: 200 }), (text, width) => {
        expect(columnsOf(padText(text, width))).toBe(width);
      }),
    );
  });

  test('wraps at blanks, and within what is longer than a line', () => {
    expect(wrapText('the quick brown fox jumps', 10)).toStrictEqual(['the quick', 'brown fox', 'jumps']);
    expect(wrapText(`${'x'.repeat(25)} end`, 10)).toStrictEqual(['xxxxxxxxxx', 'xxxxxxxxxx', 'xxxxx end']);
    expect(wrapText('a '.repeat(3), 10)).toStrictEqual(['a a a']);
    expect(wrapText('', 10)).toStrictEqual([]);
  });

  test('no line is too wide, and no letter is lost', () => {
    fc.assert(
      fc.property(hostileText(), fc.integer({ min: 4, max: 120 }), (text, width) => {
        const safe = escapeControls(text);
        const lines = wrapText(safe, width);
        for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(' ', '')).toBe(safe.replaceAll(' ', ''));
      }),
    );
  });
});
