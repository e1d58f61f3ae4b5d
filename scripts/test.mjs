// `npm test`: builds what the tests of the command line run, runs everything that can run here, and says in plain lines what was
// skipped and why. Arguments go to vitest. With LAPWING_TEST_STRICT=1 a skipped test is a failure.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const strict = process.env.LAPWING_TEST_STRICT === '1';
const scratch = mkdtempSync(join(tmpdir(), 'lapwing-test-'));
const results = join(scratch, 'results.json');
const reasonsFile = join(scratch, 'reasons.json');

const read = (file, otherwise) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return otherwise;
  }
};

/** What each real server is called in a skipped suite's title (see test/support/services/describe.ts). */
const SERVERS = [
  ['kafka', 'a real Kafka broker'],
  ['elasticsearch', 'a real Elasticsearch'],
];

/** One line for each reason, with the number of tests that it cost. */
function skippedLines(report, reasons) {
  const counts = new Map();
  for (const file of report.testResults ?? []) {
    for (const test of file.assertionResults ?? []) {
      if (!['pending', 'skipped', 'todo'].includes(test.status)) continue;
      const title = test.ancestorTitles.join(' ');
      const server = SERVERS.find(([name, label]) => title.includes(`on ${label}`) && reasons[name]);
      const [, label] = server ?? [];
      const why = server
        ? `against ${label}: ${reasons[server[0]]}`
        : `in ${relative(root, file.name)} (the file says why)`;
      counts.set(why, (counts.get(why) ?? 0) + 1);
    }
  }
  return Array.from(counts, ([why, count]) => `skipped: ${count} ${count === 1 ? 'test' : 'tests'} ${why}`);
}

function main() {
  const build = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
  if (build.status !== 0) return build.status ?? 1;

  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const extra = process.argv.slice(2);
  const output = process.env.LAPWING_TEST_RESULTS ?? results;
  rmSync(output, { force: true });
  const run = spawnSync(
    process.execPath,
    [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${output}`, ...extra],
    { cwd: root, stdio: 'inherit', env: { ...process.env, LAPWING_TEST_REASONS: reasonsFile } },
  );
  const report = read(output, undefined);
  if (report === undefined) {
    console.log('no test was run: vitest left no result');
    return run.status || 1;
  }
  const lines = skippedLines(report, read(reasonsFile, {}));
  console.log(lines.length > 0 ? lines.join('\n') : 'skipped: nothing');
  if (strict && lines.length > 0) console.log('LAPWING_TEST_STRICT: a skipped test is a failure');
  return run.status || (strict && lines.length > 0 ? 1 : 0);
}

try {
  process.exitCode = main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
