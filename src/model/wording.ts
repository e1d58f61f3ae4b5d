/** A name fit for a sentence: cut at 100 characters, never within a surrogate pair. */
export const clip = (text: string): string =>
  text.length > 100 ? `${text.slice(0, 99).replace(/[\uD800-\uDBFF]$/, '')}…` : text;

/** "1 secret", "2 secrets"; "100 or more secrets" where counting ends. */
export const counted = (count: number, what: string, most = Infinity): string =>
  `${count}${count >= most ? ' or more' : ''} ${what}${count === 1 ? '' : 's'}`;

/** The first few names, each clipped: "a, b and c", "a, b, c and more". */
export function listed(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most).map(clip);
  const last = names.length > most ? 'more' : (shown.pop() ?? '');
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
}

/** Parts as one sentence, absent ones left out. A part that opens with punctuation follows without a space. */
export const sentence = (...parts: readonly (string | false)[]): string =>
  `${parts.map((part, index) => (part && index > 0 && !/^[,;:]/.test(part) ? ` ${part}` : part || '')).join('')}.`;
