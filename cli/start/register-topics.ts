import type { SchemaRegistry } from '#avro'
import { type Logger, RegistryWait, systemClock, systemTimers } from '#streams'
import { prepareTopics, type Topics } from '#topics'
import type { StopRequest } from './signals.ts'

const REGISTRY_AWAY_MS_MAX = 120_000

/**
 * Registers the schemas of all topics; a registry that does not answer is asked again for two minutes, or until the start is stopped.
 * @throws {StreamsError} AVRO_SCHEMA_INCOMPATIBLE, REGISTRY_UNAVAILABLE
 */
export async function registerTopics(
  topics: Topics,
  registry: SchemaRegistry,
  {
    logger,
    stop,
  }: { readonly logger: Logger; readonly stop: Pick<StopRequest, 'signal' | 'goOn'> },
): Promise<void> {
  const wait = new RegistryWait({ place: { entity: 'orion' }, logger, timers: systemTimers })
  const end = () => wait.end()
  stop.signal.addEventListener('abort', end, { once: true })
  const giveUpMs = systemClock.monotonicMs() + REGISTRY_AWAY_MS_MAX
  try {
    await wait.call(
      () => prepareTopics(topics, registry),
      () => systemClock.monotonicMs() < giveUpMs,
    )
  } finally {
    stop.signal.removeEventListener('abort', end)
  }
  stop.goOn()
}
