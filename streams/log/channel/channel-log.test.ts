import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { afterAll } from 'vitest'
import { memoryEngine, rocksdbEngine } from '#state-stores'
import { systemClock } from '../../clock.ts'
import { silentLogger } from '../../logger.ts'
import { noMetrics } from '../../metrics.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../embedded/embedded-log.ts'
import { logContract } from '../log-contract.ts'
import { openChannelLog } from './channel-log.ts'
import { serveLog } from './serve-log.ts'

const directory = mkdtempSync(join(tmpdir(), 'channel-log-'))
const opened: EmbeddedLog[] = []
afterAll(async () => {
  for (const log of opened) await log.close()
  rmSync(directory, { recursive: true, force: true })
})

for (const engine of [memoryEngine(), rocksdbEngine()]) {
  let log: EmbeddedLog | undefined
  logContract(`embedded on ${engine.name}, over a channel`, {
    open: async () => {
      log = await openEmbeddedLog({
        engine,
        directory: join(directory, engine.name),
        clock: systemClock,
        logger: silentLogger,
        metrics: noMetrics,
        maintenanceIntervalMs: 20,
      })
      opened.push(log)
      const { port1, port2 } = new MessageChannel()
      serveLog(log, port1, { logger: silentLogger })
      return openChannelLog(port2)
    },
    abilities: {
      refusesStaleMembersInTransactions: true,
      shortestSessionMs: 1_200,
      compactNow: async () => log?.maintain({ force: true }),
    },
  })
}
