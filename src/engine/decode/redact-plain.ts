import { FEW, hasLongRun, withoutBlobs } from './redact-blobs.ts';
import { mayHoldBootstrap, STARTS, withoutBootstrap, withoutForms } from './redact-forms.ts';
import { withoutManifest, withoutRefused } from './redact-message.ts';
import { PROGRAMS, TOOLS } from './redact-programs.ts';
import { HIDDEN, VALUE } from './redact-value.ts';
import { REDACTED } from './secret-names.ts';
import { settled } from './settled.ts';
import { Triggers } from './triggers.ts';

/** Whatever text a rule below could change has one of these in it: most texts are done after this one look. */
const NAMES = 'pass pwd secr toke key auth cred bear cook sign sig= jwt :// sess conn lue: iter fied'
  .split(' ')
  .concat(': Co', '"Con', '@tcp', '@uni');
const SUSPICIOUS = new Triggers([...NAMES, ...STARTS, ...TOOLS]);
const FORMED = new Triggers(STARTS);
const NAMED_SO = new Triggers(NAMES);
const RUN = new Triggers(TOOLS);

/** No credential is shorter. */
const SHORTEST = 16;

const NAME = String.raw`(?:pass|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|shared[_-]?key|account[_-]?key|client[_-]?key|(?:signing|encryption|master|storage|session|ssh|tls|auth)[_-]?key|credential|signature|session[_-]?id|connection[_-]?string|\bsig|jwt|["']auth(?=\\{0,4}["']))`;
/** Between a name and its value; in YAML a value may start on the next line. */
const IS = String.raw`\\{0,4}["']?\s{0,8}(?::=|=>|==?|:)(?:\s{0,4}[|>][+-]?(?=\s|\\{1,4}n))?(?:\s|\\{1,4}n){0,24}`;
const NAMED = new RegExp(String.raw`(${NAME}[\w.-]{0,32}${IS})${VALUE}`, 'gi');
const AUTHORIZATION = new RegExp(
  String.raw`(authorization\\{0,4}["']?\s{0,4}[:=]\s{0,4}\\{0,4}["']?)(?:digest\s[^\r\n]*|(?:(?:bearer|basic|negotiate|token|apikey)\s{1,4})?[^\s"'&,;]+(?:(?<==\\{0,4})"[^"]*"?)?)`,
  'gi',
);
const BEARER = /(\bbearer\s{1,4})[\w.~+/=-]{8,}/gi;
/** Each cookie of a request, and all of them: their names are anybody's. */
const COOKIE = /(cookie2?\\{0,4}["']?\s{0,4}(?:=>|[:=])\s{0,4}\\{0,4}["']?)[^\s"'\\][^\r\n"'\\]*/gi;
const OPTION = new RegExp(
  String.raw`((?:^|\s)--?[\w-]{0,32}(?:password|passwd|passphrase|pass|pwd|secret|token|api-?key|access-?key|secret-?key|private-?key|cookie|credentials?)\s{1,4})(?!-)${VALUE}`,
  'gi',
);
/** A setting's name and value as two words: "aws_secret_access_key wJalr…". */
const SETTING = new RegExp(
  String.raw`(\w_(?:key|token|password|secret)\s{1,4})(?=[^\s"'&,;]{0,64}\d)(?![^\s]{0,15}(?:\s|$))${VALUE}`,
  'gi',
);
const LITERAL = new RegExp(String.raw`(--from-literal[\s=]{1,4}\\{0,4}["']?[^\s="']{1,256}=)${VALUE}`, 'g');
/** As SQL has it. */
const IDENTIFIED = /(\b(?:identified(?:\s{1,4}with\s{1,4}\w{1,64})?\s{1,4}by|password)\s{1,4})'[^']*'?/gi;
const USER_INFO = /([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/@:"'?#]{0,256}:)[^\s/"']{1,512}@/gi;
/** A user name as long as a token is one. */
const USER_ALONE = /(:\/\/)[^\s/@:"'?#]{20,256}@/g;
/** As database drivers of Go have it: user:password@tcp(host). */
const DRIVER = /([\w.-]{0,64}:)[^\s/"'@]{1,256}@(?=(?:tcp|unix)\d?\()/g;

/** Words of a query that is to be taken apart, besides those above. */
const ASKING = new Triggers([...NAMES, ...STARTS, ...TOOLS, 'comm', 'cmd', 'sig']);

/** False for a query in which nothing is to be replaced: cheap, and true for few. */
export function mayAskSecrets(query: string): boolean {
  const capitals = ASKING.capitals(query);
  return capitals < 0 || (capitals >= FEW && hasLongRun(query)) || mayHoldBootstrap(query) || /[%+]/.test(query);
}

/** The text as it stands, its credentials replaced; no query in it is taken apart. Idempotent, linear. */
export const redactPlain = (text: string): string => settled(text, onceOver);

function onceOver(text: string): string {
  const capitals = SUSPICIOUS.capitals(text);
  const clean = withoutFormed(text, capitals);
  return capitals < 0 ? withoutTold(clean) : clean;
}

/** A name without what is a credential by its own form, however the name sounds. Idempotent, linear. */
export function redactName(name: string): string {
  return name.length < SHORTEST ? name : withoutFormed(name, SUSPICIOUS.capitals(name));
}

/** `capitals`: as SUSPICIOUS counts them. */
function withoutFormed(text: string, capitals: number): string {
  let clean = capitals < 0 && FORMED.mayMeet(text) ? withoutForms(text) : text;
  if (mayHoldBootstrap(clean)) clean = withoutBootstrap(clean);
  const mayHoldBlob = (capitals < 0 || capitals >= FEW) && hasLongRun(clean);
  return mayHoldBlob ? withoutBlobs(clean, redactPlain) : clean;
}

function withoutTold(text: string): string {
  let clean = NAMED_SO.mayMeet(text) ? withoutNamed(text) : text;
  if (RUN.mayMeet(clean))
    for (const [program, option] of PROGRAMS) if (program.test(clean)) clean = clean.replace(option, HIDDEN);
  return clean;
}

function withoutNamed(text: string): string {
  // Every rule here looks for a name or an option, then one of these, then the value.
  if (!/[=:\s]/.test(text)) return text;
  let clean = withoutManifest(text);
  if (clean.includes('://')) clean = clean.replace(USER_INFO, `$1${REDACTED}@`).replace(USER_ALONE, `$1${REDACTED}@`);
  clean = clean.replace(AUTHORIZATION, `$1${REDACTED}`).replace(BEARER, `$1${REDACTED}`);
  if (/[=:]/.test(clean)) clean = withoutRefused(clean.replace(COOKIE, `$1${REDACTED}`).replace(NAMED, HIDDEN));
  if (clean.includes('@')) clean = clean.replace(DRIVER, `$1${REDACTED}@`);
  if (clean.includes('_')) clean = clean.replace(SETTING, HIDDEN);
  if (clean.includes('-')) clean = clean.replace(OPTION, HIDDEN).replace(LITERAL, HIDDEN);
  return clean.includes("'") ? clean.replace(IDENTIFIED, `$1'${REDACTED}'`) : clean;
}
