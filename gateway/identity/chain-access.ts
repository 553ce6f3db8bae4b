import { ProblemError } from '../http/problem.ts'
import type { AssetClass, Role } from '../protocol.ts'
import { hasRole, isEntitled, type Principal } from './principal.ts'

/** What decides who may see an RFQ, and all that follows from it. */
export interface ChainSubject {
  readonly requester: string
  readonly desk: string
  readonly assetClass: AssetClass
}

/** They see all RFQs and trades of their tenant in their asset classes. */
const SEE_TENANT = ['SALES', 'RISK', 'COMPLIANCE', 'ADMIN', 'ANALYST'] as const
/** Who has anything to see of RFQs and trades: everybody but those who run the platform. */
export const CHAIN_READERS = ['TRADER', 'CLIENT', ...SEE_TENANT] as const satisfies readonly Role[]

/** Of something of the caller's own tenant: whether it may see it. */
export function maySee(principal: Principal, subject: ChainSubject): boolean {
  if (!isEntitled(principal, subject.assetClass)) return false
  if (hasRole(principal, SEE_TENANT)) return true
  if (!hasRole(principal, CHAIN_READERS)) return false
  return subject.requester === principal.user || isOnDesk(principal, subject)
}

/** A trader of the desk that asked. */
export function isOnDesk(principal: Principal, { desk }: Pick<ChainSubject, 'desk'>): boolean {
  return desk !== '' && principal.desk === desk && hasRole(principal, ['TRADER'])
}

/** Callers with the same text see the same things of a tenant; undefined: nothing at all. */
export function audienceOf(principal: Principal): string | undefined {
  if (!hasRole(principal, CHAIN_READERS)) return undefined
  const classes = [...principal.assetClasses].sort().join(',')
  return hasRole(principal, SEE_TENANT)
    ? `tenant ${classes}`
    : `user ${JSON.stringify([principal.user, principal.desk, principal.roles])} ${classes}`
}

/** What the caller may not see is answered as what there is not. @throws {ProblemError} 404 */
export function visible<T extends ChainSubject>(
  principal: Principal,
  found: T | undefined,
  { kind, detail }: { readonly kind: string; readonly detail: string },
): T {
  if (found === undefined || !maySee(principal, found)) throw new ProblemError(404, kind, detail)
  return found
}
