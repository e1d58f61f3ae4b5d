/** Pieces that are decoded in one text. */
const MAX_PIECES = 8;
const MAX_VARIABLES = 16;
const MAX_EXPANSIONS = 256;
const MAX_VALUE = 64;

const character = (code: number): string => (code > 0 && code <= 0xffff ? String.fromCharCode(code) : '');

/** The text as a shell comes to read it: without quotes within words, with escapes and ${IFS} resolved. Linear. */
export const undisguised = (text: string): string =>
  text
    .replace(/\$\{IFS[^}\s]{0,16}\}|\$IFS\$?\d?/g, ' ')
    .replace(/\$[@*]|\$\{[@*]\}|\$\(\)|``/g, '')
    .replace(/\\x([0-9A-Fa-f]{2})/g, (_, hex: string) => character(Number.parseInt(hex, 16)))
    .replace(/\\u\{?([0-9A-Fa-f]{4})\}?/g, (_, hex: string) => character(Number.parseInt(hex, 16)))
    .replace(/\\0?([0-7]{3})/g, (_, octal: string) => character(Number.parseInt(octal, 8) & 0xff))
    .replace(/\$(?=["'])/g, '')
    .replace(/["'\\]/g, '')
    .replace(/(?<!:)\/(?:\.?\/)+/g, '/');

const ASSIGNMENT = /(?:^|[\s;&|('"])([A-Za-z_]\w{0,31})=(?:"([^"$`]{1,64})"|'([^']{1,64})'|([^\s"'$`;&|()]{1,64}))/g;

/** The text with the variables that it sets itself put in; undefined where it sets none that it uses. */
export function expanded(text: string): string | undefined {
  if (!text.includes('$') || !text.includes('=')) return undefined;
  const values = new Map<string, string>();
  for (const [, name = '', ...quoted] of text.matchAll(ASSIGNMENT)) {
    if (values.size >= MAX_VARIABLES) break;
    values.set(name, (quoted.find((each) => each !== undefined) ?? '').slice(0, MAX_VALUE));
  }
  if (values.size === 0) return undefined;
  let left = MAX_EXPANSIONS;
  const plain = text.replace(/\$(?:\{([A-Za-z_]\w{0,31})\}|([A-Za-z_]\w{0,31}))/g, (whole, braced, bare) => {
    const value = values.get((braced ?? bare) as string);
    left -= 1;
    return value === undefined || left < 0 ? whole : value;
  });
  return plain === text ? undefined : plain;
}

/** What the text itself names as the way back from an encoding, and texts that it so holds. */
export function decodedPieces(text: string): readonly string[] {
  return [...base64Pieces(text), ...hexPieces(text), ...turnedPieces(text), ...codePoints(text)];
}

function base64Pieces(text: string): readonly string[] {
  if (!/base64|b64|openssl|-enc|-e[cn]?\b/i.test(text)) return [];
  return (text.match(/[A-Za-z0-9+/_-]{12,}/g) ?? []).slice(0, MAX_PIECES).flatMap((piece) => decodedText(piece) ?? []);
}

/** Base64 as text, undefined where it holds no readable text; every other byte may be NUL (UTF-16, as PowerShell takes it). */
function decodedText(piece: string): string | undefined {
  const whole = piece.slice(0, piece.length - (piece.length % 4 === 1 ? 1 : 0));
  const text = atob(whole.replaceAll('-', '+').replaceAll('_', '/')).replaceAll('\0', '');
  return isText(text) ? text : undefined;
}

function hexPieces(text: string): readonly string[] {
  if (!/xxd|unhexlify|fromhex|pack\(|hex/i.test(text)) return [];
  const pieces = (text.match(/(?:[0-9A-Fa-f]{2}){6,}/g) ?? []).slice(0, MAX_PIECES);
  return pieces
    .map((piece) => piece.replace(/../g, (hex) => character(Number.parseInt(hex, 16))))
    .filter((piece) => isText(piece));
}

const turn = (text: string): string =>
  text.replace(/[A-Za-z]/g, (letter) => {
    const first = letter <= 'Z' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - first + 13) % 26) + first);
  });

/** Written backwards, or each letter by the one thirteen places on. */
function turnedPieces(text: string): readonly string[] {
  return [
    ...(/\brev\b|\[::-1\]|\breverse\b/.test(text) ? [[...text].toReversed().join('')] : []),
    ...(/rot_?13|n-za-m/i.test(text) ? [turn(text)] : []),
  ];
}

/** chr(99)+chr(117)…, String.fromCharCode(99,117,…), bytes([99,117,…]). */
function codePoints(text: string): readonly string[] {
  if (!/chr|fromCharCode|bytes/i.test(text)) return [];
  const runs = text.match(/\d{2,3}(?:\D{1,12}\d{2,3}){3,}/g) ?? [];
  return runs
    .slice(0, MAX_PIECES)
    .map((run) => (run.match(/\d{2,3}/g) ?? []).map((code) => character(Number(code))).join(''))
    .filter((run) => isText(run));
}

const isText = (text: string): boolean =>
  text.length >= 4 && text.replace(/[\t\n\r -~]/g, '').length * 10 <= text.length;
