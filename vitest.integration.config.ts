import { configDefaults, defineConfig } from 'vitest/config'

// `npm run test:integration`: real processes, real signals, and later real servers. One file at a time, since they share ports and cores.
export default defineConfig({
  test: {
    include: ['test/integration/**/*.test.ts'],
    exclude: configDefaults.exclude,
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 120_000,
    passWithNoTests: true,
  },
})
