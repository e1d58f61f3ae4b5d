import { REDACTED } from './secret-names.ts';

/** What one rule replaces may be what another one looks for: so many rounds settle all but what is made to unsettle them. */
export const ROUNDS = 5;

/** The text after as many rounds of redaction as change something: a further one would change nothing. */
export function settled(text: string, round: (text: string) => string): string {
  let before = text;
  for (let count = 0; count < ROUNDS; count += 1) {
    const after = round(before);
    if (after === before) return after;
    before = after;
  }
  return REDACTED;
}
