import { cut } from './raw-text.ts';
import { isSecretName, REDACTED } from './secret-names.ts';
import { Triggers } from './triggers.ts';

/** Whatever text a rule below could change has one of these in it: most texts are done after this one look. */
const NAMES = 'pass pwd secr toke key auth cred bear cook sign sig= jwt ://'.split(' ');
const STARTS =
  'eyJ AKIA ASIA AIza PRIV ghp_ gho_ ghu_ ghs_ ghr_ gith xoxa xoxb xoxe xoxp xoxr xoxs glpa sk- hvs. ya29 npm_'.split(
    ' ',
  );
const TOOLS = 'mysq mari mong sshp dock podm helm nerd cran skop rabb redi ldap curl wget'.split(' ');
const SUSPICIOUS = new Triggers([...NAMES, ...STARTS, ...TOOLS]);
const FORMED = new Triggers(STARTS);
const NAMED_SO = new Triggers(NAMES);
const RUN = new Triggers(TOOLS);
/** A query with any of these is taken apart. */
const TAKEN_APART = new Triggers(['comm', 'cmd', 'sig', 'auth']);

/** A value: quoted, else up to white space or what ends an argument, a parameter or a JSON member. Quotes may be left open. */
const VALUE = String.raw`(?:\\{0,4}(?:(")[^"]*"?|(')[^']*'?)|[^\s"'&,;]+)`;
/** Behind what a rule keeps: the value's own quotes, so that a second look finds the same value. */
const HIDDEN = `$1$2$3${REDACTED}$2$3`;

/** Credentials that are told by their own form. */
const FORMS: readonly RegExp[] = [
  /eyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g,
  /A[KS]IA[A-Z0-9]{16,}/g,
  /gh[pousr]_[A-Za-z0-9]{20,}/g,
  /github_pat_\w{20,}/g,
  /xox[abeprs]-[\w-]{10,}/g,
  /glpat-[\w-]{16,}/g,
  /AIza[\w-]{30,}/g,
  /sk-[\w-]{20,}/g,
  /hvs\.[\w-]{20,}/g,
  /ya29\.[\w-]{20,}/g,
  /npm_[A-Za-z0-9]{30,}/g,
];

