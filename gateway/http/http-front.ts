import type { HttpRequest, HttpResponse } from 'uWebSockets.js'
import type { Clock, Logger } from '#streams'
import type { IdentityProvider } from '../identity/identity-provider.ts'
import { hasRole } from '../identity/principal.ts'
import type { GatewayLimits } from '../limits.ts'
import { parseJsonBody, readBody } from './body.ts'
import { Exchange } from './exchange.ts'
import { type Incoming, readIncoming } from './incoming.ts'
import { ProblemError, toProblem } from './problem.ts'
import { KNOWN_METHODS, type RequestLog } from './request-log.ts'
import type { RequestMetrics } from './request-metrics.ts'
import { type Call, jsonReply, Reply, type Route } from './route.ts'
import type { Router } from './router.ts'
import type { StaticFiles } from './static-files.ts'
import { RateLimiter } from './token-bucket.ts'
import { NO_QUERY, readQuery, validate } from './validate.ts'

export interface HttpFrontOptions {
  readonly router: Router
  readonly staticFiles: StaticFiles | undefined
  readonly identity: IdentityProvider
  readonly limits: GatewayLimits
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: RequestMetrics
  readonly log: RequestLog
  readonly newId: () => string
}

/** Answers every request that is not a WebSocket: finds the route, checks rate, token, role and input, runs it in time, and never lets an error escape. */
export class HttpFront {
  readonly #options: HttpFrontOptions
  readonly #byClient: RateLimiter
  readonly #byUser: RateLimiter
  #inFlight = 0

