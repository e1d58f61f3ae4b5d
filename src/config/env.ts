import { parse } from 'yaml';
import { AppError } from '../model/index.ts';
import { yamlProblem } from './yaml-problem.ts';

const PREFIX = 'LAPWING_';
/** Variables with the prefix that are not settings. */
const OTHER = new Set(['LAPWING_CONFIG']);
/** What Kubernetes puts into every pod for a Service whose name begins with "lapwing". */
const SERVICE_LINK = /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;
const SERVICE_PORT = /^(tcp|udp|sctp):\/\//;

type Tree = { [key: string]: unknown };

/** A key under which any name may stand: sources and sinks. */
export const ANY_NAME = '*';
/** A leaf that takes text and nothing else: a variable's value is taken as it stands. */
export const PLAIN_TEXT = 'text';
/** A leaf that takes text or a mapping, as credentials do. */
export const TEXT_OR_MAPPING = 'text or mapping';

/**
 * Lays environment variables over a configuration: LAPWING_ and the path in capitals, words and levels joined by underscores
 * (LAPWING_SOURCES_AUDIT_LISTEN=127.0.0.1:9443, LAPWING_DETECTORS_FORBIDDEN_BURST_REFUSALS=8). Where a setting takes text the
 * value is that text, else it is YAML; an empty value is none. Names that exist are found whatever their dashes and capitals; a new
 * name is taken in lower case. Left alone are variables starting with LAPWING_TEST_, those that the configuration names as
 * credentials ({ env: LAPWING_TOKEN }), and those that Kubernetes sets for Services. Throws AppError `config`, never with a value.
 */
export function overlayEnvironment(base: Tree, env: NodeJS.ProcessEnv, known: Tree): Tree {
  const tree = structuredClone(base);
  const unknown: string[] = [];
  for (const [variable, value] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!variable.startsWith(PREFIX) || variable.startsWith('LAPWING_TEST_') || OTHER.has(variable) || !value) continue;
    const found = find(variable.slice(PREFIX.length), known, tree);
    if (found) put(tree, found.path, read(variable, value, found.takes));
    else if (!SERVICE_LINK.test(variable) && !(variable.endsWith('_PORT') && SERVICE_PORT.test(value)))
      unknown.push(variable);
  }
  const credentials = referencesIn(tree);
  const wrong = unknown.filter((variable) => !credentials.has(variable));
  if (wrong.length > 0)
    throw new AppError(
      'config',
      `environment variable ${wrong.join(', ')} names no setting; see config/README.md for those there are`,
    );
  return tree;
}

/** A setting's name as an environment variable spells it: dataDir → DATA_DIR, forbidden-burst → FORBIDDEN_BURST. */
export const spell = (key: string): string =>
  key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase();

function find(rest: string, known: unknown, present: unknown): { path: string[]; takes: unknown } | undefined {
  if (rest === '') return { path: [], takes: known };
  if (known === null || typeof known !== 'object') return undefined;
  const here = known as Tree;
  const there = (present ?? {}) as Tree;
  const any = here[ANY_NAME];
  const names = any === undefined ? Object.keys(here) : Object.keys(there);
  for (const name of names.sort((a, b) => b.length - a.length)) {
    const spelled = spell(name);
    if (rest !== spelled && !rest.startsWith(`${spelled}_`)) continue;
    const found = find(rest.slice(spelled.length + 1), any ?? here[name], there[name]);
    if (found) return { ...found, path: [name, ...found.path] };
  }
  if (any === undefined) return undefined;
  const [first = ''] = rest.split('_', 1);
  const found = find(rest.slice(first.length + 1), any, undefined);
  return found && { ...found, path: [first.toLowerCase(), ...found.path] };
}

function read(variable: string, value: string, takes: unknown): unknown {
  let parsed: unknown;
  try {
    parsed = parse(value, { maxAliasCount: 0, logLevel: 'error' });
  } catch (thrown) {
    if (takes === PLAIN_TEXT || takes === TEXT_OR_MAPPING) return value;
    throw new AppError('config', `environment variable ${variable} is not YAML: ${yamlProblem(thrown)}`);
  }
  // Plain text stays as it is written: YAML would cut it at " #" and make numbers of digits.
  if (typeof parsed === 'string') return /^\s*["']/.test(value) ? parsed : value;
  if (takes === PLAIN_TEXT) return value;
  return takes === TEXT_OR_MAPPING && !isReference(parsed) ? value : parsed;
}

const isReference = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && ('env' in value || 'file' in value);

/** The variables that credentials are read from. */
function referencesIn(value: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof value !== 'object' || value === null) return found;
  if (isReference(value) && typeof value['env'] === 'string') found.add(value['env']);
  for (const each of Object.values(value)) referencesIn(each, found);
  return found;
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
