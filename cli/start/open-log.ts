import { join } from 'node:path'
import { rocksdbEngine } from '#state-stores'
import { type Clock, type Logger, type Metrics, systemClock } from '#streams'
import { type Log, openEmbeddedLog, openKafkaLog } from '#streams/log'

export interface LogLocation {
  readonly dataDir: string
  readonly brokers?: string | undefined
}

/** The log that the configuration names: Kafka where brokers are given, else the embedded one in the data directory. */
export function openLog(
  { dataDir, brokers }: LogLocation,
  {
    logger,
    metrics,
    clock = systemClock,
  }: { readonly logger: Logger; readonly metrics: Metrics; readonly clock?: Clock },
): Promise<Log> {
  if (brokers !== undefined) {
    return openKafkaLog({ brokers: brokers.split(','), clientId: 'orion', logger, metrics, clock })
  }
  return openEmbeddedLog({
    engine: rocksdbEngine(),
    directory: join(dataDir, 'log'),
    logger,
    metrics,
    clock,
  })
}
