import { join } from 'node:path'
import type { JWK } from 'jose'
import { type Clock, type Counter, type Logger, type Metrics, StreamsError } from '#streams'
import { ProblemError } from '../http/problem.ts'
import type { Session } from '../protocol.ts'
import { type RandomSource, randomId, randomSecret } from '../random-source.ts'
import { signAccessToken, verifyAccessToken } from './access-token.ts'
import { DEMO_USERS, type DemoUser } from './demo-users.ts'
import { LoginGuard } from './login-guard.ts'
import { generatePassword, hashPassword, type PasswordHash, passwordMatches } from './password.ts'
import type { Principal } from './principal.ts'
import { secretFile } from './secret-file.ts'
import { refreshHash, SessionTable, sameHash } from './session-table.ts'
import { openSigningKey, type SigningKey } from './signing-key.ts'

export interface IdentityOptions {
  readonly dataDirectory: string
  /** The demo users exist in `dev` only. */
  readonly env: string
  /** Else read from `<dataDirectory>/demo-password`, where one is generated at first use. */
  readonly demoPassword?: string
  /** Of access tokens; 15 min if not given. */
  readonly accessTokenTtlMs?: number
  /** From log-in to the last refresh; 12 h if not given. */
  readonly sessionTtlMs?: number
  readonly passwordChecksInFlightMax?: number
  readonly clock: Clock
  readonly random: RandomSource
  readonly logger: Logger
  readonly metrics: Metrics
}

export interface Attempt {
  readonly tenant: string
  readonly user: string
  readonly password: string
  readonly clientAddress: string
  readonly correlationId: string
}

type Outcome =
  | 'login'
  | 'login-refused'
  | 'login-locked'
  | 'refresh'
  | 'refresh-refused'
  | 'refresh-reused'
  | 'logout'
  | 'revoke'

const OUTCOMES: readonly Outcome[] = [
  'login',
  'login-refused',
  'login-locked',
  'refresh',
  'refresh-refused',
  'refresh-reused',
  'logout',
  'revoke',
]

/** Opens the embedded identity provider. @throws {StreamsError} IDENTITY_FILE_UNREADABLE */
export async function openIdentityProvider(options: IdentityOptions): Promise<IdentityProvider> {
  const key = await openSigningKey(options.dataDirectory)
  return new IdentityProvider(options, key)
}

/** Demo users, signed access tokens, rotating refresh tokens, and sessions that end at once. */
export class IdentityProvider {
  readonly #options: IdentityOptions
  readonly #key: SigningKey
  readonly #sessions: SessionTable
  readonly #guard: LoginGuard
  readonly #counters: ReadonlyMap<Outcome, Counter>
  readonly #onRevoked = new Set<(sessionId: string, untilMs: number) => void>()
  #passwordHash: Promise<PasswordHash> | undefined
  #passwordChecks = 0

