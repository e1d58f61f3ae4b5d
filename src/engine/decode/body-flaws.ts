import type { Flaw } from '../../model/index.ts';
import { largeAt, numberEnd, stringEnd } from './json-text.ts';
import { DEEPEST } from './read-body.ts';

/** The names met in an open object: none, one, or more; null for an array. */
type Names = Set<string> | string | undefined | null;

/**
 * What `readBody` does not tell of a JSON text: members given twice (whatever their spelling), values nested too deep, integers too
 * large, an end before the end. For people who look at one event: it costs as much as parsing and holds the names of all open objects.
 * Linear; never throws and never recurses, whatever the text.
 */
export function bodyFlaws(json: string): readonly Flaw[] {
  const flaws = new Set<Flaw>();
  const open: Names[] = [];
  /** A string that comes now is a member's name. */
  let isName = false;
  for (let at = 0, to; at < json.length; at = to) {
    const unit = json.charCodeAt(at);
    to = at + 1;
    if (unit === QUOTE) {
      to = stringEnd(json, at);
      if (to === json.length && !isClosed(json, at)) flaws.add('cut short');
      else if (isName && !flaws.has('duplicate keys')) {
        const level = open.length - 1;
        const more = withName(open[level], nameAt(json, at, to));
        if (more === null) flaws.add('duplicate keys');
        else open[level] = more;
      }
      isName = false;
    } else if (unit === BRACE || unit === BRACKET) {
      if (open.length === DEEPEST) flaws.add('nested too deep');
      isName = unit === BRACE;
      open.push(isName ? undefined : null);
    } else if (unit === BRACE + 2 || unit === BRACKET + 2) {
      open.pop();
      isName = false;
    } else if (unit === COMMA) isName = open.length > 0 && open.at(-1) !== null;
    else if (unit === MINUS || (unit >= ZERO && unit <= ZERO + 9)) {
      to = numberEnd(json, at);
      if (largeAt(json, at, to)) flaws.add('large number');
    }
  }
  if (open.length > 0) flaws.add('cut short');
  return [...flaws];
}

/** The names with one more, or null where it was among them. */
function withName(names: Names, name: string): Exclude<Names, undefined> {
  if (names === undefined || names === null) return name;
  if (typeof names === 'string') return names === name ? null : new Set([names, name]);
  return names.has(name) ? null : names.add(name);
}

function nameAt(json: string, from: number, to: number): string {
  const raw = json.slice(from + 1, to - 1);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}

/** Whether the string that runs to the text's end is closed there. */
function isClosed(json: string, at: number): boolean {
  let before = json.length - 2;
  while (before > at && json.charCodeAt(before) === BACKSLASH) before -= 1;
  return json.endsWith('"') && json.length - 1 > at && (json.length - before) % 2 === 0;
}

const [QUOTE, COMMA, MINUS, ZERO] = [34, 44, 45, 48] as readonly [number, number, number, number];
const [BRACKET, BACKSLASH, BRACE] = [91, 92, 123] as readonly [number, number, number];
