import type { IdentityProvider, Principal } from '#gateway'
import type { QueryAuthorizer } from '#streams'
import { PLATFORM_TENANT, parseRecordKey } from '#topics'

/** Who may look into stores at all: what lies there is for those who operate the platform. */
const ROLES: readonly Principal['roles'][number][] = ['ADMIN', 'PLATFORM']
const ASSET_CLASSES = ['FX', 'RATES', 'CREDIT', 'EQUITY', 'CRYPTO', 'COMMODITY']

/**
 * Access tokens as the gateway takes them. Keys begin with their tenant: a caller sees those of its own, and those of the platform if it is
 * entitled to every asset class, since a key does not tell its class. A key without a tenant is nobody's.
 */
export function queryAuthorizer(identity: Pick<IdentityProvider, 'verify'>): QueryAuthorizer {
  return {
    authenticate: (credential) => {
      const principal = identity.verify(credential)
      if (principal === undefined) return undefined
      const { user, tenant, roles, assetClasses: entitlements } = principal
      return { user, tenant, roles, entitlements }
    },
    mayRead: ({ tenant, roles, entitlements }, { key }) => {
      if (!ROLES.some((role) => roles.includes(role))) return false
      if (key === undefined) return true
      const owner = tenantOf(key)
      if (owner === PLATFORM_TENANT)
        return ASSET_CLASSES.every((assetClass) => entitlements.includes(assetClass))
      return owner !== undefined && owner === tenant
    },
  }
}

function tenantOf(key: unknown): string | undefined {
  if (typeof key !== 'string') return undefined
  try {
    return parseRecordKey(key).tenantId
  } catch {
    return undefined
  }
}
