import type { Clock, Logger, Metrics } from '#streams'
import type { Log } from '#streams/log'
import type { Topics } from '#topics'
import type { BarSource } from './api/bar-source.ts'
import type { ReadinessCheck } from './api/operations-routes.ts'
import type { IdentityProvider } from './identity/identity-provider.ts'
import type { GatewayLimits } from './limits.ts'
import type { RandomSource } from './random-source.ts'
import type { DrawnTopology } from './views/topologies-view.ts'

export interface GatewayOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly log: Log
  readonly topics: Topics
  /** From `openIdentityProvider`; the gateway does not close it. */
  readonly identity: IdentityProvider
  /** `clickhouseBars(...)`. Without it `/market/bars` answers 503. */
  readonly bars?: BarSource
  /** Graphs of the topologies by name, in the order of the list. What runs is read from `ops.topologies`; without its graph it is shown as a table. */
  readonly graphs?: ReadonlyMap<string, DrawnTopology>
  /** Of a build of the dashboard. */
  readonly dashboardDirectory?: string
  readonly metricsText: () => Promise<string>
  /** Beside the gateway's own. */
  readonly checks?: readonly ReadinessCheck[]
  readonly limits?: Partial<GatewayLimits>
  readonly clock: Clock
  readonly random: RandomSource
  readonly logger: Logger
  readonly metrics: Metrics
}
