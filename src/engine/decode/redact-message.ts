import { isSecretField, REDACTED } from './secret-names.ts';

/** As the API server quotes a value that it refuses, behind the path of the field. */
const REFUSED = /(?:Invalid|Duplicate|Unsupported) value: /g;
/** A manifest in text: as JSON, as JSON within a string, as YAML. */
const MANIFEST = /(?:\b|\\n)kind\\{0,4}["']?\s{0,8}:\s{0,8}\\{0,4}["']?(?:Secret|ConfigMap|SealedSecret)(?![\w.-])/;
const DATA = /((?:\b|\\n)(?:data|stringData|binaryData|encryptedData)\\{0,4}["']?\s{0,8}:)[^]*/;
/** Longest path of a field. */
const PATH = 256;

/** The text without refused values of fields that hold secrets, and all that follows them: a value may hold any quotes. */
export function withoutRefused(text: string): string {
  if (!text.includes(' value: ')) return text;
  const isWhole = /\b(?:Secret|ConfigMap)s? \\{0,4}"[^"]{0,256}" is invalid/.test(text);
  for (const { index, 0: words } of text.matchAll(REFUSED)) {
    const [, path = ''] = /([^\s"(),]*): ?$/.exec(text.slice(Math.max(0, index - PATH), index)) ?? [];
    if (isWhole || path === '' || isSecretField(path)) return text.slice(0, index + words.length) + REDACTED;
  }
  return text;
}

/** The text without the data of a Secret or ConfigMap that is written down in it, and all that follows. */
export const withoutManifest = (text: string): string =>
  text.includes('kind') && MANIFEST.test(text) ? text.replace(DATA, `$1 ${REDACTED}`) : text;
