import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The tests and the script start in the project's root. */
const root = process.cwd();

const filesOf = (folder: string): readonly Buffer[] =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name }) => readFileSync(join(root, folder, name)));

/** Inputs to start from: hostile ones that were kept, every shape as it arrives, and lines of real logs. */
export const seeds = (): readonly Buffer[] => [
  ...filesOf('test/fixtures/hostile'),
  ...filesOf('samples/shapes').map((bytes) => bytes.subarray(0, 16_384)),
  ...['exec-tour', 'rbac-escalation'].flatMap((name) =>
    readFileSync(join(root, 'samples', `${name}.ndjson`), 'utf8')
      .split('\n')
      .filter((line, index) => line !== '' && index % 5 === 0)
      .map((line) => Buffer.from(line)),
  ),
];
