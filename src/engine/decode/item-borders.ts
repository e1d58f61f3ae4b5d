import type { EventScanner } from './event-scanner.ts';
import type { Scanner } from './scanner.ts';
import { ValueSkipper } from './value-skipper.ts';

const [LINE_END, QUOTE, COMMA, BACKSLASH] = [10, 34, 44, 92] as readonly [number, number, number, number];
const [BRACKET, BRACKET_END, BRACE, BRACE_END] = [91, 93, 123, 125] as readonly [number, number, number, number];
/** Where brackets do not tell, places are tried until that many times the rest of the list was looked at. */
const PATIENCE = 4;

/**
 * Finds where a list goes on behind an item that is no JSON. Brackets outside of strings tell, where they match from there on up to the
 * end of the list; that also keeps out events that somebody put into an object of their own, as the rest of that object follows them.
 * Linear for each list, however many of its items are broken.
 */
export class ItemBorders {
  readonly #event: EventScanner;
  /** Brackets are known to match from the last border on. */
  #isSure = false;
  #patience = 0;

  /** What that scanner found changes by the search. */
  constructor(event: EventScanner) {
    this.#event = event;
  }

  /** Begins a list. */
  open(): void {
    this.#isSure = false;
    this.#patience = -1;
  }

  /**
   * The `{` of the next item or the list's `]` behind the item that begins at `from` and in which the scanner has just failed; -1 where
   * nothing tells. It never lies before the failure: up to there all is part of the item.
   */
  find(scanner: Scanner, from: number, isArray: boolean): number {
    const { bytes, failedAt } = scanner;
    const lineEnd = scanner.lines ? bytes.indexOf(LINE_END, from) : -1;
    const end = lineEnd < 0 ? scanner.end : lineEnd;
    const next = behindItem(scanner, from, end);
    this.#isSure &&= next >= failedAt;
    if (next >= failedAt && (this.#isSure ||= endsList(scanner, next, end, isArray))) return next;
    return this.#try(scanner, failedAt, end, isArray);
  }

  /** The next place at which a whole event stands, and from which on brackets match. */
  #try(scanner: Scanner, from: number, end: number, isArray: boolean): number {
    const { bytes } = scanner;
    if (this.#patience < 0) this.#patience = PATIENCE * (end - from);
    for (let at = from - 1; (at = bytes.indexOf(BRACE, at + 1)) >= 0 && at < end;) {
      if (this.#patience < 0) return -1;
      if (!followsComma(bytes, at)) continue;
      const to = this.#event.scan(scanner, false, at, false);
      this.#patience -= (to < 0 ? scanner.failedAt : to) - at;
      if (to < 0 || this.#event.refusal() !== '') continue;
      this.#isSure = endsList(scanner, at, end, isArray);
      if (this.#isSure) return at;
      this.#patience -= end - at;
    }
    return -1;
  }
}

/** The `{` behind the next comma outside of brackets and strings, or the `]` that closes what is around; -1 where neither comes. */
function behindItem(scanner: Scanner, from: number, end: number): number {
  const { bytes } = scanner;
  let depth = 0;
  let isText = false;
  for (let at = from; at < end; at += 1) {
    const byte = bytes[at]!;
    // No string runs over a line's end: one that does has lost a quote.
    if (byte === QUOTE || (byte === LINE_END && isText)) isText = !isText;
    else if (isText) {
      if (byte === BACKSLASH) at += 1;
    } else if (byte === BRACE || byte === BRACKET) depth += 1;
    else if (byte === BRACE_END || byte === BRACKET_END) {
      depth -= 1;
      if (depth < 0) return byte === BRACKET_END ? at : -1;
    } else if (byte === COMMA && depth === 0) {
      const next = scanner.space(at + 1);
      if (scanner.at(next) === BRACE) return next;
    }
  }
  return -1;
}

function followsComma(bytes: Buffer, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && bytes[before]! <= 32) before -= 1;
  return bytes[before] === COMMA;
}

/** Whether brackets from there on close an array (and the object around it), and then the line or the value ends. */
function endsList(scanner: Scanner, from: number, end: number, isArray: boolean): boolean {
  const { bytes } = scanner;
  let behind = new ValueSkipper(1).skip(bytes, from, end);
  if (behind < 0 || bytes[behind - 1] !== BRACKET_END) return false;
  if (!isArray) {
    behind = new ValueSkipper(1).skip(bytes, behind, end);
    if (behind < 0 || bytes[behind - 1] !== BRACE_END) return false;
  }
  const rest = scanner.space(behind);
  if (rest >= end || scanner.at(rest) === LINE_END) return true;
  // Over several lines: another value begins a line of its own.
  return scanner.at(rest) === BRACE && bytes.subarray(behind, rest).includes(LINE_END);
}
