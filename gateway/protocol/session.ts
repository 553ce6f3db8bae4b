export type Role =
  | 'TRADER'
  | 'SALES'
  | 'RISK'
  | 'ANALYST'
  | 'ADMIN'
  | 'PLATFORM'
  | 'COMPLIANCE'
  | 'CLIENT'

export type AssetClass = 'UNKNOWN' | 'FX' | 'RATES' | 'CREDIT' | 'EQUITY' | 'CRYPTO' | 'COMMODITY'

export interface Session {
  readonly accessToken: string
  readonly refreshToken: string
  /** ISO 8601, of the access token. */
  readonly expiresAt: string
}

export interface Me {
  readonly user: string
  readonly tenant: string
  /** Empty: none. */
  readonly desk: string
  readonly roles: readonly Role[]
  readonly entitlements: { readonly assetClasses: readonly AssetClass[] }
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}
