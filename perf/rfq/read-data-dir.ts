import { join } from 'node:path'
import { openEmbeddedRegistry } from '#avro'
import { rocksdbEngine } from '#state-stores'
import { noMetrics, systemClock } from '#streams'
import { openEmbeddedLog } from '#streams/log'
import { openTopics } from '#topics'
import { stderrLogger } from '../measuring/platform.ts'
import { type RfqOnLog, rfqsOnLog } from './verify-rfqs.ts'

/** What the log of a data directory says of RFQs; `orion start` on it has ended. */
export async function rfqsOfDataDir(directory: string): Promise<ReadonlyMap<string, RfqOnLog>> {
  const registry = openEmbeddedRegistry({ directory: join(directory, 'registry') })
  const log = await openEmbeddedLog({
    engine: rocksdbEngine(),
    directory: join(directory, 'log'),
    clock: systemClock,
    logger: stderrLogger(),
    metrics: noMetrics,
    maintenanceIntervalMs: 0,
  })
  try {
    const topics = openTopics({ env: 'dev', registry })
    for (const topic of [topics.rfq.lifecycle, topics.execution.trades])
      await topic.valueSerde.prepare?.(topic.name, 'value')
    return await rfqsOnLog(log, topics)
  } finally {
    await log.close()
    await registry.close()
  }
}
