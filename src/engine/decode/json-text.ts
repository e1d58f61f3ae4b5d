const [QUOTE, BACKSLASH] = [34, 92] as readonly [number, number];
/** An integer of fewer digits is always told exactly. */
const DIGITS = 16;

/**
 * Where things end in JSON text that is known to be valid. Of text that is cut short, or is none, the answer is any place up to its
 * end.
 */

/** Behind the string whose opening quote is at `at`. */
export function stringEnd(json: string, at: number): number {
  for (let pos = at; ;) {
    pos = json.indexOf('"', pos + 1);
    if (pos < 0) return json.length;
    let before = pos - 1;
    while (json.charCodeAt(before) === BACKSLASH) before -= 1;
    // An even number of backslashes escape each other.
    if (((pos - before) & 1) === 1) return pos + 1;
  }
}

/** Behind the object or array whose bracket is at `at`. */
export function valueEnd(json: string, at: number): number {
  let depth = 0;
  for (let pos = at; pos < json.length; pos += 1) {
    const unit = json.charCodeAt(pos);
    if (unit === QUOTE) pos = stringEnd(json, pos) - 1;
    // { } [ ] are the only units that equal [ or ] without bit 5.
    else if ((unit & ~32) === 0x5b) depth += 1;
    else if ((unit & ~32) === 0x5d && (depth -= 1) === 0) return pos + 1;
  }
  return json.length;
}

/** Behind the number that starts at `at`. */
export function numberEnd(json: string, at: number): number {
  let pos = at + 1;
  while (NUMERIC.has(json.charCodeAt(pos))) pos += 1;
  return pos;
}
const NUMERIC: ReadonlySet<number> = new Set(Array.from('0123456789+-.eE', (each) => each.charCodeAt(0)));

/** Whether the number from `at` to `to` is an integer that reads as another one: then only its text tells it. */
export function largeAt(json: string, at: number, to: number): boolean {
  if (to - at < DIGITS) return false;
  const text = json.slice(at, to);
  // A number is given back in its shortest form, and must be the same one when that is read again.
  return /^-?\d+$/.test(text) && String(Number(text)) !== text;
}
