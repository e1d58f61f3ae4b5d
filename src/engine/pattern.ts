/** Whether the whole text is one that the pattern means. */
export type Matches = (text: string) => boolean;

/** No name in Kubernetes is longer: a text beyond it is matched by nothing, so that no text makes the search long. */
const LONGEST = 1_024;

/** Compiles exact text, or text in which each `*` stands for any characters or none. Everything else stands for itself. */
export function compilePattern(pattern: string): Matches {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return (text) => text === pattern && text.length <= LONGEST;
  const least = pattern.length - rest.length - 1;
  return (text) => {
    if (text.length < least || text.length > LONGEST || !text.startsWith(head) || !text.endsWith(tail)) return false;
    const end = text.length - tail.length;
    let from = head.length;
    // Each piece at its first place: what is left over for the next ones is then the most.
    for (const piece of rest) {
      const at = text.indexOf(piece, from);
      if (at < 0 || at + piece.length > end) return false;
      from = at + piece.length;
    }
    return true;
  };
}
