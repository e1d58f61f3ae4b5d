/** Longest text that is looked at, decodings included; a request URI is shorter. */
const MAX_TEXT = 65_536;
/** Pieces of base64 that are decoded, and how deep they may nest. */
const MAX_PIECES = 8;
const MAX_DEPTH = 2;

/** A command line as it is written and as its shells and interpreters would come to read it. */
export interface CommandText {
  /** All readings, one after the other. */
  readonly text: string;
  /** Every word of every reading, and the last name of each path. */
  readonly words: ReadonlySet<string>;
}

/**
 * Undoes the disguises that cost an attacker nothing: quotes and backslashes within words, ${IFS} for spaces, empty expansions, doubled
 * slashes, \x escapes, base64 that the line itself decodes. Linear in the length of the line.
 */
export function readCommand(argv: readonly string[]): CommandText {
  const readings: string[] = [];
  let left = MAX_TEXT;
  const add = (text: string, depth: number): void => {
    const cut = text.slice(0, left);
    if (cut === '' || readings.includes(cut)) return;
    left -= cut.length;
    readings.push(cut);
    const plain = undisguised(cut);
    if (plain !== cut) add(plain, depth);
    if (depth < MAX_DEPTH) for (const piece of decodedPieces(cut)) add(piece, depth + 1);
  };
  add(argv.join(' '), 0);
  const text = readings.join('\n');
  return { text, words: wordsOf(text) };
}

function undisguised(text: string): string {
  return text
    .replace(/\$\{IFS[^}\s]{0,16}\}|\$IFS\$?\d?/g, ' ')
    .replace(/\$[@*]|\$\{[@*]\}/g, '')
    .replace(/\\x([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/["'\\]/g, '')
    .replace(/(?<!:)\/(?:\.?\/)+/g, '/');
}

const BORDERS = /[\s;|&()<>`"'{}=,$[\]]+/;

function wordsOf(text: string): ReadonlySet<string> {
  const words = new Set<string>();
  for (const word of text.split(BORDERS)) {
    words.add(word);
    const slash = word.lastIndexOf('/');
    if (slash >= 0) words.add(word.slice(slash + 1));
  }
  words.delete('');
  return words;
}

/** One program call of a line: its words, paths cut to their last name. */
export interface Call {
  readonly words: readonly string[];
  /** Its output goes to the next call. */
  readonly isPiped: boolean;
}

/** Cuts a text at what ends a call in a shell. */
export function callsIn(text: string): readonly Call[] {
  const parts = text.split(/([;|&\n])/);
  const calls: Call[] = [];
  for (let i = 0; i < parts.length; i += 2) {
    const words = parts[i]!.split(BORDERS).filter((word) => word !== '');
    calls.push({ words: words.map((word) => word.slice(word.lastIndexOf('/') + 1)), isPiped: parts[i + 1] === '|' });
  }
  return calls;
}

function decodedPieces(text: string): readonly string[] {
  if (!/base64|b64|openssl|-enc|-e[cn]?\b/i.test(text)) return [];
  return (text.match(/[A-Za-z0-9+/_-]{12,}/g) ?? []).slice(0, MAX_PIECES).flatMap((piece) => decodedText(piece) ?? []);
}

/** Base64 as text, undefined where it holds no readable text; every other byte may be NUL (UTF-16, as PowerShell takes it). */
function decodedText(piece: string): string | undefined {
  const whole = piece.slice(0, piece.length - (piece.length % 4 === 1 ? 1 : 0));
  const text = atob(whole.replaceAll('-', '+').replaceAll('_', '/')).replaceAll('\0', '');
  const odd = text.replace(/[\t\n\r -~]/g, '').length;
  return text.length >= 4 && odd * 10 <= text.length ? text : undefined;
}
