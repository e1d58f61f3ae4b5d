import { createHash } from 'node:crypto';
import { largeAt, numberEnd, stringEnd, valueEnd } from './json-text.ts';
import { redactText } from './redact.ts';

/** Objects and arrays that may stand within each other in a body; one more is told by a marker. */
export const DEEPEST = 64;
/** What markers of what is deeper say. */
export const TOO_DEEP = 'nested too deep';
/** From here on a number may stand for more than one integer. */
const LARGE = 2 ** 53;

/**
 * The value of a JSON text that the scanner has passed, as JSON.parse reads it (of members that are given twice the last one
 * counts), but for what would not come back: an integer that a number cannot hold is its digits as text, and an object or array
 * within 64 others is a marker with a hash of its redacted text. Linear, and of bounded stack whatever the depth. Throws SyntaxError
 * on what is no JSON.
 */
export function readBody(json: string): unknown {
  const value: unknown = JSON.parse(json);
  // Looking at what was read costs less than looking at the text first: hardly any is odd.
  return isOdd(value, 0) ? JSON.parse(tamed(json)) : value;
}

/** Whether something in it is nested too deep, or a number that may have lost digits. */
function isOdd(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return value >= LARGE || value <= -LARGE;
  if (typeof value !== 'object' || value === null) return false;
  if (depth >= DEEPEST) return true;
  if (Array.isArray(value)) {
    const list = value as readonly unknown[];
    for (let index = 0; index < list.length; index += 1) {
      const each = list[index];
      if (typeof each !== 'string' && isOdd(each, depth + 1)) return true;
    }
    return false;
  }
  const members = value as Readonly<Record<string, unknown>>;
  for (const name in members) {
    const each = members[name];
    if (typeof each !== 'string' && isOdd(each, depth + 1)) return true;
  }
  return false;
}

/** The text with quotes around integers that a number cannot hold, and markers in place of what is too deep. */
function tamed(json: string): string {
  const pieces: string[] = [];
  let kept = 0;
  let depth = 0;
  const { length } = json;
  for (let at = 0, to; at < length; at = to) {
    const unit = json.charCodeAt(at);
    to = at + 1;
    if (unit === QUOTE) to = stringEnd(json, at);
    else if (unit === BRACE || unit === BRACKET) {
      if (depth === DEEPEST) {
        to = valueEnd(json, at);
        pieces.push(json.slice(kept, at), '"', markerOf(json.slice(at, to)), '"');
        kept = to;
      } else depth += 1;
    } else if (unit === BRACE + 2 || unit === BRACKET + 2) depth -= 1;
    else if (unit === MINUS || (unit >= ZERO && unit <= ZERO + 9)) {
      to = numberEnd(json, at);
      if (largeAt(json, at, to)) {
        pieces.push(json.slice(kept, at), '"', json.slice(at, to), '"');
        kept = to;
      }
    }
  }
  pieces.push(json.slice(kept));
  return pieces.join('');
}

/**
 * Tells equal values from others. Redacted before it is hashed, so that nobody can guess at a secret by it; an escape may spell the
 * name that tells one.
 */
function markerOf(json: string): string {
  const plain = json.replace(/\\u00([2-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return `[${TOO_DEEP}: ${createHash('sha256').update(redactText(plain)).digest('hex').slice(0, 16)}]`;
}

const [QUOTE, MINUS, ZERO, BRACKET, BRACE] = [34, 45, 48, 91, 123] as readonly [number, number, number, number, number];
