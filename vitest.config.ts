import { defineConfig } from 'vitest/config'
import LongestFirst from './scripts/longest-first.ts'

const IGNORED = ['**/node_modules/**', '**/dist/**', '**/.orion*/**']
const BROKER = '**/*.broker.test.ts'
const BROWSER = '**/*.browser.test.ts'

/** Three projects: what needs nothing, what needs a real Kafka broker, what needs a real browser. */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['**/*.test.ts'], exclude: [...IGNORED, BROKER, BROWSER] },
      },
      {
        extends: true,
        test: {
          name: 'broker',
          include: [BROKER],
          globalSetup: ['cli/kafka/vitest-global-setup.ts'],
          exclude: IGNORED,
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: [BROWSER],
          exclude: IGNORED,
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
