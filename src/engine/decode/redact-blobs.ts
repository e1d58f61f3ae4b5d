import { REDACTED } from './secret-names.ts';

/** Runs of base64 shorter than this are let be: names and words are as long. */
const SHORTEST = 40;
const RUN = /[\w+/-]{40,}={0,2}(?:(?:\r?\n|\\n)[ \t]{0,16}[\w+/-]{4,}={0,2})*/g;
/** Share of neighbours of different kinds from which on a run is no words: two thirds of random base64's differ. */
const RESTLESS = 0.4;
/** Bytes by which text is told from what is not. */
const TOLD = 64;
/** Random base64 that long has more than so many letters of each case; an escape such as %3D before a name makes no key of it. */
export const FEW = 4;

/** One for what may stand in base64: upper case 1, lower case 2, digits 3, the others 4. */
const KINDS = new Uint8Array(128);
for (let code = 48; code < 123; code += 1)
  if (code < 58) KINDS[code] = 3;
  else if (code > 64 && code < 91) KINDS[code] = 1;
  else if (code > 96) KINDS[code] = 2;
for (const each of '+/_-') KINDS[each.charCodeAt(0)] = 4;

/**
 * The text without long runs of base64 that hide something: text in which `look` changes something, compressed bytes (releases, applied
 * configurations), random bytes (keys). What decodes to harmless text stays, as do hashes, paths and certificates. Linear.
 */
export function withoutBlobs(text: string, look: (plain: string) => string): string {
  return text.replace(RUN, (run) => (isHiding(run, look) ? REDACTED : run));
}

/** Whether there is a run of mixed kinds at all: looks at every fortieth character only, until one is within a run. */
export function hasLongRun(text: string): boolean {
  for (let at = SHORTEST - 1, from = 0; at < text.length; at = from + SHORTEST - 1) {
    let start = at;
    while (start >= from && isOfRun(text.charCodeAt(start))) start -= 1;
    // Broken before it was long: the next may start behind the break.
    if (start >= from) {
      from = start + 1;
      continue;
    }
    let upper = 0;
    let end = from;
    for (; end < text.length && isOfRun(text.charCodeAt(end)); end += 1) if (isUpper(text.charCodeAt(end))) upper += 1;
    if (upper >= FEW) return true;
    from = end + 1;
  }
  return false;
}

const isUpper = (code: number): boolean => code > 64 && code < 91;
const isOfRun = (code: number): boolean => code < 128 && KINDS[code] !== 0;

function isHiding(run: string, look: (plain: string) => string): boolean {
  const restless = restlessness(run);
  if (restless === 0) return false;
  const bytes = Buffer.from(run.replaceAll('\\n', ''), 'base64');
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return true;
  if (!isText(bytes)) return restless >= RESTLESS;
  const plain = bytes.toString('utf8');
  return look(plain) !== plain;
}

/** The share of neighbours that are of different kinds; 0 where a kind is missing: hashes, numbers and names have one case. */
function restlessness(run: string): number {
  const seen = [0, 0, 0, 0, 0];
  let changes = 0;
  let before = 0;
  for (let at = 0; at < run.length; at += 1) {
    const kind = KINDS[run.charCodeAt(at)] ?? 0;
    if (kind !== before) changes += 1;
    before = kind;
    seen[kind]! += 1;
  }
  const [, upper, lower, digits] = seen;
  return upper! >= FEW && lower! >= FEW && digits! >= 1 ? changes / run.length : 0;
}

function isText(bytes: Buffer): boolean {
  const told = bytes.subarray(0, TOLD);
  return told.every((byte) => (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13);
}
