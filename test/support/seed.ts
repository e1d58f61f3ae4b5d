import fc from 'fast-check';

// The same properties on every test run, so that a red test is a change's own doing; the nightly script rolls the dice.
const seed = process.env['LAPWING_TEST_SEED'] ?? '20261121';
if (seed !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
