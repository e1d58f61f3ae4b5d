import type { ObjectRef } from '../../model/index.ts';
import { certificateMark } from './certificate-mark.ts';
import { patchedPath, placeOf } from './patched-path.ts';
import { DEEPEST, TOO_DEEP } from './read-body.ts';
import { redactArgs, redactName, redactText } from './redact.ts';
import { isLastApplied, isSecretName, REDACTED } from './secret-names.ts';

const SECRET_KINDS = /^(?:Secret|ConfigMap|SealedSecret)(?:List)?$/i;
const TOKEN_KINDS = /^(?:TokenRequest|TokenReview)$/i;
const CERTIFICATE_KINDS = /^CertificateSigningRequest(?:List)?$/i;
const SECRET_RESOURCES: ReadonlySet<string> = new Set(['secrets', 'configmaps', 'sealedsecrets']);
const DATA: ReadonlySet<string> = new Set(['data', 'stringData', 'binaryData', 'encryptedData']);
const TOKENS: ReadonlySet<string> = new Set(['token']);
const BODIES: ReadonlySet<string> = new Set(['request', 'certificate']);
/** Lists of name and value (or of NAME=value, or maps) whose values are secret more often than not. */
const NAMED_VALUES: ReadonlySet<string> = new Set(
  'env envs envVars extraEnv extraEnvs extraEnvVars environment environmentVariables httpHeaders'.split(' '),
);
const COMMANDS: ReadonlySet<string> = new Set(['command', 'args']);
/** Names that long may be a credential themselves. */
const LONG = 16;
/** Names that are known not to be: those of Kubernetes objects are few. */
const PLAIN = new Set<string>();
const [KEPT, LONGEST] = [4_096, 64] as const;

/** Names whose values go, with all that is in them; what is secret in an object is secret in everything beneath. */
type Hidden = ReadonlySet<string>;
const NOTHING: Hidden = new Set();

type Members = Record<string, unknown>;

/** Names by which a rule may go; the value of any other is only looked at by itself. */
const TELLING: ReadonlySet<string> = new Set([...DATA, ...TOKENS, ...BODIES, 'value']);

/**
 * Takes secret material out of a parsed request or response body, and changes the body itself for that: data of Secrets and ConfigMaps
 * (in lists and patches too), tokens, bodies of certificates (their id stays), env values, copies of applied objects, refused values,
 * credentials in commands, in any text and in JSON within text; and managedFields. Gives it back as plain data with null prototypes;
 * idempotent.
 */
export function redactObject(body: unknown, ref: ObjectRef | undefined): unknown {
  let hidden = NOTHING;
  if (ref !== undefined) {
    if (SECRET_RESOURCES.has(ref.resource)) hidden = DATA;
    else if (ref.resource === 'tokenreviews' || ref.subresource === 'token') hidden = TOKENS;
    else if (ref.resource === 'certificatesigningrequests') hidden = BODIES;
  }
  // A body that is no JSON (a patch as YAML) cannot be told apart.
  return typeof body === 'string' && hidden !== NOTHING && body !== '' ? REDACTED : clean(body, hidden, '', 0);
}

/** `name`: of the member that the value is, or of the array's that it stands in. */
function clean(value: unknown, hidden: Hidden, name: string, depth: number): unknown {
  if (typeof value === 'string') return cleanText(value, hidden, depth);
  // JSON has no such numbers: they come of too many digits, and would not come back.
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return `[${TOO_DEEP}]`;
  if (!Array.isArray(value)) return cleanMembers(value as Members, hidden, name, depth);
  const list = value as unknown[];
  const isOfTexts = list.length > 0 && typeof list[0] === 'string' && list.every((each) => typeof each === 'string');
  if (isOfTexts && name !== '') {
    // A strategic merge patch names a list behind a directive: "$setElementOrder/args".
    const plain = name.slice(name.lastIndexOf('/') + 1);
    if (COMMANDS.has(plain)) return redactArgs(list as string[], redactText);
    if (NAMED_VALUES.has(plain)) return (list as string[]).map((each) => each.replace(/=[^]+$/, `=${REDACTED}`));
    if (isSecretName(plain) && name === plain) return list.map(() => REDACTED);
  }
  for (let index = 0; index < list.length; index += 1) list[index] = clean(list[index], hidden, name, depth + 1);
  return list;
}

