// The long runs: properties many thousands of times, the crash harness at length. `npm run nightly`; hours, not minutes.
//   LAPWING_NIGHTLY_RUNS (3000)  runs of each property        LAPWING_NIGHTLY_KILLS (100)  kills of each crash test
import { spawnSync } from 'node:child_process';

const runs = process.env.LAPWING_NIGHTLY_RUNS ?? '3000';
const kills = process.env.LAPWING_NIGHTLY_KILLS ?? '100';
const rounds = [
  [
    'properties',
    {
      LAPWING_TEST_PROPERTY_RUNS: runs,
      LAPWING_RUNS: runs,
      LAPWING_TEST_SEED: 'random',
      LAPWING_TEST_SERVICES: 'none',
    },
    ['test/determinism.test.ts', 'test/engine', 'test/store', 'test/sources'],
  ],
  [
    'crashes',
    { LAPWING_TEST_KILLS: kills, LAPWING_TEST_SERVICES: 'kafka' },
    ['test/integration/crash.test.ts', 'test/store/sqlite-processes.test.ts'],
  ],
];
let failed = 0;
for (const [name, env, files] of rounds) {
  console.log(
    `== ${name} (${Object.entries(env)
      .map(([key, value]) => `${key}=${value}`)
      .join(' ')})`,
  );
  const { status } = spawnSync('npx', ['vitest', 'run', '--testTimeout=7200000', ...files], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
