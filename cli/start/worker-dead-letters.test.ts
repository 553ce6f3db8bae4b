import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { serveRegistry } from '#avro'
import { noMetrics, silentLogger } from '#streams'
import { newTopics, openTopics, prepareTopics } from '#topics'
import { loadConfig } from '../config/load-config.ts'
import { prometheusMetrics } from '../prometheus.ts'
import { Closers } from './closers.ts'
import { openOwnLog } from './open-log.ts'
import { openRegistry } from './open-registry.ts'
import { startStreamWorkers } from './stream-workers.ts'

vi.setConfig({ testTimeout: 120_000 })

test('what a worker thread cannot read is on the dead-letter topic, and the thread goes on', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'orion-worker-dead-letters-'))
  const closers = new Closers(silentLogger)
  try {
    const flags = { dataDir, threads: 2, topology: ['market-data'], logLevel: 'error' }
    const config = loadConfig({ flags, environment: {} })
    const log = await openOwnLog(dataDir, { logger: silentLogger, metrics: noMetrics })
    closers.add('log', () => log.close())
    const { registry, embedded, close } = openRegistry({ dataDir, registry: undefined })
    closers.add('registry', close)
    if (embedded === undefined) throw new Error('the registry is that of the data directory')
    const server = await serveRegistry(embedded, {
      host: '127.0.0.1',
      port: 0,
      logger: silentLogger,
    })
    closers.add('registry-server', () => server.close())
    const topics = openTopics({ env: config.env, registry })
    await prepareTopics(topics, registry)
    await log.admin.createTopics(newTopics(topics, { diskMaxBytes: config.diskMax }))

    const failures: string[] = []
    // The only instance: every task is the worker's.
    const workers = await startStreamWorkers(config, {
      registry: `http://127.0.0.1:${server.port}`,
      log,
      logger: silentLogger,
      metrics: prometheusMetrics({ ofProcess: false }),
      closers,
      onFailure: (worker) => failures.push(worker),
    })
    const { raw } = topics.marketdata
    const key = Buffer.from('platform|EURUSD.SIMFX')
    const producer = await log.createProducer({ clientId: 'test' })
    for (const value of ['no event', 'no event either']) {
      const record = { key, value: Buffer.from(value), timestampMs: 1_772_442_000_000 }
      await producer.send([{ topic: raw.name, partition: 0, records: [record] }])
      await vi.waitFor(async () => expect(await workers?.areCommitted()).toBe(true))
    }
    const letters = topics.dlq['market-data'].name
    const [description] = await log.admin.describeTopics([letters])
    const partitions = Array.from({ length: description?.partitions ?? 0 }, (_, partition) => ({
      topic: letters,
      partition,
    }))
    const reader = await log.createPartitionReader({ clientId: 'test' })
    await reader.assign(partitions.map((partition) => ({ ...partition, offset: 0 })))
    let records = 0
    await vi.waitFor(
      async () => {
        for (const batch of await reader.poll({ maxWaitMs: 100 })) records += batch.records.length
        expect([records, failures]).toEqual([2, []])
      },
      { timeout: 60_000 },
    )
  } finally {
    await closers.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
})
