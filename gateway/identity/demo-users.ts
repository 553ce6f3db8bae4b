import type { AssetClass, Role } from '../protocol.ts'
import { ASSET_CLASSES } from './roles.ts'

export interface DemoUser {
  readonly user: string
  readonly tenant: string
  readonly roles: readonly Role[]
  readonly assetClasses: readonly AssetClass[]
}

/** The demo users of both tenants. trader2 and client see part of the market only, so that entitlements have something to bite on. */
export const DEMO_USERS: readonly DemoUser[] = ['demo', 'other'].flatMap((tenant) => [
  { tenant, user: 'trader', roles: ['TRADER'], assetClasses: ASSET_CLASSES },
  { tenant, user: 'trader2', roles: ['TRADER'], assetClasses: ['FX', 'RATES'] },
  { tenant, user: 'sales', roles: ['SALES'], assetClasses: ASSET_CLASSES },
  { tenant, user: 'risk', roles: ['RISK'], assetClasses: ASSET_CLASSES },
  { tenant, user: 'quant', roles: ['ANALYST'], assetClasses: ASSET_CLASSES },
  { tenant, user: 'compliance', roles: ['COMPLIANCE'], assetClasses: ASSET_CLASSES },
  { tenant, user: 'admin', roles: ['ADMIN'], assetClasses: ASSET_CLASSES },
  { tenant, user: 'platform', roles: ['PLATFORM'], assetClasses: ASSET_CLASSES },
  { tenant, user: 'client', roles: ['CLIENT'], assetClasses: ['EQUITY'] },
])
