type Members = Readonly<Record<string, unknown>>;

/** Names of a path that are told apart: no object nests deeper. */
const DEEPEST = 66;

/** The path of a JSON patch operation as names, or undefined. */
export function patchedPath({ op, path }: Members): readonly string[] | undefined {
  if (typeof op !== 'string' || typeof path !== 'string') return undefined;
  return path
    .split('/', DEEPEST)
    .slice(1)
    .map((each) => each.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What the value at the path would be called: an added element (".../env/-", ".../env/0") stands in the list before it. */
export function placeOf(path: readonly string[]): string {
  const last = path.at(-1) ?? '';
  return /^(?:-|\d+)$/.test(last) ? (path.at(-2) ?? '') : last;
}
