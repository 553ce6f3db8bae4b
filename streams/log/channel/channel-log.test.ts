import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import { afterAll } from 'vitest'
import { memoryEngine } from '#state-stores'
import { systemClock } from '../../clock.ts'
import { silentLogger } from '../../logger.ts'
import { noMetrics } from '../../metrics.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../embedded/embedded-log.ts'
import { logContract } from '../log-contract.ts'
import { openChannelLog } from './channel-log.ts'
import { serveLog } from './serve-log.ts'

const directory = mkdtempSync(join(tmpdir(), 'channel-log-'))
let log: EmbeddedLog | undefined
let worker: Worker | undefined

afterAll(async () => {
  await log?.close()
  await askWorker('close')
  await worker?.terminate()
  rmSync(directory, { recursive: true, force: true })
})

async function askWorker(wanted: 'compact' | 'close'): Promise<void> {
  if (worker === undefined) return
  worker.postMessage(wanted)
  const [answer] = await once(worker, 'message')
  if (answer !== wanted) throw new Error(String(answer))
}

const abilities = { refusesStaleMembersInTransactions: true, shortestSessionMs: 1_200 }

logContract('embedded in memory, over a channel', {
  open: async () => {
    log = await openEmbeddedLog({
      engine: memoryEngine(),
      directory: join(directory, 'memory'),
      clock: systemClock,
      logger: silentLogger,
      metrics: noMetrics,
      maintenanceIntervalMs: 20,
    })
    const { port1, port2 } = new MessageChannel()
    serveLog(log, port1, { logger: silentLogger })
    return openChannelLog(port2)
  },
  abilities: { ...abilities, compactNow: async () => log?.maintain({ force: true }) },
})

logContract('embedded on rocksdb, in another thread', {
  open: async () => {
    const { port1, port2 } = new MessageChannel()
    worker = new Worker(new URL('./fixtures/log-worker.ts', import.meta.url), {
      workerData: { directory: join(directory, 'rocksdb'), port: port1 },
      transferList: [port1],
    })
    return openChannelLog(port2)
  },
  abilities: { ...abilities, compactNow: () => askWorker('compact') },
})
