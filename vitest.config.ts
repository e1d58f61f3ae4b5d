import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Two cores: two forks keep the real servers of the integration tests responsive.
    pool: 'forks',
    maxWorkers: 2,
  },
});
