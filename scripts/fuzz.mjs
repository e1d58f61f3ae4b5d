// Tries the decoder on inputs made of real and hostile ones, led by what code they reach, for as long as one likes.
//   node scripts/fuzz.mjs [--minutes 15] [--seed N]
// A fault is kept as a file and can be had again by its seed; one that never ends stops the run a minute later, its batch is in a file. What is worth keeping goes to test/fixtures/hostile, where the tests try it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '15' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000_007}` },
  },
});
const root = join(import.meta.dirname, '..');
const work = mkdtempSync(join(tmpdir(), 'lapwing-fuzz-build-'));
const run = (command, args) =>
  spawnSync(command, args, { stdio: 'inherit', cwd: root, timeout: 60_000 * (Number(values.minutes) + 1) }).status ?? 1;
try {
  const project = join(work, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    outDir: join(work, 'dist'),
    rootDir: root,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  };
  const include = [join(root, 'src/engine'), join(root, 'src/model'), join(root, 'test/engine/decode/fuzz')];
  writeFileSync(project, JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include }));
  writeFileSync(join(work, 'package.json'), '{"type":"module"}');
  process.exitCode = run('npx', ['tsc', '-p', project]);
  if (process.exitCode === 0) {
    symlinkSync(join(root, 'node_modules'), join(work, 'node_modules'));
    console.log(
      `seed ${values.seed}: again with node scripts/fuzz.mjs --minutes ${values.minutes} --seed ${values.seed}`,
    );
    process.exitCode = run('node', [join(work, 'dist/test/engine/decode/fuzz/main.js'), values.minutes, values.seed]);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
