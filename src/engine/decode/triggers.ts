const LETTERS = 5;
const WINDOW = 4;
const STATES = 1 << (LETTERS * WINDOW);

/**
 * Tells in one pass, without a regular expression, that a text holds none of some words, whatever their case: windows of four
 * characters, five bits each, looked up in a table. It may say "perhaps" for a text without them, never "no" for one with them.
 */
export class Triggers {
  readonly #bits = new Int32Array(STATES >> 5);

  /** Words of three characters or more; one of three counts only where something follows it. */
  constructor(words: readonly string[]) {
    for (const word of words) {
      const tails = word.length >= WINDOW ? [0] : Array.from({ length: 1 << LETTERS }, (_, tail) => tail);
      for (const tail of tails) {
        let window = 0;
        for (let index = 0; index < WINDOW; index += 1)
          window = (window << LETTERS) | (index < word.length ? word.charCodeAt(index) & 31 : tail);
        this.#bits[window >> 5]! |= 1 << (window & 31);
      }
    }
  }

  mayMeet(text: string): boolean {
    const bits = this.#bits;
    let window = 0;
    for (let index = 0; index < text.length; index += 1) {
      window = ((window << LETTERS) | (text.charCodeAt(index) & 31)) & (STATES - 1);
      if ((bits[window >> 5]! & (1 << (window & 31))) !== 0 && index >= WINDOW - 1) return true;
    }
    return false;
  }

  /** -1 where a word may be in the text, else how many capitals are: no fewer than there are. */
  capitals(text: string): number {
    const bits = this.#bits;
    let window = 0;
    let capitals = 0;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      window = ((window << LETTERS) | (code & 31)) & (STATES - 1);
      // Some marks count as capitals, too.
      if ((code & 96) === 64) capitals += 1;
      if ((bits[window >> 5]! & (1 << (window & 31))) !== 0 && index >= WINDOW - 1) return -1;
    }
    return capitals;
  }
}
