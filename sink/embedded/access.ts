import { createHash, timingSafeEqual } from 'node:crypto'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { z } from 'zod'
import type { AssetClass } from '#avro'
import { ClickHouseError } from './clickhouse-error.ts'
import type { RevokedSessions } from './revoked-sessions.ts'

/** Who asks: the platform itself (writes, sees all), or a user (reads, sees his tenant's rows). */
export type Caller =
  | { readonly kind: 'service' }
  | {
      readonly kind: 'user'
      readonly name: string
      readonly sessionId: string
      readonly rowScope: string
    }

export interface Credentials {
  /** Empty where the client sent none, as for a bearer token. */
  readonly user: string
  /** A JWT, or the service token. */
  readonly secret: string
}

/** Roles that may ask in SQL. SALES and CLIENT have screens and reports. */
const SQL_ROLES: ReadonlySet<string> = new Set([
  'ANALYST',
  'TRADER',
  'RISK',
  'COMPLIANCE',
  'ADMIN',
  'PLATFORM',
])
/** Roles that read the dead letters of shared market data beside their own tenant's. */
const PLATFORM_DEAD_LETTER_ROLES: ReadonlySet<string> = new Set(['ADMIN', 'PLATFORM'])
/**
 * Roles that read all RFQs, quotes, trades and figures of their own tenant. A trader sees those of his desk, through the API: here he would see
 * other desks'. PLATFORM runs the platform and reads no tenant's trading. Without such a role these tables are empty.
 */
const TRADING_ROLES: ReadonlySet<string> = new Set(['ANALYST', 'RISK', 'COMPLIANCE', 'ADMIN'])
/** In place of a tenant: no tenant's name begins like that, so no row passes. */
const NO_TENANT = '-'
/** A user who sees part of the market only is refused: rows carry no asset class that a row policy could go by. */
const WHOLE_MARKET: Readonly<Record<AssetClass, true>> = {
  UNKNOWN: true,
  FX: true,
  RATES: true,
  CREDIT: true,
  EQUITY: true,
  CRYPTO: true,
  COMMODITY: true,
}
/** Tenant of shared market data, which every tenant reads. */
const PLATFORM_TENANT = 'platform'
/** The scope is a list in a setting: a tenant's name must not contain its separators, or the service's `*`. */
const TENANT = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/u
/** User names that stand for "see the token", which is what clients send by default. */
const ANY_USER: ReadonlySet<string> = new Set(['', 'default', 'jwt', 'token'])
/** The row scope of the platform itself; no tenant's scope can be equal. */
export const SERVICE_ROW_SCOPE = '*'

export type Authenticate = (credentials: Credentials) => Promise<Caller>

/** What a token of a session that was ended is told. */
export function sessionEnded(): ClickHouseError {
  return new ClickHouseError(516, 'The session of this token has ended. Log in again')
}

/**
 * Checks credentials against the service token, the identity provider's public keys and the sessions that were ended.
 *
 * The row scope is `<tenants>;<tenants of dead letters>;<tenants of trading>`, comma-separated: the row policies read it (engine-config.ts).
 */
export function authenticator(options: {
  readonly jwks: JSONWebKeySet
  readonly serviceToken: string
  readonly issuer: string
  readonly audience: string
  readonly revoked: Pick<RevokedSessions, 'has'>
}): Authenticate {
  const keys = createLocalJWKSet(options.jwks)
  const expected = digest(options.serviceToken)
  return async ({ user, secret }) => {
    if (secret === '') {
      throw new ClickHouseError(194, 'Send an access token as the password or as the bearer token')
    }
    if (timingSafeEqual(digest(secret), expected)) return { kind: 'service' }
    const claims = await jwtVerify(secret, keys, {
      algorithms: ['ES256', 'EdDSA'],
      issuer: options.issuer,
      audience: options.audience,
      requiredClaims: ['exp', 'sub'],
    }).then(({ payload }) => payload, refuseToken)
    const { sub, tenant, roles, sid } = claims
    // One without a session could not be taken back.
    if (typeof sid !== 'string' || sid === '')
      throw new ClickHouseError(516, 'The token names no session')
    if (options.revoked.has(sid)) throw sessionEnded()
    if (typeof sub !== 'string' || typeof tenant !== 'string' || !TENANT.test(tenant)) {
      throw new ClickHouseError(516, 'The token names no user and tenant')
    }
    if (!ANY_USER.has(user) && user !== sub) {
      throw new ClickHouseError(
        516,
        `The token belongs to another user than ${JSON.stringify(user)}`,
      )
    }
    const held = Array.isArray(roles) ? roles : []
    if (!held.some((role) => SQL_ROLES.has(role))) {
      throw new ClickHouseError(
        497,
        `${sub} may not query: one of ${[...SQL_ROLES].join(', ')} is needed`,
      )
    }
    if (!seesWholeMarket(claims['entitlements'])) {
      throw new ClickHouseError(
        497,
        `${sub} may not query: it is entitled to part of the market, and SQL shows all of it. Use the API`,
      )
    }
    const shared = tenant === PLATFORM_TENANT ? tenant : `${tenant},${PLATFORM_TENANT}`
    const deadLetters = held.some((role) => PLATFORM_DEAD_LETTER_ROLES.has(role)) ? shared : tenant
    const trading = held.some((role) => TRADING_ROLES.has(role)) ? tenant : NO_TENANT
    return {
      kind: 'user',
      name: `${tenant}|${sub}`,
      sessionId: sid,
      rowScope: `${shared};${deadLetters};${trading}`,
    }
  }
}

const Entitlements = z.object({ assetClasses: z.array(z.string()) })

/** False without the claim, too. */
function seesWholeMarket(claim: unknown): boolean {
  const entitlements = Entitlements.safeParse(claim)
  if (!entitlements.success) return false
  const held = new Set(entitlements.data.assetClasses)
  return Object.keys(WHOLE_MARKET).every((assetClass) => held.has(assetClass))
}

function refuseToken(cause: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause)
  throw new ClickHouseError(516, `The token is not valid: ${why}. Log in again`)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