/** Objects are written down within texts: in annotations, in columns of tables. */
function cleanText(text: string, hidden: Hidden, depth: number): string {
  const first = text.charCodeAt(0);
  if ((first !== 123 && first !== 91) || text.length < LONG) return redactText(text);
  try {
    const body: unknown = JSON.parse(text);
    const plain = JSON.stringify(clean(JSON.parse(text), hidden, '', depth + 1));
    if (plain !== JSON.stringify(body)) return redactText(plain);
  } catch {
    // Not JSON, or too deep to be written again.
  }
  return redactText(text);
}

function cleanMembers(given: Members, above: Hidden, list: string, depth: number): unknown {
  const members = bare(given);
  const hidden = hiddenIn(members, above);
  const patched = patchedPath(members);
  const isAnnotations = list === 'annotations';
  const isNamed = NAMED_VALUES.has(list) && !members['name'];
  let isTold = false;
  for (const name in members) {
    const value = members[name];
    let kept: unknown;
    if (name.length >= LONG && !isPlainName(name)) isTold = true;
    if (TELLING.has(name)) kept = cleanTelling(name, members, hidden, patched, list, depth);
    else if (isAnnotations && isLastApplied(name)) kept = REDACTED;
    else if (typeof value === 'string' && value !== '' && (isNamed || isSecretName(name))) kept = REDACTED;
    else if (typeof value === 'number' && isSecretName(name)) kept = REDACTED;
    else kept = clean(value, hidden, name, depth + 1);
    // Tells a negative nought from nought, too: only the latter comes back out of JSON text.
    if (!Object.is(kept, value)) members[name] = kept;
  }
  return isTold ? renamed(members) : members;
}

/** The members themselves, or a copy where some of them go. Without a prototype no name means anything to JavaScript. */
function bare(given: Members): Members {
  if (!Object.hasOwn(given, 'managedFields')) return Object.setPrototypeOf(given, null) as Members;
  // Who owns which field: no content, and often half of the object.
  const members = Object.create(null) as Members;
  for (const name of Object.keys(given)) if (name !== 'managedFields') members[name] = given[name];
  return members;
}

/** Names are the sender's to choose, and may be credentials. */
function renamed(members: Members): Members {
  const copy = Object.create(null) as Members;
  for (const name of Object.keys(members)) copy[redactName(name)] = members[name];
  return copy;
}

function isPlainName(name: string): boolean {
  if (PLAIN.has(name)) return true;
  if (redactName(name) !== name) return false;
  if (name.length <= LONGEST) {
    if (PLAIN.size >= KEPT) PLAIN.clear();
    PLAIN.add(name);
  }
  return true;
}

function cleanTelling(
  name: string,
  members: Readonly<Members>,
  hidden: Hidden,
  patched: readonly string[] | undefined,
  list: string,
  depth: number,
): unknown {
  const value = members[name];
  if (hidden === BODIES && name === 'certificate') return certificateMark(value);
  if (hidden.has(name)) return mask(value);
  if (name === 'value' && value !== null && (NAMED_VALUES.has(list) || isNamedSecret(members))) return hide(value);
  if (name === 'value' && patched !== undefined) return cleanPatched(patched, value, hidden, depth);
  if (isLeaf(value) && (isSecretName(name) || (name === 'value' && isSecretName(list)))) return hide(value);
  return clean(value, hidden, name, depth + 1);
}

/** One of a list of parameters: {name: DB_PASSWORD, value: …}. */
const isNamedSecret = ({ name, key }: Readonly<Members>): boolean =>
  (typeof name === 'string' && isSecretName(name)) || (typeof key === 'string' && isSecretName(key));

const isLeaf = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number';

const hide = (value: unknown): unknown => (value === '' ? '' : REDACTED);

function hiddenIn(members: Readonly<Members>, above: Hidden): Hidden {
  const { kind } = members;
  if (typeof kind !== 'string' || above === DATA) return above;
  if (SECRET_KINDS.test(kind)) return DATA;
  if (TOKEN_KINDS.test(kind)) return TOKENS;
  return CERTIFICATE_KINDS.test(kind) ? BODIES : above;
}

function cleanPatched(path: readonly string[], value: unknown, hidden: Hidden, depth: number): unknown {
  const last = path.at(-1) ?? '';
  if (path.some((name) => hidden.has(name) || isLastApplied(name))) return mask(value);
  if (last === 'value' && path.some((name) => NAMED_VALUES.has(name))) return hide(value);
  if (isLeaf(value) && isSecretName(last)) return hide(value);
  return clean(value, hidden, placeOf(path), depth + 1);
}

/** Names stay, values go. */
function mask(value: unknown): unknown {
  if (value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) return REDACTED;
  const copy = Object.create(null) as Record<string, unknown>;
  for (const name of Object.keys(value)) copy[name] = (value as Members)[name] === null ? null : REDACTED;
  return copy;
}
