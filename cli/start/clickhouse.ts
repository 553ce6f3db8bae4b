import { join } from 'node:path'
import type { BarSource, IdentityProvider } from '#gateway'
import { type ClickHouse, openClickHouse, queryBars, startEmbeddedClickHouse } from '#sink'
import { type Logger, systemClock } from '#streams'
import type { Config } from '../config/options.ts'
import { systemRandom } from '../identity.ts'
import type { Closers } from './closers.ts'

export interface ClickHouseParts {
  readonly clickhouse: ClickHouse
  /** Of the embedded engine; undefined with a server. */
  readonly sqlPort: number | undefined
}

const INTERVAL_MS = { '1s': 1_000, '1m': 60_000, '1h': 3_600_000 } as const

/** The ClickHouse server that the configuration names, else the embedded engine in a process of its own. */
export async function startClickHouse(
  config: Config,
  parts: {
    readonly identity: IdentityProvider | undefined
    readonly logger: Logger
    readonly closers: Closers
  },
): Promise<ClickHouseParts> {
  const { identity, logger, closers } = parts
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
    logger: logger.child({ entity: 'clickhouse' }),
    clock: systemClock,
  })
  closers.add('clickhouse', () => engine.close())
  const clickhouse = openClickHouse({ url: engine.url, serviceToken })
  closers.add('clickhouse-client', () => clickhouse.close())
  return { clickhouse, sqlPort: Number(new URL(engine.url).port) }
}

/** Bars for the gateway: the caller's tenant and the market data that all share. */
export function barSource(clickhouse: ClickHouse): BarSource {
  return ({ tenant, instrumentId, interval, fromMs, toMs, limit }) =>
    queryBars(clickhouse, {
      tenants: [tenant, 'platform'],
      instrumentId,
      intervalMs: INTERVAL_MS[interval],
      fromMs: fromMs ?? 0,
      toMs,
      limit,
    })
}
