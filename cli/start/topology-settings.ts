import { retryDelaysMs } from '#processors/settlement/settings'
import type { TopologySettings } from '#topologies'
import type { Config } from '../config/options.ts'

/** What the options choose of the topologies. */
export function topologySettings(config: Config): TopologySettings {
  return {
    settlement: {
      delayMs: config.settlementDelayMs,
      failureProbability: config.settlementFailureProbability,
      attemptsMax: config.settlementAttempts,
      retryDelaysMs: retryDelaysMs(config.settlementRetryMs),
      seed: config.settlementSeed,
    },
  }
}
