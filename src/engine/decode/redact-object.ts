import type { ObjectRef } from '../../model/index.ts';
import { certificateMark } from './certificate-mark.ts';
import { redactArgs, redactText } from './redact.ts';
import { isLastApplied, isSecretName, LAST_APPLIED, REDACTED } from './secret-names.ts';

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

type Members = Record<string, unknown>;

/** Names by which a rule may go; the value of any other is only looked at by itself. */
const TELLING: ReadonlySet<string> = new Set([...DATA, ...TOKENS, ...BODIES, LAST_APPLIED, 'value']);

/**
 * Takes secret material out of a parsed request or response body, and changes the body itself for that: data of Secrets and ConfigMaps
 * (in lists and patches too), tokens, bodies of certificates (their id stays), env values, credentials in commands and in any text; and
 * managedFields. Gives it back as plain data with null prototypes; idempotent.
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
  if (!Array.isArray(value)) return cleanMembers(value as Members, hidden, name, depth);
  const list = value as unknown[];
  if (COMMANDS.has(name) && list.every((each) => typeof each === 'string')) return redactArgs(list);
  for (let index = 0; index < list.length; index += 1) list[index] = clean(list[index], hidden, name, depth + 1);
  return list;
}

function cleanMembers(given: Members, above: Hidden, list: string, depth: number): unknown {
  const members = bare(given);
  const hidden = hiddenIn(members, above);
  const patched = patchedPath(members);
  for (const name in members) {
    const value = members[name];
    let kept: unknown;
    if (TELLING.has(name)) kept = cleanTelling(name, value, hidden, patched, list, depth);
    else if (typeof value === 'string' && value !== '' && isSecretName(name)) kept = REDACTED;
    else kept = clean(value, hidden, name, depth + 1);
    // Tells a negative nought from nought, too: only the latter comes back out of JSON text.
    if (!Object.is(kept, value)) members[name] = kept;
  }
  return members;
}

/** The members themselves, or a copy where some of them go. Without a prototype no name means anything to JavaScript. */
function bare(given: Members): Members {
  if (!Object.hasOwn(given, 'managedFields')) return Object.setPrototypeOf(given, null) as Members;
  // Who owns which field: no content, and often half of the object.
  const members = Object.create(null) as Members;
  for (const name of Object.keys(given)) if (name !== 'managedFields') members[name] = given[name];
  return members;
}

function cleanTelling(
  name: string,
  value: unknown,
  hidden: Hidden,
  patched: readonly string[] | undefined,
  list: string,
  depth: number,
): unknown {
  if (hidden === BODIES && name === 'certificate') return certificateMark(value);
  if (hidden.has(name)) return mask(value);
  if (isLastApplied(name)) return REDACTED;
  if (name === 'value' && NAMED_VALUES.has(list) && value !== null) return REDACTED;
  if (name === 'value' && patched !== undefined) return cleanPatched(patched, value, hidden, depth);
  if (typeof value === 'string' && value !== '' && isSecretName(name)) return REDACTED;
  return clean(value, hidden, name, depth + 1);
}

function hiddenIn(members: Readonly<Members>, above: Hidden): Hidden {
  const { kind } = members;
  if (typeof kind !== 'string' || above === DATA) return above;
  if (SECRET_KINDS.test(kind)) return DATA;
  if (TOKEN_KINDS.test(kind)) return TOKENS;
  return CERTIFICATE_KINDS.test(kind) ? BODIES : above;
}

/** The path of a JSON patch operation as names, or undefined. */
function patchedPath(members: Readonly<Members>): readonly string[] | undefined {
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