  constructor(options: IdentityOptions, key: SigningKey) {
    this.#options = options
    this.#key = key
    this.#sessions = new SessionTable(
      join(options.dataDirectory, 'identity', 'sessions.json'),
      options.clock.nowMs(),
    )
    this.#guard = new LoginGuard(options.clock)
    this.#counters = new Map(
      OUTCOMES.map((outcome) => [
        outcome,
        options.metrics.counter(
          'orion_gateway_identity_total',
          'Log-ins, refreshes, log-outs and revocations by outcome.',
          { outcome },
        ),
      ]),
    )
    options.metrics.observe(
      'orion_gateway_sessions',
      'Log-ins that can be refreshed.',
      {},
      () => this.#sessions.size,
    )
  }

  /** @throws {ProblemError} 401, 403 outside of dev, 429 while locked, 503 while too many passwords are checked */
  async login(attempt: Attempt): Promise<Session> {
    this.#requireDev()
    const name = `${attempt.tenant}|${attempt.user}|${attempt.clientAddress}`
    const lockedForMs = this.#guard.lockedForMs(name)
    if (lockedForMs > 0) {
      this.#note('login-locked', attempt)
      throw new ProblemError(
        429,
        'login-locked',
        'Too many failed log-ins. Wait before the next.',
        {
          retryAfterS: Math.ceil(lockedForMs / 1000),
        },
      )
    }
    // The password is checked for unknown users, too: the time taken tells nothing.
    const right = await this.#checkPassword(attempt.password)
    const user = findDemoUser(attempt.tenant, attempt.user)
    if (!right || user === undefined) {
      this.#guard.failed(name)
      this.#note('login-refused', attempt)
      throw new ProblemError(401, 'invalid-credentials', 'Tenant, user and password do not match.')
    }
    this.#guard.succeeded(name)
    const session = await this.#startSession(user)
    this.#note('login', attempt)
    return session
  }

  /** Exchanges a refresh token for a new pair. One that was used before ends its session. @throws {ProblemError} 401 */
  async refresh(refreshToken: string, correlationId: string): Promise<Session> {
    const { clock } = this.#options
    const dot = refreshToken.indexOf('.')
    const row = this.#sessions.get(refreshToken.slice(0, Math.max(0, dot)))
    const user = row === undefined ? undefined : findDemoUser(row.tenant, row.user)
    if (row === undefined || user === undefined || row.endsAtMs <= clock.nowMs()) {
      this.#note('refresh-refused', { correlationId })
      throw new ProblemError(401, 'invalid-refresh-token', 'The session has ended. Log in again.')
    }
    const place = { tenant: row.tenant, user: row.user, correlationId }
    if (!sameHash(refreshHash(refreshToken.slice(dot + 1)), row.refreshHash)) {
      await this.#revoke(row.sessionId)
      this.#note('refresh-reused', place)
      throw new ProblemError(
        401,
        'refresh-token-reused',
        'This refresh token was used before: the session is ended. Log in again.',
      )
    }
    const session = await this.#continueSession(user, row.sessionId, row.endsAtMs)
    this.#note('refresh', place)
    return session
  }

  /** Ends the session of this token: none of its tokens is taken any more, from this moment on. */
  async logout(principal: Principal, correlationId: string): Promise<void> {
    await this.#revoke(principal.sessionId)
    this.#note('logout', { ...principal, correlationId })
  }

  /** Ends every session of a user that logged in here, in the name of the administrator `by`. Returns how many. @throws {ProblemError} 404 */
  async revokeUser(
    tenant: string,
    user: string,
    correlationId: string,
    by?: string,
  ): Promise<number> {
    const rows = this.#sessions.ofUser(tenant, user)
    if (rows.length === 0 && findDemoUser(tenant, user) === undefined)
      throw new ProblemError(404, 'unknown-user', 'There is no such user in your tenant.')
    await Promise.all(rows.map((row) => this.#revoke(row.sessionId)))
    this.#note('revoke', { tenant, user, correlationId, ...(by === undefined ? {} : { by }) })
    return rows.length
  }

  /** The caller that a token names; undefined if it is not valid, has expired or was revoked. */
  verify(token: string): Principal | undefined {
    const principal = verifyAccessToken(token, { key: this.#key, clock: this.#options.clock })
    return principal === undefined || this.isRevoked(principal.sessionId) ? undefined : principal
  }

  isRevoked(sessionId: string): boolean {
    return this.#sessions.isRevoked(sessionId)
  }

  /** Ended sessions and until when tokens of theirs are in date, in ms since 1970; those ended before this start, too. */
  revokedSessions(): readonly (readonly [sessionId: string, untilMs: number])[] {
    return this.#sessions.revoked()
  }

  /** Calls back at once when a session ends, with the time as of `revokedSessions`. Returns how to stop that. */
  onRevoked(listener: (sessionId: string, untilMs: number) => void): () => void {
    this.#onRevoked.add(listener)
    return () => this.#onRevoked.delete(listener)
  }

  /** An access token without a log-in, for the command line. @throws {StreamsError} IDENTITY_DEV_ONLY, IDENTITY_UNKNOWN_USER */
  async issueToken(name: { readonly user: string; readonly tenant: string }): Promise<string> {
    if (this.#options.env !== 'dev') {
      throw new StreamsError(
        'IDENTITY_DEV_ONLY',
        DEV_ONLY,
        {},
        'Start with --env dev, or ask the identity provider of this environment.',
      )
    }
    const user = findDemoUser(name.tenant, name.user)
    if (user === undefined) {
      throw new StreamsError(
        'IDENTITY_UNKNOWN_USER',
        `there is no user ${name.user} in tenant ${name.tenant}`,
        {},
        `Known users of demo and other: ${[...new Set(DEMO_USERS.map((known) => known.user))].join(', ')}.`,
      )
    }
    return this.#sign(this.#principal(user, randomId(this.#options.random)))
  }

  /** Public keys of the tokens (RFC 7517). */
  jwks(): { readonly keys: readonly JWK[] } {
    return { keys: [this.#key.publicJwk] }
  }

  /** Resolves when nothing is left to write. */
  close(): Promise<void> {
    return this.#sessions.save()
  }

  #requireDev(): void {
    if (this.#options.env !== 'dev') throw new ProblemError(403, 'no-demo-users', `${DEV_ONLY}.`)
  }

  async #checkPassword(password: string): Promise<boolean> {
    if (this.#passwordChecks >= (this.#options.passwordChecksInFlightMax ?? 4)) {
      throw new ProblemError(503, 'login-busy', 'Too many log-ins at this moment.', {
        retryAfterS: 1,
      })
    }
    this.#passwordChecks += 1
    try {
      this.#passwordHash ??= this.#hashDemoPassword()
      return await passwordMatches(password, await this.#passwordHash)
    } finally {
      this.#passwordChecks -= 1
    }
  }

  async #hashDemoPassword(): Promise<PasswordHash> {
    const { demoPassword, dataDirectory, random } = this.#options
    if (demoPassword !== undefined) return hashPassword(demoPassword, random)
    const path = join(dataDirectory, 'demo-password')
    const text = await secretFile(path, async () => `${generatePassword(random)}\n`)
    return hashPassword(text.trim(), random)
  }

  /** Makes the password file at start, so that it can be read before the first log-in. */
  async prepare(): Promise<void> {
    if (this.#options.env !== 'dev') return
    this.#passwordHash ??= this.#hashDemoPassword()
    await this.#passwordHash
  }

  #startSession(user: DemoUser): Promise<Session> {
    const { clock, random, sessionTtlMs = 43_200_000 } = this.#options
    return this.#continueSession(user, randomId(random), clock.nowMs() + sessionTtlMs)
  }

  async #continueSession(user: DemoUser, sessionId: string, endsAtMs: number): Promise<Session> {
    const secret = randomSecret(this.#options.random)
    const row = {
      sessionId,
      tenant: user.tenant,
      user: user.user,
      refreshHash: refreshHash(secret),
      endsAtMs,
    }
    const displaced = this.#sessions.put(row)
    if (displaced !== undefined) await this.#revoke(displaced.sessionId)
    await this.#sessions.save()
    const principal = this.#principal(user, sessionId, endsAtMs)
    return {
      accessToken: await this.#sign(principal),
      refreshToken: `${sessionId}.${secret}`,
      expiresAt: new Date(principal.expiresAtMs).toISOString(),
    }
  }

  #principal(user: DemoUser, sessionId: string, endsAtMs = Number.POSITIVE_INFINITY): Principal {
    const { clock, random } = this.#options
    const expiresAtMs = Math.min(endsAtMs, clock.nowMs() + this.#accessTtlMs)
    return {
      ...user,
      sessionId,
      tokenId: randomId(random),
      expiresAtMs: Math.floor(expiresAtMs / 1000) * 1000,
    }
  }

  #sign(principal: Principal): Promise<string> {
    return signAccessToken(principal, { key: this.#key, clock: this.#options.clock })
  }

  async #revoke(sessionId: string): Promise<void> {
    const nowMs = this.#options.clock.nowMs()
    const untilMs = nowMs + this.#accessTtlMs
    this.#sessions.revoke(sessionId, untilMs, nowMs)
    for (const listener of this.#onRevoked) listener(sessionId, untilMs)
    await this.#sessions.save()
  }

  get #accessTtlMs(): number {
    return this.#options.accessTokenTtlMs ?? 900_000
  }

  #note(
    outcome: Outcome,
    who: {
      readonly tenant?: string
      readonly user?: string
      readonly clientAddress?: string
      readonly correlationId: string
      /** The administrator that did it. */
      readonly by?: string
    },
  ): void {
    this.#counters.get(outcome)?.add(1)
    const { tenant, user, clientAddress, correlationId, by } = who
    const fields = {
      outcome,
      correlationId,
      ...(tenant === undefined ? {} : { tenantId: tenant }),
      ...(user === undefined ? {} : { user }),
      ...(clientAddress === undefined ? {} : { clientAddress }),
      ...(by === undefined ? {} : { by }),
    }
    if (WELL.has(outcome)) this.#options.logger.info(fields, `identity: ${outcome}`)
    else this.#options.logger.warn(fields, `identity: ${outcome}`)
  }
}

const WELL: ReadonlySet<Outcome> = new Set(['login', 'refresh', 'logout', 'revoke'])
const DEV_ONLY =
  'the demo users of the embedded identity provider exist in the environment dev only'

function findDemoUser(tenant: string, user: string): DemoUser | undefined {
  return DEMO_USERS.find((known) => known.tenant === tenant && known.user === user)
}
