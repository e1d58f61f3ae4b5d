import { YAMLParseError } from 'yaml';

/** What is wrong with a YAML text and where, without a word of the text itself: it may hold credentials. */
export function yamlProblem(thrown: unknown): string {
  if (!(thrown instanceof YAMLParseError)) return 'it uses aliases that it must not';
  const { line, col } = thrown.linePos?.[0] ?? {};
  const where = line === undefined ? '' : `line ${line}, column ${col}: `;
  const what = PROBLEMS.get(thrown.code) ?? thrown.code.toLowerCase().replaceAll('_', ' ');
  return where + what;
}

const PROBLEMS: ReadonlyMap<string, string> = new Map([
  ['BAD_INDENT', 'wrong indentation, or a bracket that is not closed'],
  ['BLOCK_IN_FLOW', 'a colon or a dash inside { } or [ ] (put quotes around text that has them)'],
  ['DUPLICATE_KEY', 'a key that stands there twice'],
  ['MISSING_CHAR', 'a bracket, quote or comma is missing'],
  ['MULTILINE_IMPLICIT_KEY', 'a key that goes over a line end'],
  ['TAB_AS_INDENT', 'a tab as indentation'],
  ['UNEXPECTED_TOKEN', 'something that does not belong there'],
  ['BAD_ALIAS', 'an alias (*) of an anchor that is not there (put quotes around text that starts with *)'],
]);
