import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../clock.ts'
import { StreamsError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { Metrics } from '../../metrics.ts'
import type { HostInfo } from '../../streams-client-metadata.ts'
import { systemTimers, type Timers } from '../../timers.ts'
import { Cursors, type RandomBytes } from './cursors.ts'
import { JsonClient } from './http-json.ts'
import { LocalAnswers } from './local-answers.ts'
import { PEER_SCHEME, PeerClient } from './peer-client.ts'
import { PeerTokens } from './peer-token.ts'
import type { QueryAuthorizer, QueryPrincipal } from './query-access.ts'
import { parseJson, QueryExchange } from './query-exchange.ts'
import { type QueryLimits, queryLimitsOf } from './query-limits.ts'
import { QueryMeters } from './query-meters.ts'
import { QueryProblem } from './query-problem.ts'
import { QUERY_OPERATIONS, type QueryOperation } from './query-request.ts'
import { QueryRouter } from './query-router.ts'
import { QueryRoutes } from './query-routes.ts'
import type { QueryableStreams } from './queryable-streams.ts'
import { RateLimiter } from './rate-limiter.ts'

export interface QueryServerOptions {
  /** Applications that answer from the start; `serve` adds more. */
  readonly streams?: QueryableStreams | readonly QueryableStreams[]
  /** Address to listen on. */
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  /** What other instances call this one, where that is not `host`. */
  readonly advertisedHost?: string
  readonly authorize: QueryAuthorizer
  /** The same on every instance, at least 32 bytes. With it one instance asks another, and cursors are sealed. */
  readonly peerSecret: string
  /** Unguessable bytes. */
  readonly random: RandomBytes
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  readonly timers?: Timers
  readonly limits?: Partial<QueryLimits>
}

export interface QueryServer {
  /** Where other instances reach it: the `applicationServer` of the applications that it serves. */
  readonly address: HostInfo
  /** `address` as text. */
  readonly applicationServer: string
  serve(streams: QueryableStreams): void
  /** Takes no more requests; what is under way gets until the deadline (1 s), and is cut off then. */
  close(options?: { readonly deadlineMs?: number }): Promise<void>
}

const CLOSE_DEADLINE_MS = 1_000
const HEADER_BYTES_MAX = 16_384
const PATH = /^\/queries\/v1(?:\/([^/?]{1,300})\/stores\/([^/?]{1,300})(?:\/([a-z]{1,20}))?)?$/

/**
 * Answers queries of local stores over HTTP, and routes those of other partitions to who has them.
 * @throws {StreamsError} STREAMS_INVALID_OPTION, STREAMS_QUERY_PORT
 */
export async function createQueryServer(options: QueryServerOptions): Promise<QueryServer> {
  const service = new QueryService(options)
  await service.listen()
  return service
}

class QueryService implements QueryServer {
  readonly #options: QueryServerOptions
  readonly #limits: QueryLimits
  readonly #timers: Timers
  readonly #applications = new Map<string, QueryableStreams>()
  readonly #server: Server
  readonly #limiter: RateLimiter
  readonly #meters: QueryMeters
  readonly #tokens: PeerTokens
  readonly #client: JsonClient
  #routes: QueryRoutes | undefined
  #inFlight = 0

  constructor(options: QueryServerOptions) {
    this.#options = options
    this.#limits = queryLimitsOf(options.limits)
    this.#timers = options.timers ?? systemTimers
    const { limits } = { limits: this.#limits }
    this.#limiter = new RateLimiter({
      perS: limits.callerRequestsPerS,
      burst: limits.callerRequestsBurst,
      callersMax: limits.callersTrackedMax,
    })
    this.#meters = new QueryMeters(options.metrics, () => this.#inFlight)
    this.#tokens = new PeerTokens(options.peerSecret, limits.peerTokenTtlMs)
    this.#client = new JsonClient({
      timers: this.#timers,
      // Rows come with their keys once more, and with what surrounds them.
      responseBytesMax: limits.responseBytesMax * 3,
    })
    this.#server = createServer(
      {
        maxHeaderSize: HEADER_BYTES_MAX,
        headersTimeout: limits.requestTimeoutMs + 1_000,
        requestTimeout: limits.requestTimeoutMs + 1_000,
      },
      (request, response) => void this.#handle(request, response),
    )
    this.#server.maxConnections = limits.connectionsMax
    const given = options.streams ?? []
    for (const one of 'applicationId' in given ? [given] : given) this.serve(one)
  }

  get address(): HostInfo {
    const { host, advertisedHost = host } = this.#options
    return { host: advertisedHost, port: (this.#server.address() as AddressInfo).port }
  }

  get applicationServer(): string {
    const { host, port } = this.address
    return `${host}:${port}`
  }

  serve(streams: QueryableStreams): void {
    this.#applications.set(streams.applicationId, streams)
  }

  async listen(): Promise<void> {
    const { host, port, peerSecret, random, clock, authorize, logger } = this.#options
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) => reject(portTaken(host, port, cause)))
      this.#server.listen(port, host, resolve)
    })
    const self = this.applicationServer
    const limits = this.#limits
    const timers = this.#timers
    const meters = this.#meters
    const local = new LocalAnswers({ self, authorizer: authorize, limits, clock, timers })
    const peers = new PeerClient(this.#client, this.#tokens, clock)
    const router = new QueryRouter({ self, local, peers, limits, clock, timers, logger, meters })
    const cursors = new Cursors(peerSecret, random)
    this.#routes = new QueryRoutes({
      authorizer: authorize,
      router,
      local,
      limits,
      cursors,
      meters,
    })
    logger.info({ address: self }, 'queries are answered')
  }

  async close({ deadlineMs = CLOSE_DEADLINE_MS } = {}): Promise<void> {
    const callOff = this.#timers.after(deadlineMs, () => this.#server.closeAllConnections())
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    await closed
    callOff()
    this.#client.close()
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock, random } = this.#options
    const exchange = new QueryExchange(request, response, () =>
      Buffer.from(random(16)).toString('hex'),
    )
    const call: Call = { exchange, startMs: clock.monotonicMs(), operation: 'other' }
    response.on('error', () => {})
    this.#inFlight++
    try {
      const answer = await this.#answer(call)
      exchange.answer(answer)
      this.#note(call, 'ok', undefined)
    } catch (error) {
      const problem = error instanceof QueryProblem ? error : internal(error)
      exchange.refuse(problem)
      this.#note(call, problem.kind, problem)
    } finally {
      this.#inFlight--
    }
  }

  async #answer(call: Call): Promise<unknown> {
    const { exchange } = call
    if (this.#inFlight > this.#limits.requestsInFlightMax)
      throw new QueryProblem('too-busy', 'Too many queries at this moment.', { retryAfterS: 1 })
    const credential = exchange.credential()
    if (credential?.scheme === PEER_SCHEME) return this.#answerPeer(call, credential.token)
    call.principal = await this.#authenticate(exchange, credential)
    const { applicationId, store, operation } = pathOf(exchange.path)
    const routes = this.#ready()
    if (store === undefined) {
      this.#requireMethod(call, 'GET', 'catalogue')
      return routes.catalogue([...this.#applications.values()], call.principal)
    }
    const request = { ...this.#request(exchange, applicationId, store), principal: call.principal }
    call.store = store
    if (operation === undefined) {
      this.#requireMethod(call, 'GET', 'metadata')
      return routes.metadata(request)
    }
    if (!isOperation(operation))
      throw new QueryProblem(
        'not-found',
        `There is no ${operation}; there are ${QUERY_OPERATIONS.join(', ')}.`,
      )
    this.#requireMethod(call, 'POST', operation)
    const body = await exchange.body(this.#limits.bodyBytesMax)
    return routes.query(operation, request, parseJson(body))
  }

  /** Answered here or not at all: a query takes one hop at most. */
  async #answerPeer(call: Call, token: string): Promise<unknown> {
    const { exchange } = call
    const { path } = exchange
    const { applicationId, store, operation } = pathOf(path)
    if (store === undefined || operation !== 'parts')
      throw new QueryProblem('not-found', 'Instances ask each other for parts only.')
    this.#requireMethod(call, 'POST', 'parts')
    // A key that was taken by the instance that asks comes longer here: base64, with the rest of the query around it.
    const body = await exchange.body(this.#limits.bodyBytesMax * 4)
    const nowMs = this.#options.clock.nowMs()
    const principal = this.#tokens.verify(token, { to: this.applicationServer, path, body }, nowMs)
    if (principal === undefined) throw this.#unauthenticated(exchange, 'The token of an instance')
    call.principal = principal
    call.store = store
    const request = { ...this.#request(exchange, applicationId, store), principal }
    return this.#ready().parts(request, parseJson(body))
  }

  async #authenticate(
    exchange: QueryExchange,
    credential: { readonly scheme: string; readonly token: string } | undefined,
  ): Promise<QueryPrincipal> {
    if (credential === undefined || !/^bearer$/i.test(credential.scheme))
      throw this.#unauthenticated(exchange, 'A request without Authorization: Bearer')
    const principal = await this.#options.authorize.authenticate(credential.token)
    if (principal === undefined) throw this.#unauthenticated(exchange, 'This credential')
    this.#limitCaller(`user ${principal.tenant} ${principal.user}`)
    return principal
  }

  /** Who guesses is slowed down. */
  #unauthenticated(exchange: QueryExchange, what: string): QueryProblem {
    this.#limitCaller(`address ${exchange.address}`)
    return new QueryProblem('unauthenticated', `${what} is not valid, or no longer.`)
  }

  #limitCaller(caller: string): void {
    const waitMs = this.#limiter.take(caller, this.#options.clock.monotonicMs())
    if (waitMs === 0) return
    const retryAfterS = Math.max(1, Math.ceil(waitMs / 1_000))
    throw new QueryProblem('rate-limited', 'Too many requests.', { retryAfterS })
  }

  #request({ correlationId }: QueryExchange, applicationId: string, store: string) {
    const streams = this.#applications.get(applicationId)
    if (streams !== undefined) return { streams, store, correlationId }
    const names = [...this.#applications.keys()].join(', ')
    throw new QueryProblem(
      'not-found',
      `There is no application ${applicationId} here; there are ${names}.`,
    )
  }

  #requireMethod(call: Call, method: string, operation: string): void {
    call.operation = operation
    if (call.exchange.method === method) return
    throw new QueryProblem('method-not-allowed', `Use ${method}.`)
  }

  #ready(): QueryRoutes {
    if (this.#routes !== undefined) return this.#routes
    throw new QueryProblem('unavailable', 'This instance is starting.', { retryAfterS: 1 })
  }

  #note(call: Call, outcome: string, problem: QueryProblem | undefined): void {
    const { logger, clock } = this.#options
    const { exchange, operation, principal, store, startMs } = call
    const durationMs = clock.monotonicMs() - startMs
    this.#meters.answered(operation, outcome, durationMs)
    const fields = {
      correlationId: exchange.correlationId,
      operation,
      outcome,
      durationMs: Math.round(durationMs * 10) / 10,
      ...(store === undefined ? {} : { store }),
      ...(principal === undefined ? {} : { tenantId: principal.tenant, user: principal.user }),
    }
    if (problem === undefined) logger.debug(fields, 'query answered')
    else if (problem.kind === 'internal')
      logger.error({ ...fields, error: problem.details.cause }, 'a query failed')
    else if (problem.status >= 500 || problem.status === 403)
      logger.warn({ ...fields, detail: problem.message }, 'query refused')
    else logger.debug({ ...fields, detail: problem.message }, 'query refused')
  }
}

