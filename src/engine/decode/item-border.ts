import type { EventScanner } from './event-scanner.ts';
import type { Scanner } from './scanner.ts';
import { ValueSkipper } from './value-skipper.ts';

const [LINE_END, COMMA, BRACKET, BRACKET_END, BRACE, BRACE_END] = [10, 44, 91, 93, 123, 125] as readonly [
  number,
  number,
  number,
  number,
  number,
  number,
];
/** Where brackets no longer tell, places are tried until that many times the rest of the list was looked at. */
const PATIENCE = 8;

/**
 * Where a list goes on behind an item that is no JSON and begins at `from`: at the `{` of its next item or at its `]`; -1 where that
 * cannot be told. Where the item's brackets still match they say so. Where they do not, it is the next place at which a whole event
 * stands and from which on brackets match up to the end of the list: an event that somebody put into an object of their own is
 * followed by the rest of that object, and so is never taken for an item. Leaves what the event's scanner found changed.
 */
export function itemBorder(scanner: Scanner, event: EventScanner, from: number, isArray: boolean): number {
  const { bytes, lines } = scanner;
  const lineEnd = lines ? bytes.indexOf(LINE_END, from) : -1;
  const end = lineEnd < 0 ? scanner.end : lineEnd;
  const behind = scanner.at(from) === BRACE ? new ValueSkipper().skip(bytes, from, end) : -1;
  if (behind > 0 && bytes[behind - 1] === BRACE_END) {
    const next = nextItem(scanner, scanner.space(behind));
    if (next > 0) return next;
  }
  let patience = PATIENCE * (end - from);
  for (let at = from; patience > 0 && (at = bytes.indexOf(BRACE, at)) >= 0 && at < end; at += 1) {
    if (at > from && !follows(bytes, at)) continue;
    const to = event.scan(scanner, false, at, false);
    patience -= (to < 0 ? scanner.failedAt : to) - at;
    if (to < 0 || event.refusal() !== '') continue;
    if (endsList(scanner, at, end, isArray)) return at;
    patience -= end - at;
  }
  return -1;
}

/** The `{` behind a comma, or the list's end; else -1. */
function nextItem(scanner: Scanner, pos: number): number {
  if (scanner.at(pos) === BRACKET_END) return pos;
  if (scanner.at(pos) !== COMMA) return -1;
  const item = scanner.space(pos + 1);
  return scanner.at(item) === BRACE ? item : -1;
}

/** Whether a comma or an opening bracket stands before, white space between. */
function follows(bytes: Buffer, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && bytes[before]! <= 32) before -= 1;
  return bytes[before] === COMMA || bytes[before] === BRACKET;
}

/** Whether brackets from there on close an array (and the object around it), and nothing but its line's end is behind. */
function endsList(scanner: Scanner, from: number, end: number, isArray: boolean): boolean {
  const { bytes } = scanner;
  let behind = new ValueSkipper(1).skip(bytes, from, end);
  if (behind < 0 || bytes[behind - 1] !== BRACKET_END) return false;
  if (!isArray) {
    behind = new ValueSkipper(1).skip(bytes, behind, end);
    if (behind < 0 || bytes[behind - 1] !== BRACE_END) return false;
  }
  const rest = scanner.space(behind);
  return (
    rest >= end || scanner.at(rest) === LINE_END || (!scanner.lines && bytes.subarray(behind, rest).includes(LINE_END))
  );
}
