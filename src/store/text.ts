/** What a database text cannot carry: NUL (the driver cuts there), lone surrogates (they all become U+FFFD), and our own mark. */
// oxlint-disable-next-line no-control-regex -- that is what it looks for
const UNSAFE = /^\uFFFF|[\u0000\uD800-\uDFFF]/u;
// oxlint-disable-next-line no-control-regex -- that is what it looks for
const UNSAFE_CHARACTERS = /[\u0000\uD800-\uDFFF]/gu;

/** The string as a database text. Different strings give different texts; ordinary ones are left as they are. */
export const toText = (value: string): string => (UNSAFE.test(value) ? `\uFFFF${JSON.stringify(value)}` : value);

/** The string that `toText` was given. */
export const fromText = (text: string): string =>
  text.charCodeAt(0) === 0xffff ? (JSON.parse(text.slice(1)) as string) : text;

/** The form in which texts are compared without regard to case. */
export const fold = (text: string): string => text.replace(UNSAFE_CHARACTERS, '\uFFFD').toLowerCase();
