import type { AssetClass, Role } from '../protocol.ts'

/** Who a verified token says is calling, and what it may see. */
export interface Principal {
  readonly user: string
  readonly tenant: string
  /** Whose members share RFQs and trades; empty: none. */
  readonly desk: string
  readonly roles: readonly Role[]
  readonly assetClasses: readonly AssetClass[]
  /** Names the log-in: ending it ends every token that it gave. */
  readonly sessionId: string
  readonly tokenId: string
  readonly expiresAtMs: number
}

export function hasRole(principal: Principal, roles: readonly Role[]): boolean {
  return principal.roles.some((role) => roles.includes(role))
}

export function isEntitled(principal: Principal, assetClass: AssetClass): boolean {
  return principal.assetClasses.includes(assetClass)
}
