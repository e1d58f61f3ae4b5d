/** What a terminal must not obey: controls, escapes, marks of direction, invisible and unassigned code points, lone surrogates. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]/gu;
/** A fourth mark on one letter, and further ones, would be drawn over the lines around it. */
const PILED = /(\p{M}{3})(\p{M}+)/gu;

const NAMED: ReadonlyMap<string, string> = new Map([
  ['\n', String.raw`\n`],
  ['\r', String.raw`\r`],
  ['\t', String.raw`\t`],
]);

const escapeOne = (character: string): string =>
  NAMED.get(character) ?? `\\u{${character.codePointAt(0)!.toString(16).padStart(4, '0')}}`;

/** The text on one line, safe to print: whatever a terminal would obey or hide is written out, such as `\n` or `\u{202e}`. */
export const escapeControls = (text: string): string =>
  text
    .replace(UNSAFE, escapeOne)
    .replace(PILED, (_, kept: string, piled: string) => kept + [...piled].map(escapeOne).join(''));

/** The text in at most `width` columns, safe to print; what was cut shows as an ellipsis. */
export function fitText(text: string, width: number): string {
  const safe = escapeControls(text.length > width * 16 ? text.slice(0, width * 16) : text);
  if (columnsOf(safe) <= width) return safe;
  let cut = '';
  let used = 0;
  for (const character of safe) {
    used += columnOf(character);
    if (used > width - 1) break;
    cut += character;
  }
  return `${cut}…`;
}

/** Fits and fills with blanks to exactly `width` columns. */
export function padText(text: string, width: number): string {
  const fitted = fitText(text, width);
  return fitted + ' '.repeat(Math.max(0, width - columnsOf(fitted)));
}

/** Breaks safe text at blanks into lines of at most `width` columns; a longer word is broken within. */
export function wrapText(safe: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const word of safe.split(' ').filter((each) => each !== '')) {
    const columns = columnsOf(word);
    if (line !== '' && used + 1 + columns > width) {
      lines.push(line);
      line = '';
      used = 0;
    }
    if (columns > width) {
      for (const character of word) {
        if (used + columnOf(character) > width) {
          lines.push(line);
          line = '';
          used = 0;
        }
        line += character;
        used += columnOf(character);
      }
      continue;
    }
    line += line === '' ? word : ` ${word}`;
    used += line === word ? columns : columns + 1;
  }
  return line === '' ? lines : [...lines, line];
}

/** How many columns a terminal needs for safe text. */
export function columnsOf(safe: string): number {
  let columns = 0;
  for (const character of safe) columns += columnOf(character);
  return columns;
}

const ZERO = /^[\p{Mn}\p{Me}]$/u;

/** Two for East Asian wide characters and emoji, none for marks: near enough for aligned columns. */
function columnOf(character: string): number {
  const code = character.codePointAt(0)!;
  if (code < 0x300) return 1;
  if (ZERO.test(character)) return 0;
  const isWide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return isWide ? 2 : 1;
}
