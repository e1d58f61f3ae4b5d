// The long runs: properties many thousands of times, the crash harness at length. `npm run nightly`; hours, not minutes.
//   LAPWING_NIGHTLY_RUNS (3000)  runs of each property        LAPWING_NIGHTLY_KILLS (100)  kills of each crash test
//   LAPWING_NIGHTLY_DAYS (14)  of a busy cluster              LAPWING_NIGHTLY_CROWD (10000000)  identities around each attack
import { spawnSync } from 'node:child_process';

const runs = process.env.LAPWING_NIGHTLY_RUNS ?? '3000';
const kills = process.env.LAPWING_NIGHTLY_KILLS ?? '100';
const days = process.env.LAPWING_NIGHTLY_DAYS ?? '14';
const crowd = process.env.LAPWING_NIGHTLY_CROWD ?? '10000000';
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
  [
    'noise',
    {
      LAPWING_TEST_NOISE_DAYS: days,
      LAPWING_TEST_NOISE_SEED: String(Date.now() % 1_000_000),
      LAPWING_TEST_CROWD: crowd,
      LAPWING_TEST_SERVICES: 'none',
    },
    ['test/noise.test.ts', 'test/sequences.test.ts'],
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
