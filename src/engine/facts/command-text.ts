import { decodedPieces, expanded, undisguised } from './disguises.ts';

/** Longest text that is looked at, decodings included; a request URI is shorter. */
const MAX_TEXT = 65_536;
/** How deep decodings may nest. */
const MAX_DEPTH = 2;

/** Names, written with a space between them. */
export const wordSet = (names: string): ReadonlySet<string> => new Set(names.split(' '));

/** Programs that take a script and run it. */
export const SHELLS = wordSet(
  'sh bash dash ash zsh ksh mksh fish csh tcsh rbash busybox pwsh powershell powershell.exe cmd.exe',
);

/** A command line as it is written and as its shells and interpreters would come to read it. */
export interface CommandText {
  /** All readings, one after the other. */
  readonly text: string;
  /** Every word of every reading, and the last name of each path. */
  readonly words: ReadonlySet<string>;
  /** The program calls of every reading. */
  readonly calls: readonly Call[];
}

/**
 * Undoes the disguises that cost an attacker nothing: quotes and backslashes within words, ${IFS} for spaces, empty expansions, variables
 * that the line sets itself, doubled slashes, escapes, base64, hexadecimal and turned text that the line itself decodes. Linear in the
 * length of the line.
 */
export function readCommand(argv: readonly string[]): CommandText {
  const readings: string[] = [];
  let left = MAX_TEXT;
  const add = (text: string, depth: number): void => {
    const cut = text.slice(0, left);
    if (cut === '' || readings.includes(cut)) return;
    left -= cut.length;
    readings.push(cut);
    const plain = undisguised(expanded(cut) ?? cut);
    if (plain !== cut) add(plain, depth);
    if (depth < MAX_DEPTH) for (const piece of decodedPieces(cut)) add(piece, depth + 1);
  };
  add(argv.join(' '), 0);
  const text = readings.join('\n');
  return { text, words: wordsOf(text), calls: callsIn(text) };
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

/** Calls of one line that are looked at. */
const MAX_CALLS = 4_096;

/** One program call of a line. */
export interface Call {
  /** Its words, paths cut to their last name; what only starts the program (env, sudo, busybox, sh -c …) left out. */
  readonly words: readonly string[];
  /** The same words as they stand. */
  readonly raw: readonly string[];
  /** Its output goes to the next call. */
  readonly isPiped: boolean;
}

/** Programs that start the one behind them, with their options, numbers and assignments. */
const STARTERS: ReadonlySet<string> = wordSet(
  'env sudo doas nohup setsid exec command builtin time timeout nice ionice stdbuf xargs busybox toybox su sh bash dash ash zsh ksh ' +
    'then do else if while until ! eval watch script chrt taskset proot unbuffer',
);

/** Cuts a text at what ends a call in a shell. */
function callsIn(text: string): readonly Call[] {
  const parts = text.split(/([;|&\n`]|\$\()/);
  const calls: Call[] = [];
  for (let i = 0; i < parts.length && calls.length < MAX_CALLS; i += 2) {
    const raw = parts[i]!.split(/[\s"'<>(){},[\]]+/).filter((word) => word !== '');
    const names = raw.map((word) => word.slice(word.lastIndexOf('/') + 1));
    const start = startOf(names);
    calls.push({ words: names.slice(start), raw: raw.slice(start), isPiped: parts[i + 1] === '|' });
  }
  return calls;
}

const ASSIGNS = /^[A-Za-z_]\w{0,63}=/;

/** Where the program stands behind what starts it: a shell counts as the program where no script follows it. */
function startOf(names: readonly string[]): number {
  let start = 0;
  for (;;) {
    while (start < names.length - 1 && ASSIGNS.test(names[start]!)) start += 1;
    if (!STARTERS.has(names[start] ?? '')) return start;
    let next = start + 1;
    while (next < names.length && (ASSIGNS.test(names[next]!) || /^(?:-|\d+[smh]?$)/.test(names[next]!))) next += 1;
    if (next >= names.length) return start;
    start = next;
  }
}
