import { REDACTED } from './secret-names.ts';

/**
 * A value: quoted (with whatever is escaped in it, and in a shell joined to it), else up to white space or what ends an argument, a
 * parameter or a JSON member. Quotes may be left open. Five groups, of which one may hold the quote.
 */
export const VALUE = String.raw`(?:\\(")(?:[^"\\]|\\{2,}"?|\\(?!["\\]))*\\?"?|\\{1,4}(?:(")[^"]*"?|(')[^']*'?)|(")(?:[^"\\]|\\[^])*"?|(')[^']*'?(?:\\''[^']*'?)*|[^\s"'&,;]+)`;

/** Behind what a rule keeps: the value's own quotes, so that a second look finds the same value. */
export const HIDDEN = `$1$2$3$4$5$6${REDACTED}$2$3$4$5$6`;
