import { join } from 'node:path'
import type { IdentityProvider } from '#gateway'
import { type ClickHouse, openClickHouse, startEmbeddedClickHouse } from '#sink'
import { type Logger, type Metrics, StreamsError, systemClock } from '#streams'
import type { Config } from '../config/options.ts'
import { systemRandom } from '../identity.ts'
import type { Closers } from './closers.ts'

export interface ClickHouseParts {
  readonly clickhouse: ClickHouse
  /** Of the embedded engine; undefined with a server. */
  readonly sqlPort: number | undefined
}

/** The ClickHouse server that the configuration names, else the embedded engine in a process of its own. */
export async function startClickHouse(
  config: Config,
  parts: {
    readonly identity: IdentityProvider | undefined
    readonly logger: Logger
    readonly metrics: Metrics
    readonly closers: Closers
  },
): Promise<ClickHouseParts> {
  const { identity, logger, metrics, closers } = parts
  if (config.clickhouse !== undefined) {
    const clickhouse = openClickHouse({ url: config.clickhouse })
    closers.add('clickhouse-client', () => clickhouse.close())
    return { clickhouse, sqlPort: undefined }
  }
  const serviceToken = Buffer.from(systemRandom.bytes(32)).toString('base64url')
  const engine = await startEmbeddedClickHouse({
    directory: join(config.dataDir, 'clickhouse'),
    host: config.host,
    port: config.sqlPort,
    jwks: { keys: [...(identity?.jwks().keys ?? [])] },
    serviceToken,
    revoked: identity?.revokedSessions() ?? [],
    logger: logger.child({ entity: 'clickhouse' }),
    clock: systemClock,
    metrics,
  }).catch((cause: unknown) => {
    throw portTaken(cause, config)
  })
  closers.add('clickhouse', () => engine.close())
  // Ended while the engine started.
  for (const session of identity?.revokedSessions() ?? []) engine.revoke(...session)
  const stopListening = identity?.onRevoked((sessionId, untilMs) =>
    engine.revoke(sessionId, untilMs),
  )
  if (stopListening !== undefined) closers.add('clickhouse-sessions', stopListening)
  const clickhouse = openClickHouse({ url: engine.url, serviceToken })
  closers.add('clickhouse-client', () => clickhouse.close())
  return { clickhouse, sqlPort: Number(new URL(engine.url).port) }
}

/** Which port is meant and how to choose another, the engine cannot know. */
function portTaken(cause: unknown, { host, sqlPort }: Config): unknown {
  if (!(cause instanceof StreamsError && cause.message.includes('EADDRINUSE'))) return cause
  return new StreamsError(
    'START_PORT_TAKEN',
    `another process listens on the SQL port ${host}:${sqlPort}`,
    {},
    'Give another --sql-port, or 0 for any free one',
    cause,
  )
}
