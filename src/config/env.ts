import { parse } from 'yaml';
import { AppError, messageOf } from '../model/index.ts';

const PREFIX = 'LAPWING_';
/** Variables with the prefix that are not settings. */
const OTHER = new Set(['LAPWING_CONFIG']);

type Tree = { [key: string]: unknown };

/**
 * Lays environment variables over a configuration: LAPWING_ and the path in capitals, words and levels joined by underscores, the
 * value as YAML (LAPWING_SOURCES_AUDIT_LISTEN=127.0.0.1:9443, LAPWING_DETECTORS_FORBIDDEN_BURST_THRESHOLD=8). Names that exist
 * are found whatever their dashes and capitals; a new name is taken in lower case. Variables starting with LAPWING_TEST_ are not read.
 */
export function overlayEnvironment(base: Tree, env: NodeJS.ProcessEnv, known: Tree): Tree {
  const tree = structuredClone(base);
  for (const [variable, value] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!variable.startsWith(PREFIX) || variable.startsWith('LAPWING_TEST_') || OTHER.has(variable) || value === undefined) continue;
    const path = findPath(variable.slice(PREFIX.length), known, tree);
    if (path === undefined)
      throw new AppError('config', `environment variable ${variable} names no setting; see config/README.md for those there are`);
    let parsed: unknown;
    try {
      parsed = parse(value, { maxAliasCount: 0 });
    } catch (thrown) {
      throw new AppError('config', `environment variable ${variable} is not YAML: ${messageOf(thrown)}`);
    }
    // Plain text stays as it is written: YAML would cut it at " #".
    put(tree, path, typeof parsed === 'string' && !/^\s*["']/.test(value) ? value : parsed);
  }
  return tree;
}

/** A key under which any name may stand: sources and sinks. */
export const ANY_NAME = '*';

/** A setting's name as an environment variable spells it: dataDir → DATA_DIR, forbidden-burst → FORBIDDEN_BURST. */
export const spell = (key: string): string =>
  key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase();

function findPath(rest: string, known: unknown, present: unknown): string[] | undefined {
  if (rest === '') return [];
  if (known === null || typeof known !== 'object') return undefined;
  const here = known as Tree;
  const there = (present ?? {}) as Tree;
  const any = here[ANY_NAME];
  const names = any === undefined ? Object.keys(here) : Object.keys(there);
  for (const name of names.sort((a, b) => b.length - a.length)) {
    const spelled = spell(name);
    if (rest !== spelled && !rest.startsWith(`${spelled}_`)) continue;
    const found = findPath(rest.slice(spelled.length + 1), any ?? here[name], there[name]);
    if (found) return [name, ...found];
  }
  if (any === undefined) return undefined;
  const [first = ''] = rest.split('_', 1);
  const found = findPath(rest.slice(first.length + 1), any, undefined);
  return found && [first.toLowerCase(), ...found];
}

function put(tree: Tree, path: readonly string[], value: unknown): void {
  let node = tree;
  for (const key of path.slice(0, -1)) {
    const next = Object.hasOwn(node, key) ? node[key] : undefined;
    if (next === null || typeof next !== 'object') node[key] = {};
    node = node[key] as Tree;
  }
  node[path.at(-1)!] = value;
}