  constructor(options: HttpFrontOptions) {
    this.#options = options
    const { limits } = options
    this.#byClient = new RateLimiter(
      { perS: limits.clientRequestsPerS, burst: limits.clientRequestsBurst },
      limits.clientsTrackedMax,
    )
    this.#byUser = new RateLimiter(
      { perS: limits.userRequestsPerS, burst: limits.userRequestsBurst },
      limits.clientsTrackedMax,
    )
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** The handler for uWebSockets. */
  handle(res: HttpResponse, req: HttpRequest): void {
    const incoming = readIncoming(res, req, this.#options.newId)
    const exchange = new Exchange(res, incoming)
    this.#inFlight += 1
    exchange.whenOver(() => {
      this.#inFlight -= 1
    })
    const match = this.#options.router.match(incoming.method, incoming.path)
    const route = match.kind === 'found' ? match.route : undefined
    // Reading has to begin before the first wait. Never settles when the client goes: the deadline does.
    const body = hasBody(incoming.method)
      ? readBody(res, this.#options.limits.bodyBytesMax)
      : undefined
    body?.catch(() => {})
    void this.#answer(exchange, route, async () => {
      const bytes = await body
      if (match.kind === 'found') return this.#call(match.route, match.params, exchange, bytes)
      this.#limitClient(incoming)
      if (match.kind === 'bad-path')
        throw new ProblemError(400, 'malformed-path', 'The path is not percent-encoded UTF-8.')
      if (match.kind === 'wrong-method') {
        throw new ProblemError(405, 'method-not-allowed', `Allowed: ${match.allow.join(', ')}.`, {
          headers: { allow: match.allow.join(', ') },
        })
      }
      if (incoming.path === '/stream') {
        throw new ProblemError(
          426,
          'upgrade-required',
          'This is a WebSocket: send an upgrade request.',
          {
            headers: { upgrade: 'websocket' },
          },
        )
      }
      return this.#file(incoming)
    })
  }

  async #answer(
    exchange: Exchange,
    route: Route | undefined,
    work: () => Promise<Reply>,
  ): Promise<void> {
    const { clock, limits, log, metrics } = this.#options
    const startedMs = clock.monotonicMs()
    const reply = await inTime(work, limits.requestTimeoutMs).catch((error: unknown) =>
      this.#toReply(error, exchange.incoming),
    )
    exchange.send(reply)
    const durationMs = clock.monotonicMs() - startedMs
    const { incoming, principal } = exchange
    const { status } = reply
    const method = KNOWN_METHODS.has(incoming.method) ? incoming.method : 'other'
    metrics.answered(method, route?.path ?? 'none', status, durationMs / 1000)
    log.note({ incoming, route, principal, status, durationMs })
  }

  async #call(
    route: Route,
    params: unknown,
    exchange: Exchange,
    body: Buffer | undefined,
  ): Promise<Reply> {
    const { incoming } = exchange
    if (route.unlimited !== true) this.#limitClient(incoming)
    if (incoming.rawQuery.length > this.#options.limits.queryBytesMax) {
      throw new ProblemError(
        414,
        'query-too-long',
        `The query is longer than ${this.#options.limits.queryBytesMax} bytes.`,
      )
    }
    if (route.access !== 'public') this.#authorize(route, exchange)
    const { principal } = exchange
    const call: Call<unknown, unknown, unknown> = {
      params: route.params === undefined ? undefined : validate(route.params, params, 'path'),
      query: validate(route.query ?? NO_QUERY, readQuery(incoming.rawQuery), 'query'),
      body:
        route.body === undefined
          ? undefined
          : validate(
              route.body,
              parseJsonBody(body ?? Buffer.alloc(0), incoming.contentType),
              'body',
            ),
      correlationId: incoming.correlationId,
      clientAddress: incoming.clientAddress,
      accept: incoming.accept,
      idempotencyKey: incoming.idempotencyKey,
      position: incoming.position,
    }
    const result = await route.handle(call, principal)
    if (result instanceof Reply) return result
    if (route.response === undefined) return new Reply(204, {}, '')
    return jsonReply(route.status ?? 200, result)
  }

  #authorize(route: Route, exchange: Exchange): void {
    const token = /^Bearer ([\w.-]+)$/i.exec(exchange.incoming.authorization)?.[1]
    const principal = token === undefined ? undefined : this.#options.identity.verify(token)
    if (principal === undefined) {
      throw new ProblemError(
        401,
        'unauthorized',
        token === undefined
          ? 'Send Authorization: Bearer and an access token.'
          : 'The access token is not valid, or no longer.',
        {
          headers: {
            'www-authenticate':
              token === undefined
                ? 'Bearer realm="orion"'
                : 'Bearer realm="orion", error="invalid_token"',
          },
        },
      )
    }
    exchange.principal = principal
    limit(this.#byUser, `${principal.tenant}|${principal.user}`, this.#options.clock.monotonicMs())
    if (
      route.access !== 'public' &&
      route.access !== 'authenticated' &&
      !hasRole(principal, route.access)
    ) {
      throw new ProblemError(
        403,
        'forbidden',
        `This needs one of the roles ${route.access.join(', ')}.`,
      )
    }
  }

  #file(incoming: Incoming): Reply {
    const { staticFiles } = this.#options
    const reads = incoming.method === 'GET' || incoming.method === 'HEAD'
    const reply = reads ? staticFiles?.reply(incoming) : undefined
    if (reply !== undefined) return reply
    const detail =
      incoming.path === '/'
        ? 'The dashboard is not built. The API is described at /openapi.json.'
        : 'There is nothing at this path.'
    throw new ProblemError(404, 'not-found', detail)
  }

  #limitClient(incoming: Incoming): void {
    limit(this.#byClient, incoming.clientAddress, this.#options.clock.monotonicMs())
  }

  #toReply(error: unknown, incoming: Incoming): Reply {
    const { correlationId, path } = incoming
    let problem: ProblemError
    if (error instanceof ProblemError) {
      problem = error
    } else {
      problem = new ProblemError(
        500,
        'internal',
        'An error on our side; the correlation id leads to it.',
      )
      this.#options.logger.error(
        {
          correlationId,
          path,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        },
        'gateway: a request failed',
      )
    }
    const { headers = {}, retryAfterS } = problem.options
    return new Reply(
      problem.status,
      {
        ...PROBLEM_HEADERS,
        ...headers,
        ...(retryAfterS === undefined ? {} : { 'retry-after': String(Math.max(1, retryAfterS)) }),
      },
      JSON.stringify(toProblem(problem, correlationId)),
    )
  }
}

const PROBLEM_HEADERS = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' }

function hasBody(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH'
}

function limit(limiter: RateLimiter, name: string, nowMs: number): void {
  const waitMs = limiter.take(name, nowMs)
  if (waitMs > 0)
    throw new ProblemError(429, 'rate-limited', 'Too many requests.', {
      retryAfterS: Math.ceil(waitMs / 1000),
    })
}

function inTime<T>(work: () => Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(new ProblemError(503, 'timeout', 'The request took too long.', { retryAfterS: 1 })),
      timeoutMs,
    )
    work()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })
}
