export { type BarQuery, type BarSource, clickhouseBars } from './api/bar-source.ts'
export type { CheckResult, ReadinessCheck } from './api/operations-routes.ts'
export { reconciliationCsv } from './api/reconciliation-csv.ts'
export { ReconciliationSchema } from './api/trade-schemas.ts'
export type { GatewayOptions } from './gateway-options.ts'
export {
  type IdentityOptions,
  type IdentityProvider,
  openIdentityProvider,
} from './identity/identity-provider.ts'
export type { Principal } from './identity/principal.ts'
export { GATEWAY_LIMITS, type GatewayLimits } from './limits.ts'
export type { RandomSource } from './random-source.ts'
export { type Gateway, startGateway } from './start-gateway.ts'
export type { DrawnTopology } from './views/topologies-view.ts'
