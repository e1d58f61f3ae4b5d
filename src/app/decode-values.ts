import { Scanner } from '../engine/decode/scanner.ts';

const [NEWLINE, OPEN_BRACE, OPEN_BRACKET] = [10, 123, 91] as const;

/**
 * Cuts a piece of a file into what is told as one record: a line, or a JSON value that runs over several. Follows the decoder's own
 * rule, so that each part decodes to what it does within the whole: values may run on over lines until one is broken; after that a line
 * is a line. Blank lines are passed over, and lines that the decoder gives up together with the one before.
 */
export function* valuesOf(bytes: Buffer): Generator<readonly [from: number, to: number]> {
  const scanner = new Scanner();
  scanner.reset(bytes);
  let isWhole = true;
  for (let from = startOf(bytes, 0); from < bytes.length;) {
    let to = endOfLine(bytes, from);
    let next = to;
    if (isWhole) {
      let end = scanner.value(from);
      if (end < 0 && scanner.lines && scanner.failure === 'not JSON' && bytes[scanner.failedAt] === NEWLINE) {
        scanner.lines = false;
        end = scanner.value(from);
      }
      isWhole = end >= 0 && isLast(scanner, end);
      if (isWhole) to = next = endOfLine(bytes, end);
      else if (!scanner.lines) {
        const isList = holdsList(bytes, from, end < 0 ? scanner.failedAt : end);
        next = isList ? bytes.length : nextObject(bytes, to);
        if (isList || runsOn(scanner, from)) to = next;
      }
    }
    yield [from, to];
    from = startOf(bytes, next);
  }
}

/** Whether a value goes on behind its line, as far as the line tells. */
function runsOn(scanner: Scanner, from: number): boolean {
  scanner.lines = true;
  return scanner.value(from) < 0 && scanner.failure === 'not JSON' && scanner.bytes[scanner.failedAt] === NEWLINE;
}

/** Behind white space, line ends and byte order marks. */
function startOf(bytes: Buffer, from: number): number {
  for (let at = from; ;) {
    const byte = bytes[at];
    const isLineStart = at === 0 || bytes[at - 1] === NEWLINE;
    if (byte === 32 || byte === NEWLINE || byte === 13 || byte === 9) at += 1;
    else if (byte === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf && isLineStart) at += 3;
    else return at;
  }
}

/** Behind the next line end. */
function endOfLine(bytes: Buffer, from: number): number {
  const newline = bytes.indexOf(NEWLINE, from);
  return newline < 0 ? bytes.length : newline + 1;
}

/** Whether a value that ends there is the last of its line. */
function isLast(scanner: Scanner, end: number): boolean {
  const behind = scanner.space(end);
  if (behind >= scanner.end || scanner.bytes[behind] === NEWLINE) return true;
  return !scanner.lines && scanner.bytes.subarray(end, behind).includes(NEWLINE);
}

/** Of a list the items before a break count, and those behind it may: that is the decoder's to say, within one record. */
const holdsList = (bytes: Buffer, from: number, at: number): boolean =>
  bytes[from] === OPEN_BRACKET || bytes.subarray(from, at).includes('"items"');

/** The first line from there on that opens an object: there the decoder goes on behind what is broken, once values ran over lines. */
function nextObject(bytes: Buffer, line: number): number {
  let next = line;
  while (next < bytes.length && bytes[next] !== OPEN_BRACE) next = endOfLine(bytes, next);
  return next;
}
