import { cut } from './raw-text.ts';
import { mayAskSecrets, redactPlain } from './redact-plain.ts';
import { redactEscaped, redactQuery } from './redact-query.ts';
import { REDACTED } from './secret-names.ts';
import { ROUNDS, settled } from './settled.ts';

/** No rule replaces a word that is shorter than any credential and in which nothing stands between a name and a value. */
const HARMLESS_LENGTH = 16;
const HARMLESS = /^[\w.*/-]*$/;
const isHarmless = (text: string): boolean => text.length < HARMLESS_LENGTH && HARMLESS.test(text);

export { redactArgs } from './redact-args.ts';
export { redactName } from './redact-plain.ts';

/**
 * The text with credentials replaced by `[redacted]`: values behind names that say so, authorization headers, options of well-known
 * programs, user info in URLs, tokens and keys told by their form (also within base64), long random text, refused values of secret
 * fields, data of manifests, and all that `redactUri` knows in a query within the text. Idempotent; linear in the length of the text.
 */
export const redactText = (text: string): string => (isHarmless(text) ? text : settled(text, onceOver));

function onceOver(text: string): string {
  let clean = text;
  if (clean.includes('?') && (clean.includes('=') || clean.includes('%')))
    clean = clean.replace(/\?[^\s"'<>]+/g, (query) => `?${redactQuery(query.slice(1))}`);
  if (clean.includes('%') && /%[0-9A-Fa-f]{2}/.test(clean))
    clean = clean.replace(/[^\s"<>?&]+/g, (word) => (word.includes('%') ? redactEscaped(word, false) : word));
  return redactPlain(clean);
}

/** A request's path and query, with the values of parameters that are credentials, and credentials in commands, replaced. */
export const redactUri = (uri: string): string => settled(uri, uriOnceOver);

function uriOnceOver(uri: string): string {
  const mark = uri.indexOf('?');
  if (mark < 0) return redactEscaped(uri, false);
  const path = redactEscaped(uri.slice(0, mark), false);
  const query = uri.slice(mark + 1);
  return `${path}?${mayAskSecrets(query) ? redactQuery(query) : query}`;
}

/** Cut at that many characters; a replacement that would be cut in two goes as a whole, and so does what a cut makes a secret of. `redact`
 * is what the text went through. */
export function cutRedacted(text: string, limit: number, redact: (text: string) => string = redactText): string {
  if (text.length <= limit) return text;
  let clean = text;
  for (let round = 0; round < ROUNDS; round += 1) {
    // Each round ends earlier than the one before, where that one was no end.
    const short = cut(clean, Math.max(0, limit - round));
    const bracket = short.lastIndexOf('[');
    const isTorn = bracket > short.length - REDACTED.length && REDACTED.startsWith(short.slice(bracket));
    const whole = isTorn ? short.slice(0, bracket) : short;
    clean = redact(whole);
    if (clean === whole) return whole;
  }
  return '';
}
