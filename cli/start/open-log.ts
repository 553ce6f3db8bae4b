import { join } from 'node:path'
import { rocksdbEngine } from '#state-stores'
import { type Clock, type Logger, type Metrics, systemClock } from '#streams'
import { type EmbeddedLog, type Log, openEmbeddedLog, openKafkaLog } from '#streams/log'

export interface LogLocation {
  readonly dataDir: string
  readonly brokers?: string | undefined
}

interface Ports {
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock?: Clock
  /** Ends the wait for brokers that do not answer. */
  readonly signal?: AbortSignal
}

/** The log that the configuration names: Kafka where brokers are given, else the embedded one in the data directory. */
export function openLog({ dataDir, brokers }: LogLocation, ports: Ports): Promise<Log> {
  if (brokers === undefined) return openOwnLog(dataDir, ports)
  const { logger, metrics, clock = systemClock, signal } = ports
  return openKafkaLog({
    brokers: brokers.split(','),
    clientId: 'orion',
    logger,
    metrics,
    clock,
    ...(signal === undefined ? {} : { signal }),
  })
}

/** The embedded log of a data directory. */
export function openOwnLog(
  dataDir: string,
  { logger, metrics, clock = systemClock }: Ports,
): Promise<EmbeddedLog> {
  return openEmbeddedLog({
    engine: rocksdbEngine(),
    directory: join(dataDir, 'log'),
    logger,
    metrics,
    clock,
  })
}
