/** Longest URI that is read; the decoder cuts at less. */
const MAX_URI = 65_536;
/** Enough for any real request; each costs a decode. */
const MAX_PAIRS = 1_024;

const UTF8 = new TextDecoder('utf-8');

/**
 * The query of a request URI as the API server reads it (Go's rules): plus is a space, keys are decoded too, a pair with a
 * semicolon or a broken escape is left out. Only at the very end of the URI a cut escape is forgiven, as long URIs are cut.
 */
export function queryOf(uri: string, parameter?: string): readonly (readonly [key: string, value: string])[] {
  const start = uri.indexOf('?');
  if (start < 0) return [];
  const pairs: [string, string][] = [];
  const text = uri.slice(start + 1, MAX_URI).replace(/%[0-9A-Fa-f]?$/, '');
  for (const pair of text.split('&', MAX_PAIRS)) {
    if (pair === '' || pair.includes(';')) continue;
    const equals = pair.indexOf('=');
    const key = unescape(equals < 0 ? pair : pair.slice(0, equals), true);
    if (key === undefined || (parameter !== undefined && key !== parameter)) continue;
    const value = equals < 0 ? '' : unescape(pair.slice(equals + 1), true);
    if (value !== undefined) pairs.push([key, value]);
  }
  return pairs;
}

/** The decoded path of a request URI; escapes that are broken stay as they are. */
export function pathOf(uri: string): string {
  const end = uri.indexOf('?');
  const path = uri.slice(0, end < 0 ? MAX_URI : Math.min(end, MAX_URI));
  return unescape(path, false) ?? path;
}

/** The query's values of one parameter, in order. */
export function valuesOf(uri: string, parameter: string): readonly string[] {
  // Only an escape can hide a name.
  if (!uri.includes(parameter) && !uri.includes('%')) return [];
  return queryOf(uri, parameter).map(([, value]) => value);
}

function unescape(text: string, isQuery: boolean): string | undefined {
  const spaced = isQuery && text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  if (/%(?![0-9A-Fa-f]{2})/.test(spaced)) return undefined;
  // Runs of escapes are decoded together: one character may take several bytes.
  return spaced.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => {
    const bytes = new Uint8Array(run.length / 3);
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = Number.parseInt(run.slice(3 * i + 1, 3 * i + 3), 16);
    return UTF8.decode(bytes);
  });
}
