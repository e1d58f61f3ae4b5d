import { redactArgs } from './redact-args.ts';
import { redactPlain } from './redact-plain.ts';
import { isSecretName, REDACTED } from './secret-names.ts';

/** Escapes within escapes deeper than this hide something. */
const LAYERS = 4;
/** Names that long may hide something themselves. */
const LONG = 24;

/** The parameters of a query, those that are credentials and credentials in commands replaced; however often they are escaped. */
export function redactQuery(query: string): string {
  const params = query.split('&');
  const args: string[] = [];
  const places: number[] = [];
  const clean = params.map((param, index) => {
    const equals = param.indexOf('=');
    if (equals < 0) return redactEscaped(param, true);
    const name = unescape(param.slice(0, equals), true);
    const value = param.slice(equals + 1);
    if (name === 'command' || name === 'cmd') {
      args.push(unescape(value, true));
      places.push(index);
      return param;
    }
    const head = (equals < LONG ? param.slice(0, equals) : redactEscaped(param.slice(0, equals), true)) + '=';
    return value !== '' && isSecretName(name) ? head + REDACTED : head + redactEscaped(value, true);
  });
  const cleanArgs = redactArgs(args, (arg) => redactEscaped(arg, false));
  places.forEach((place, index) => {
    if (cleanArgs[index] !== args[index])
      clean[place] = params[place]!.slice(0, params[place]!.indexOf('=') + 1) + escape(cleanArgs[index]!, true);
  });
  return clean.join('&');
}

/** A text with credentials replaced, also those that show once escapes are resolved. As it was where there are none. */
export function redactEscaped(raw: string, isQuery: boolean): string {
  let text = unescape(raw, isQuery);
  if (text === raw) return redactPlain(raw);
  let isChanged = false;
  for (let layer = 1; ; layer += 1) {
    const clean = redactPlain(text);
    if (clean !== text) isChanged = true;
    text = unescape(clean, false);
    if (text === clean) return isChanged ? escape(text, isQuery) : raw;
    if (layer >= LAYERS) return REDACTED;
  }
}

/** Percent-decoded, in a query with plus as a space; broken escapes as they stand. */
function unescape(raw: string, isQuery: boolean): string {
  const text = isQuery && raw.includes('+') ? raw.replaceAll('+', ' ') : raw;
  if (!text.includes('%')) return text;
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
}

/** `isQuery`: what has a meaning in a query is escaped, too. */
const escape = (text: string, isQuery: boolean): string => {
  const whole = text.replace(/\p{Surrogate}/gu, '\ufffd');
  const escaped = isQuery ? encodeURIComponent(whole) : encodeURI(whole);
  return escaped.replaceAll('%5Bredacted%5D', REDACTED);
};
