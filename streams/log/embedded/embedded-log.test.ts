import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { memoryEngine, rocksdbEngine } from '#state-stores'
import { systemClock } from '../../clock.ts'
import { silentLogger } from '../../logger.ts'
import { noMetrics } from '../../metrics.ts'
import { logContract } from '../log-contract.ts'
import { type EmbeddedLog, openEmbeddedLog } from './embedded-log.ts'

const directory = mkdtempSync(join(tmpdir(), 'embedded-log-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

for (const engine of [memoryEngine(), rocksdbEngine()]) {
  let log: EmbeddedLog | undefined
  logContract(`embedded on ${engine.name}`, {
    open: async () => {
      log = await openEmbeddedLog({
        engine,
        directory: join(directory, engine.name),
        clock: systemClock,
        logger: silentLogger,
        metrics: noMetrics,
        maintenanceIntervalMs: 20,
      })
      return log
    },
    abilities: {
      refusesStaleMembersInTransactions: true,
      shortestSessionMs: 1_200,
      compactNow: async () => log?.maintain({ force: true }),
    },
  })
}
