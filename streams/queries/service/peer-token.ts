import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { StreamsError } from '../../errors.ts'
import type { QueryPrincipal } from './query-access.ts'

const SECRET_BYTES_MIN = 32

const Claims = z.strictObject({
  /** The address that it is meant for. */
  to: z.string().max(300),
  /** SHA-256 of path and body: it opens nothing else. */
  sha256: z.string().length(43),
  issuedMs: z.int(),
  expiresMs: z.int(),
  principal: z.strictObject({
    user: z.string().max(300),
    tenant: z.string().max(300),
    roles: z.array(z.string().max(100)).max(100),
    entitlements: z.array(z.string().max(300)).max(1_000),
  }),
})

export interface PeerRequest {
  /** host:port of the instance that is asked. */
  readonly to: string
  readonly path: string
  readonly body: string
}

/**
 * What one instance shows another: an HMAC over the caller on whose behalf it asks, the instance that it asks, the request and the time. It
 * holds for one request, for seconds. Who presents one is answered from local stores only, so no query is forwarded twice.
 */
export class PeerTokens {
  readonly #key: Buffer
  readonly #ttlMs: number

  /** @throws {StreamsError} STREAMS_INVALID_OPTION for a secret below 32 bytes */
  constructor(secret: string, ttlMs: number) {
    requireSecret(secret)
    this.#key = createHmac('sha256', secret).update('query peer token').digest()
    this.#ttlMs = ttlMs
  }

  sign(request: PeerRequest, principal: QueryPrincipal, nowMs: number): string {
    const { user, tenant, roles, entitlements } = principal
    const claims: z.input<typeof Claims> = {
      to: request.to,
      sha256: digestOf(request),
      issuedMs: Math.floor(nowMs),
      expiresMs: Math.floor(nowMs) + this.#ttlMs,
      principal: { user, tenant, roles: [...roles], entitlements: [...entitlements] },
    }
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url')
    return `${payload}.${this.#mac(payload).toString('base64url')}`
  }

  /** On whose behalf a peer asks; undefined for a token that is forged, expired, or meant for something else. */
  verify(token: string, request: PeerRequest, nowMs: number): QueryPrincipal | undefined {
    const [payload = '', mac = '', ...more] = token.split('.')
    const given = Buffer.from(mac, 'base64url')
    const expected = this.#mac(payload)
    if (more.length > 0 || given.length !== expected.length) return undefined
    if (!timingSafeEqual(given, expected)) return undefined
    const claims = Claims.safeParse(parsed(payload)).data
    if (claims === undefined) return undefined
    const { to, sha256, issuedMs, expiresMs, principal } = claims
    if (to !== request.to || sha256 !== digestOf(request)) return undefined
    if (expiresMs <= nowMs || issuedMs > nowMs + this.#ttlMs) return undefined
    return principal
  }

  #mac(payload: string): Buffer {
    return createHmac('sha256', this.#key).update(payload).digest()
  }
}

export function requireSecret(secret: string): void {
  if (Buffer.byteLength(secret) >= SECRET_BYTES_MIN) return
  throw new StreamsError(
    'STREAMS_INVALID_OPTION',
    `the secret that instances share has fewer than ${SECRET_BYTES_MIN} bytes`,
    {},
    'Give every instance the same random secret, for example of `openssl rand -hex 32`.',
  )
}

function digestOf({ path, body }: PeerRequest): string {
  return createHash('sha256').update(`${path}\n${body}`).digest('base64url')
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
