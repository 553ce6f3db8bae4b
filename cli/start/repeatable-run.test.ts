import { vi } from 'vitest'
import { repeatableRuns } from '../testing/repeatable-runs.ts'

vi.setConfig({ testTimeout: 600_000 })

repeatableRuns('the embedded log', {
  place: async (dataDir) => ({ dataDir }),
  ticks: 24_000,
  kills: Number(process.env['ORION_TEST_KILLS'] ?? 4),
})
