import { startLpBots } from '#feeds'
import { type Logger, type Metrics, systemClock } from '#streams'
import type { Log } from '#streams/log'
import type { Topics } from '#topics'
import type { Config } from '../config/options.ts'
import type { Closers } from './closers.ts'

/** Response times and declines repeat from run to run unless --seed says otherwise: RFQs tell runs apart. */
const SEED_DEFAULT = 1

/** Bots of the liquidity providers, where this process brings in data and they are not switched off. */
export async function openLpBots(
  config: Config,
  {
    log,
    topics,
    logger,
    metrics,
    closers,
  }: {
    readonly log: Log
    readonly topics: Topics
    readonly logger: Logger
    readonly metrics: Metrics
    readonly closers: Closers
  },
): Promise<void> {
  if (config.lpBots === 'off' || (config.role !== 'all' && config.role !== 'feeds')) return
  const bots = await startLpBots({
    env: config.env,
    log,
    topics,
    seed: config.seed ?? SEED_DEFAULT,
    clock: systemClock,
    logger: logger.child({ entity: 'lp-bots' }),
    metrics,
  })
  closers.add('lp-bots', () => bots.close())
}
