import type { AssetClass, Role } from '../protocol.ts'

export const ROLES = [
  'TRADER',
  'SALES',
  'RISK',
  'ANALYST',
  'ADMIN',
  'PLATFORM',
  'COMPLIANCE',
  'CLIENT',
] as const satisfies readonly Role[]

export const ASSET_CLASSES = [
  'UNKNOWN',
  'FX',
  'RATES',
  'CREDIT',
  'EQUITY',
  'CRYPTO',
  'COMMODITY',
] as const satisfies readonly AssetClass[]
