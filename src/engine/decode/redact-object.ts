import type { ObjectRef } from '../../model/index.ts';
import { certificateMark } from './certificate-mark.ts';
import { redactArgs, redactText } from './redact.ts';
import { isLastApplied, isSecretName, REDACTED } from './secret-names.ts';

/** Objects nested deeper than this end in a marker. */
const DEEPEST = 64;
const TOO_DEEP = '[nested too deep]';

const SECRET_KINDS = /^(?:Secret|ConfigMap)(?:List)?$/i;
const TOKEN_KINDS = /^(?:TokenRequest|TokenReview)$/i;
const CERTIFICATE_KINDS = /^CertificateSigningRequest(?:List)?$/i;
const SECRET_RESOURCES: ReadonlySet<string> = new Set(['secrets', 'configmaps']);
const DATA: ReadonlySet<string> = new Set(['data', 'stringData', 'binaryData']);
const TOKENS: ReadonlySet<string> = new Set(['token']);
const BODIES: ReadonlySet<string> = new Set(['request', 'certificate']);
/** Lists of name and value whose values are secret more often than not. */
const NAMED_VALUES: ReadonlySet<string> = new Set(['env', 'httpHeaders']);
const COMMANDS: ReadonlySet<string> = new Set(['command', 'args']);

/** Names whose values go, with all that is in them; what is secret in an object is secret in everything beneath. */
type Hidden = ReadonlySet<string>;
const NOTHING: Hidden = new Set();

type Members = Readonly<Record<string, unknown>>;

/**
 * A copy of a parsed request or response body without secret material: data of Secrets and ConfigMaps (in lists and patches too),
 * tokens, bodies of certificates (their id stays), env values, credentials in commands and in any text; without managedFields. Plain data with null
 * prototypes; idempotent.
 */
export function redactObject(body: unknown, ref: ObjectRef | undefined): unknown {
  let hidden = NOTHING;
  if (ref !== undefined) {
    if (SECRET_RESOURCES.has(ref.resource)) hidden = DATA;
    else if (ref.resource === 'tokenreviews' || ref.subresource === 'token') hidden = TOKENS;
    else if (ref.resource === 'certificatesigningrequests') hidden = BODIES;
  }
  return clean(body, hidden, '', 0);
}

/** `name`: of the member that the value is, or of the array's that it stands in. */
function clean(value: unknown, hidden: Hidden, name: string, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  // JSON has no such numbers: they come of too many digits, and would not come back.
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return TOO_DEEP;
  if (Array.isArray(value)) {
    if (COMMANDS.has(name) && value.every((each) => typeof each === 'string')) return redactArgs(value as string[]);
    return value.map((each) => clean(each, hidden, name, depth + 1));
  }
  return cleanMembers(value as Members, hidden, name, depth);
}

function cleanMembers(members: Members, above: Hidden, list: string, depth: number): unknown {
  const hidden = hiddenIn(members, above);
  const patched = patchedPath(members);
  const copy = Object.create(null) as Record<string, unknown>;
  for (const name of Object.keys(members)) {
    // Who owns which field: no content, and often half of the object.
    if (name === 'managedFields') continue;
    const value = members[name];
    if (hidden === BODIES && name === 'certificate') copy[name] = certificateMark(value);
    else if (hidden.has(name)) copy[name] = mask(value);
    else if (isLastApplied(name)) copy[name] = REDACTED;
    else if (name === 'value' && NAMED_VALUES.has(list) && value !== null) copy[name] = REDACTED;
    else if (name === 'value' && patched !== undefined) copy[name] = cleanPatched(patched, value, hidden, depth);
    else if (typeof value === 'string' && value !== '' && isSecretName(name)) copy[name] = REDACTED;
    else copy[name] = clean(value, hidden, name, depth + 1);
  }
  return copy;
}

function hiddenIn(members: Members, above: Hidden): Hidden {
  const { kind } = members;
  if (typeof kind !== 'string' || above === DATA) return above;
  if (SECRET_KINDS.test(kind)) return DATA;
  if (TOKEN_KINDS.test(kind)) return TOKENS;
  return CERTIFICATE_KINDS.test(kind) ? BODIES : above;
}

/** The path of a JSON patch operation as names, or undefined. */
function patchedPath(members: Members): readonly string[] | undefined {
  const { op, path } = members;
  if (typeof op !== 'string' || typeof path !== 'string') return undefined;
  return path
    .split('/', 66)
    .slice(1)
    .map((each) => each.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function cleanPatched(path: readonly string[], value: unknown, hidden: Hidden, depth: number): unknown {
  const last = path.at(-1) ?? '';
  if (path.some((name) => hidden.has(name) || isLastApplied(name))) return mask(value);
  if (last === 'value' && path.some((name) => NAMED_VALUES.has(name))) return REDACTED;
  if (typeof value === 'string' && value !== '' && isSecretName(last)) return REDACTED;
  // An added element (".../env/-", ".../env/0") stands in the list before it.
  const name = /^(?:-|\d+)$/.test(last) ? (path.at(-2) ?? '') : last;
  return clean(value, hidden, name, depth + 1);
}

/** Names stay, values go. */
function mask(value: unknown): unknown {
  if (value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) return REDACTED;
  const copy = Object.create(null) as Record<string, unknown>;
  for (const name of Object.keys(value)) copy[name] = (value as Members)[name] === null ? null : REDACTED;
  return copy;
}
