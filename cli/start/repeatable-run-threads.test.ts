import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { repeatableRuns } from '../testing/repeatable-runs.ts'

vi.setConfig({ testTimeout: 600_000 })

/** Compared with runs of one thread: where a task runs makes no difference to what it writes. */
repeatableRuns('the embedded log, with a worker thread', {
  place: async (dataDir) => ({ dataDir }),
  ticks: 12_000,
  kills: 2,
  options: ['--threads', '2'],
  after: ({ dataDir }) => {
    const worker = join(dataDir, 'streams', 'workers', 'streams-worker-1')
    expect(existsSync(join(worker, 'orion-dev-snapshots', '0_3'))).toBe(true)
  },
})
