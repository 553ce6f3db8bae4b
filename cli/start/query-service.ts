import { randomBytes } from 'node:crypto'
import type { IdentityProvider } from '#gateway'
import {
  createQueryServer,
  type Logger,
  type Metrics,
  type QueryServer,
  StreamsError,
  systemClock,
} from '#streams'
import type { Config } from '../config/options.ts'
import type { Closers } from './closers.ts'
import { queryAuthorizer } from './query-access.ts'

const SECRET_VARIABLE = 'ORION_QUERY_SECRET'

/** The port on which this instance answers queries of its stores; undefined unless it was asked for. @throws {StreamsError} QUERY_SECRET_MISSING */
export async function openQueryService(
  config: Config,
  parts: {
    readonly identity: IdentityProvider
    readonly environment: Readonly<Record<string, string | undefined>>
    readonly logger: Logger
    readonly metrics: Metrics
    readonly closers: Closers
  },
): Promise<QueryServer | undefined> {
  const { host, queryHost, queryPort } = config
  if (queryPort === undefined) return undefined
  const peerSecret = parts.environment[SECRET_VARIABLE]
  if (peerSecret === undefined || peerSecret === '') {
    throw new StreamsError(
      'QUERY_SECRET_MISSING',
      `--query-port needs a secret that all instances share, and ${SECRET_VARIABLE} is not set`,
      {},
      'Set it to the same random text on every instance, e.g. that of: openssl rand -hex 32',
    )
  }
  const server = await createQueryServer({
    host,
    port: queryPort,
    ...(queryHost === undefined ? {} : { advertisedHost: queryHost }),
    authorize: queryAuthorizer(parts.identity),
    peerSecret,
    random: randomBytes,
    logger: parts.logger.child({ entity: 'queries' }),
    metrics: parts.metrics,
    clock: systemClock,
  })
  parts.closers.add('queries', () => server.close())
  return server
}