interface Call {
  readonly exchange: QueryExchange
  readonly startMs: number
  operation: string
  principal?: QueryPrincipal
  store?: string
}

function pathOf(path: string) {
  const match = PATH.exec(path)
  const applicationId = decoded(match?.[1] ?? '')
  const store = decoded(match?.[2] ?? '')
  // A store's name that cannot be read names nothing, as an unknown path does.
  if (match === null || applicationId === undefined || store === undefined) {
    throw new QueryProblem(
      'not-found',
      'There is nothing at this path: GET /queries/v1 lists applications and stores.',
    )
  }
  return { applicationId, store: match[2] === undefined ? undefined : store, operation: match[3] }
}

function isOperation(text: string): text is QueryOperation {
  return (QUERY_OPERATIONS as readonly string[]).includes(text)
}

/** What went wrong stays here; the correlation id leads to it. */
function internal(cause: unknown): QueryProblem {
  return new QueryProblem(
    'internal',
    'An error on our side; the correlation id leads to it in the log.',
    { cause: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) },
  )
}

function portTaken(host: string, port: number, cause: unknown): StreamsError {
  return new StreamsError(
    'STREAMS_QUERY_PORT',
    `queries cannot be answered at ${host}:${port}: ${cause instanceof Error ? cause.message : cause}`,
    {},
    'Give another port, or end what has it.',
    cause,
  )
}

/** Undefined for text that is no percent-encoding (RFC 3986). */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
