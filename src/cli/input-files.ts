import { accessSync, constants, statSync } from 'node:fs';
import { AppError } from '../model/index.ts';

/** Looks at what a command is asked to read, before anything starts. Throws AppError `usage` with every path that cannot be read. */
export function checkInputs(paths: readonly string[]): void {
  const problems = paths.flatMap((path) => problemOf(path) ?? []);
  if (paths.filter((path) => path === '-').length > 1) problems.push('- (standard input) can be read once only');
  if (problems.length > 0) throw new AppError('usage', problems.join('\n'));
}

function problemOf(path: string): string | undefined {
  if (path === '-') return undefined;
  if (path === '') return '"": not the name of a file';
  // A line of the message is a line of ours: what the path holds must not make another.
  const name = path.replaceAll('\n', String.raw`\n`);
  try {
    if (statSync(path).isDirectory()) return `${name}: a directory, not a file`;
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (thrown) {
    return `${name}: ${REASONS.get((thrown as NodeJS.ErrnoException).code ?? '') ?? 'cannot be read'}`;
  }
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file'],
  ['ENOTDIR', 'no such file'],
  ['EACCES', 'no permission to read it'],
  ['EPERM', 'no permission to read it'],
  ['ENAMETOOLONG', 'not the name of a file'],
]);
