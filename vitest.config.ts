import { configDefaults, defineConfig } from 'vitest/config'

// `npm test`: everything that needs no server. test/integration has its own config.
export default defineConfig({
  test: {
    include: ['test/{unit,contract,pipelines,architecture,simulation}/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/architecture/planted/**'],
    testTimeout: 30_000,
  },
})
