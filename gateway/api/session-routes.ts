import { z } from 'zod'
import type { Clock } from '#streams'
import { ProblemError } from '../http/problem.ts'
import { publicRoute, type Route, userRoute } from '../http/route.ts'
import { RateLimiter } from '../http/token-bucket.ts'
import type { IdentityProvider } from '../identity/identity-provider.ts'
import type { GatewayLimits } from '../limits.ts'
import type { Me } from '../protocol.ts'
import {
  Jwks,
  Login,
  MeSchema,
  NameSchema,
  Refresh,
  RevokedSessions,
  SessionSchema,
} from './schemas.ts'

export function sessionRoutes(options: {
  readonly identity: IdentityProvider
  readonly limits: GatewayLimits
  readonly clock: Clock
}): readonly Route[] {
  const { clock, identity, limits } = options
  const attempts = new RateLimiter(
    { perS: limits.loginAttemptsPerS, burst: limits.loginAttemptsBurst },
    limits.clientsTrackedMax,
  )
  return [
    publicRoute({
      method: 'POST',
      path: '/api/v1/login',
      summary: 'Exchanges tenant, user and password for an access token and a refresh token.',
      tag: 'session',
      body: Login,
      response: SessionSchema,
      problems: {
        401: 'They do not match.',
        403: 'There are no demo users in this environment.',
        503: 'Too many log-ins at this moment.',
      },
      handle: ({ body, clientAddress, correlationId }) => {
        const waitMs = attempts.take(clientAddress, clock.monotonicMs())
        if (waitMs > 0)
          throw new ProblemError(429, 'rate-limited', 'Too many log-ins.', {
            retryAfterS: Math.ceil(waitMs / 1000),
          })
        return identity.login({ ...body, clientAddress, correlationId })
      },
    }),
    publicRoute({
      method: 'POST',
      path: '/api/v1/refresh',
      summary:
        'Exchanges a refresh token for a new pair. A refresh token used twice ends its session.',
      tag: 'session',
      body: Refresh,
      response: SessionSchema,
      problems: { 401: 'The session has ended.' },
      handle: ({ body, correlationId }) => identity.refresh(body.refreshToken, correlationId),
    }),
    userRoute({
      method: 'POST',
      path: '/api/v1/logout',
      summary: 'Ends the session: none of its tokens is taken any more.',
      tag: 'session',
      access: 'authenticated',
      handle: ({ correlationId }, principal) => identity.logout(principal, correlationId),
    }),
    userRoute({
      method: 'GET',
      path: '/api/v1/me',
      summary: 'Who the token says you are.',
      tag: 'session',
      access: 'authenticated',
      response: MeSchema,
      handle: (_, { user, tenant, desk, roles, assetClasses }): Me => ({
        user,
        tenant,
        desk,
        roles,
        entitlements: { assetClasses },
      }),
    }),
    userRoute({
      method: 'POST',
      path: '/api/v1/admin/users/{user}/revoke-sessions',
      summary: 'Ends every session of a user of your tenant.',
      tag: 'admin',
      access: ['ADMIN'],
      params: z.object({ user: NameSchema }),
      response: RevokedSessions,
      problems: { 404: 'There is no such user in your tenant.' },
      handle: async ({ params, correlationId }, { tenant, user: by }) => ({
        sessions: await identity.revokeUser(tenant, params.user, correlationId, by),
      }),
    }),
    publicRoute({
      method: 'GET',
      path: '/.well-known/jwks.json',
      summary: 'Public keys of the access tokens (RFC 7517).',
      tag: 'session',
      response: Jwks,
      handle: () => identity.jwks(),
    }),
  ]
}
