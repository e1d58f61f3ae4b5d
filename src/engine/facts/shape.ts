/** Total reads of hostile JSON: whatever stands there, the answer has the asked shape. */

export type JsonRecord = Readonly<Record<string, unknown>>;

/** The value where it is an object (not an array), else undefined. */
export const recordOf = (value: unknown): JsonRecord | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : undefined;

/** The value where it is an array, else an empty one. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The value where it is a string, else an empty one. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The strings of an array, others left out. */
export const textsOf = (value: unknown): readonly string[] =>
  listOf(value).filter((each): each is string => typeof each === 'string');

/** What stands under a chain of names, undefined where the chain breaks. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const name of path) here = recordOf(here)?.[name];
  return here;
}

/** Where an object is: its namespace (empty for cluster-wide kinds) and name. */
export const nameOf = (object: unknown): { readonly namespace: string; readonly name: string } => ({
  namespace: textOf(at(object, 'metadata', 'namespace')),
  name: textOf(at(object, 'metadata', 'name')),
});

/** Control, format and separator characters, and halves of surrogate pairs: what must not reach a terminal or a reader's eye. */
const UNREADABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The text with unreadable characters written as \u{..}, cut to a number of UTF-16 units (an ellipsis included). */
export function readable(text: string, limit: number): string {
  if (text.length <= limit && /^[ -~]*$/.test(text)) return text;
  // Cut first, so that a hostile megabyte costs nothing; escaping only makes longer.
  const clean = text.slice(0, limit + 1).replace(UNREADABLE, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
  if (clean.length <= limit) return clean;
  const end = limit - 1;
  const split = (clean.charCodeAt(end - 1) & 0xfc00) === 0xd800;
  return `${clean.slice(0, split ? end - 1 : end)}…`;
}
