/** Longer patterns and names than these are no path that anybody reads. */
const MAX_LENGTH = 256;

/**
 * Whether a shell's pattern (* for any characters but a slash, ? for one) names this path. Bounded by the product of both lengths.
 */
export function matchesGlob(pattern: string, path: string): boolean {
  if (pattern.length > MAX_LENGTH || path.length > MAX_LENGTH) return false;
  let [p, t, star, mark] = [0, 0, -1, 0];
  while (t < path.length) {
    const char = pattern[p];
    if (char === '*') {
      star = p;
      mark = t;
      p += 1;
    } else if (char === path[t] || (char === '?' && path[t] !== '/')) {
      p += 1;
      t += 1;
    } else if (star >= 0 && path[mark] !== '/') {
      mark += 1;
      t = mark;
      p = star + 1;
    } else return false;
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}
