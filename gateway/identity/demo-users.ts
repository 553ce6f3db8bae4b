import type { AssetClass, Role } from '../protocol.ts'
import { ASSET_CLASSES } from './roles.ts'

export interface DemoUser {
  readonly user: string
  readonly tenant: string
  readonly desk: string
  readonly roles: readonly Role[]
  readonly assetClasses: readonly AssetClass[]
}

/** The demo users of both tenants. trader2 and client see part of the market only, so that entitlements have something to bite on. */
export const DEMO_USERS: readonly DemoUser[] = ['demo', 'other'].flatMap((tenant) => [
  { tenant, user: 'trader', desk: 'macro', roles: ['TRADER'], assetClasses: ASSET_CLASSES },
  { tenant, user: 'trader2', desk: 'macro', roles: ['TRADER'], assetClasses: ['FX', 'RATES'] },
  { tenant, user: 'sales', desk: 'sales', roles: ['SALES'], assetClasses: ASSET_CLASSES },
  { tenant, user: 'risk', desk: '', roles: ['RISK'], assetClasses: ASSET_CLASSES },
  { tenant, user: 'quant', desk: '', roles: ['ANALYST'], assetClasses: ASSET_CLASSES },
  { tenant, user: 'compliance', desk: '', roles: ['COMPLIANCE'], assetClasses: ASSET_CLASSES },
  { tenant, user: 'admin', desk: '', roles: ['ADMIN'], assetClasses: ASSET_CLASSES },
  { tenant, user: 'platform', desk: '', roles: ['PLATFORM'], assetClasses: ASSET_CLASSES },
  { tenant, user: 'client', desk: '', roles: ['CLIENT'], assetClasses: ['EQUITY'] },
])
