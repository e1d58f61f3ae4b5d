const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** Finds where top-level JSON values end, in pieces of any size. Follows brackets and strings only; the decoder judges the rest. */
export class JsonBorder {
  #depth = 0;
  #string = false;
  #escape = false;
  /** Blank lines (or a byte order mark) before the first value belong to it. */
  #begun = false;

  /** True between two values. */
  get outside(): boolean {
    return this.#depth === 0 && !this.#string;
  }

  get inString(): boolean {
    return this.#string;
  }

  /** The index after the last newline between two values within [from, to), or -1. */
  scan(bytes: Buffer, from: number, to: number): number {
    let border = -1;
    let depth = this.#depth;
    let at = from;
    if (this.#escape && at < to) {
      this.#escape = false;
      at++;
    }
    while (at < to) {
      if (this.#string) {
        at = this.#skipString(bytes, at, to);
        continue;
      }
      const byte = bytes[at++]!;
      // Any bracket: { } [ ] are the only bytes that equal 0x5b or 0x5d without bit 5.
      if ((byte & 0xdf) === OPEN_BRACKET) {
        depth++;
        this.#begun = true;
      } else if ((byte & 0xdf) === 0x5d) depth = depth > 0 ? depth - 1 : 0;
      else if (byte === QUOTE) this.#string = true;
      else if (byte === NEWLINE && depth === 0 && this.#begun) border = at;
    }
    this.#depth = depth;
    return border;
  }

  #skipString(bytes: Buffer, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.#string = false;
        return at + 1;
      }
      if (byte === BACKSLASH && ++at >= to) this.#escape = true;
    }
    return to;
  }
}

/**
 * Whether the text that begins here is JSON spread over many lines (pretty-printed, or one array with an element a line) rather
 * than a value on each line: its first line opens a bracket that it does not close, and is not just a line that was cut (one that
 * ends within a string, or that a whole value follows).
 */
export function spreadOverLines(bytes: Buffer): boolean {
  let start = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (start < bytes.length && bytes[start]! <= 0x20) start++;
  const end = bytes.indexOf(NEWLINE, start);
  if (end < 0 || (bytes[start] !== OPEN_BRACE && bytes[start] !== OPEN_BRACKET)) return false;
  const first = new JsonBorder();
  first.scan(bytes, start, end + 1);
  if (first.outside || first.inString) return false;
  if (bytes.toString('latin1', start, end).trim().length <= 1) return true;
  const next = bytes.indexOf(NEWLINE, end + 1);
  return !isObject(bytes.toString('utf8', end + 1, next < 0 ? bytes.length : next));
}

function isObject(line: string): boolean {
  if (!line.startsWith('{')) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