const AUTHORIZATION = new RegExp(
  String.raw`(authorization\\{0,4}["']?\s{0,4}[:=]\s{0,4}\\{0,4}["']?)(?:(?:bearer|basic|digest|negotiate|token|apikey)\s{1,4})?[^\s"'&,;]+`,
  'gi',
);
const BEARER = /(\bbearer\s{1,4})[\w.~+/=-]{8,}/gi;
const NAMED = new RegExp(
  String.raw`((?:pass|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|shared[_-]?key|account[_-]?key|credential|cookie|signature|\bsig)[\w.-]{0,32}\\{0,4}["']?\s{0,2}[=:]\s{0,2})${VALUE}`,
  'gi',
);
const OPTION = new RegExp(
  String.raw`((?:^|\s)--?[\w-]{0,32}(?:password|passwd|passphrase|pass|pwd|secret|token|api-?key|access-?key|secret-?key|private-?key|credentials?)\s{1,4})(?!-)${VALUE}`,
  'gi',
);
const USER_INFO = /([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/@:"'?#]{0,256}:)[^\s/"']{1,512}@/gi;

/** Programs whose short options carry a password. */
const PROGRAMS: readonly (readonly [program: RegExp, option: RegExp])[] = [
  [/\b(?:mysql|mariadb)/i, new RegExp(String.raw`(\s-p)(?![\s-])${VALUE}`, 'g')],
  [
    /\b(?:sshpass|mongo|docker|podman|helm|nerdctl|crane|skopeo|rabbitmqadmin)/i,
    new RegExp(String.raw`(\s-p\s{0,2})(?![\s-])${VALUE}`, 'g'),
  ],
  [/\bredis/i, new RegExp(String.raw`(\s-a\s{0,2})(?![\s-])${VALUE}`, 'g')],
  [/\bldap/i, new RegExp(String.raw`(\s-w\s{0,2})(?![\s-])${VALUE}`, 'g')],
  [/\b(?:curl|wget)/i, /(\s(?:-u|--user|--proxy-user)[\s=]{0,2}["']?[^\s:"']{0,128}:)()()[^\s"']+/g],
];

/**
 * The text with credentials replaced by `[redacted]`: values behind names that say so, authorization headers, options of well-known
 * programs, user info in URLs, tokens and keys told by their form, and all that `redactUri` knows in a query within the text.
 * Idempotent; linear in the length of the text.
 */
export function redactText(text: string): string {
  const mayAsk = text.includes('?') && (TAKEN_APART.mayMeet(text) || text.includes('%'));
  return redactPlain(mayAsk ? text.replace(/\?[^\s"'<>]+/g, (query) => `?${redactQuery(query.slice(1))}`) : text);
}

function redactPlain(text: string): string {
  if (!SUSPICIOUS.mayMeet(text)) return text;
  let clean = text;
  if (FORMED.mayMeet(clean)) {
    if (clean.includes('PRIVATE')) clean = withoutPem(clean);
    for (const form of FORMS) clean = clean.replace(form, REDACTED);
  }
  // Every rule below looks for a name or an option, then one of these, then the value.
  if (!/[=:\s]/.test(clean)) return clean;
  if (NAMED_SO.mayMeet(clean)) {
    if (clean.includes('://')) clean = clean.replace(USER_INFO, `$1${REDACTED}@`);
    clean = clean.replace(AUTHORIZATION, `$1${REDACTED}`).replace(BEARER, `$1${REDACTED}`);
    if (/[=:]/.test(clean)) clean = clean.replace(NAMED, HIDDEN);
    if (clean.includes('-')) clean = clean.replace(OPTION, HIDDEN);
  }
  if (RUN.mayMeet(clean))
    for (const [program, option] of PROGRAMS) if (program.test(clean)) clean = clean.replace(option, HIDDEN);
  return clean;
}

/** A request's path and query, with the values of parameters that are credentials, and credentials in commands, replaced. */
export function redactUri(uri: string): string {
  const mark = uri.indexOf('?');
  if (mark < 0) return redactPlain(uri);
  const path = redactPlain(uri.slice(0, mark));
  const query = uri.slice(mark + 1);
  const isPlain = !/[%+]/.test(query) && !SUSPICIOUS.mayMeet(query) && !TAKEN_APART.mayMeet(query);
  return `${path}?${isPlain ? query : redactQuery(query)}`;
}

function redactQuery(query: string): string {
  const params = query.split('&');
  const args: string[] = [];
  const places: number[] = [];
  const clean = params.map((param, index) => {
    const equals = param.indexOf('=');
    if (equals < 0) return redactedPart(param);
    const name = decode(param.slice(0, equals));
    const value = param.slice(equals + 1);
    if (name === 'command' || name === 'cmd') {
      args.push(decode(value));
      places.push(index);
      return param;
    }
    const head = param.slice(0, equals + 1);
    return value !== '' && isSecretName(name) ? head + REDACTED : head + redactedPart(value);
  });
  const cleanArgs = redactArgs(args);
  places.forEach((place, index) => {
    if (cleanArgs[index] !== args[index])
      clean[place] = params[place]!.slice(0, params[place]!.indexOf('=') + 1) + encode(cleanArgs[index]!);
  });
  return clean.join('&');
}

/** The arguments of a command, one by one, with credentials replaced: also where an option and its value are two arguments. */
export function redactArgs(args: readonly string[]): readonly string[] {
  return args.map((arg, index) => {
    const before = args[index - 1] ?? '';
    if (/^--?[A-Za-z]/.test(before) && !before.includes('=') && isSecretName(before) && !arg.startsWith('-'))
      return REDACTED;
    if (arg.startsWith('-') || /^-[A-Za-z]$/.test(before)) {
      const program = args.slice(0, index).find((each) => PROGRAMS.some(([pattern]) => pattern.test(each)));
      if (program !== undefined) return redactedOption(program, before, arg);
    }
    return redactPlain(arg);
  });
}

/** Judges an argument together with its program and the option before it, as they would stand in one line. */
function redactedOption(program: string, before: string, arg: string): string {
  const head = `${program.slice(-64)} ${before.startsWith('-') ? before : ''} `;
  const known = PROGRAMS.find(([pattern]) => pattern.test(program));
  const [, option] = known!;
  // White space would end the value early: the whole rest of the argument is it.
  const line = head + arg.replace(/\s/g, '_');
  const clean = line.replace(option, HIDDEN);
  return clean === line ? redactPlain(arg) : clean.startsWith(head) ? clean.slice(head.length) : REDACTED;
}

/** Cut at that many characters; a replacement that would be cut in two goes as a whole. */
export function cutRedacted(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const short = cut(text, limit);
  const bracket = short.lastIndexOf('[');
  const torn = bracket > limit - REDACTED.length && REDACTED.startsWith(short.slice(bracket));
  return torn ? short.slice(0, bracket) : short;
}

function withoutPem(text: string): string {
  let clean = '';
  let from = 0;
  for (const start of text.matchAll(/-----BEGIN[ A-Z0-9]{0,40}PRIVATE KEY/g)) {
    if (start.index < from) continue;
    const foot = text.indexOf('-----END', start.index);
    const end = foot < 0 ? text.length : text.indexOf('-----', foot + 8);
    clean += text.slice(from, start.index) + REDACTED;
    from = end < 0 ? text.length : foot < 0 ? end : end + 5;
  }
  return clean + text.slice(from);
}

function redactedPart(raw: string): string {
  const plain = decode(raw);
  const clean = redactPlain(plain);
  return clean === plain ? raw : encode(clean);
}

/** Percent-decoded with plus as a space; as it stands where it is not well-formed. */
function decode(raw: string): string {
  if (!/[%+]/.test(raw)) return raw;
  try {
    return decodeURIComponent(raw.replaceAll('+', ' '));
  } catch {
    return raw;
  }
}

const encode = (text: string): string =>
  encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd')).replaceAll(encodeURIComponent(REDACTED), REDACTED);
