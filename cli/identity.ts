import { randomBytes } from 'node:crypto'
import { type IdentityProvider, openIdentityProvider, type RandomSource } from '#gateway'
import { type Logger, type Metrics, noMetrics, silentLogger, systemClock } from '#streams'
import { requireInstallation } from './operator/installation.ts'

export const systemRandom: RandomSource = { bytes: (count) => randomBytes(count) }

/** The identity provider of a data directory, with the process's own clock and randomness. */
export function openIdentity(options: {
  readonly dataDir: string
  readonly env: string
  readonly demoPassword?: string
  readonly logger: Logger
  readonly metrics: Metrics
}): Promise<IdentityProvider> {
  const { dataDir, env, demoPassword, logger, metrics } = options
  return openIdentityProvider({
    dataDirectory: dataDir,
    env,
    ...(demoPassword === undefined ? {} : { demoPassword }),
    clock: systemClock,
    random: systemRandom,
    logger,
    metrics,
  })
}

/** A token for the command line, signed with the key in the data directory. */
export async function issueLocalToken({
  dataDir,
  env,
  user,
  tenant,
}: {
  readonly dataDir: string
  readonly env: string
  readonly user: string
  readonly tenant: string
}): Promise<string> {
  requireInstallation(dataDir)
  const identity = await openIdentity({ dataDir, env, logger: silentLogger, metrics: noMetrics })
  return identity.issueToken({ user, tenant })
}
