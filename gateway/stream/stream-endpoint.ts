import type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_socket_context_t,
  WebSocket,
} from 'uWebSockets.js'
import type { Clock, Logger, Metrics } from '#streams'
import { Exchange } from '../http/exchange.ts'
import { type Incoming, readIncoming } from '../http/incoming.ts'
import { ProblemError, toProblem } from '../http/problem.ts'
import { Reply } from '../http/route.ts'
import { RateLimiter } from '../http/token-bucket.ts'
import type { IdentityProvider } from '../identity/identity-provider.ts'
import type { Principal } from '../identity/principal.ts'
import type { GatewayLimits } from '../limits.ts'
import { type ConnectionContext, StreamConnection } from './stream-connection.ts'
import type { BadMessage } from './stream-metrics.ts'
import type { CloseCode, StreamSocket } from './stream-socket.ts'

export interface StreamEndpointOptions {
  readonly identity: IdentityProvider
  readonly context: ConnectionContext
  readonly limits: GatewayLimits
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly newId: () => string
}

interface SocketData {
  readonly principal: Principal
  readonly correlationId: string
  socket: UwsSocket | undefined
  connection: StreamConnection | undefined
}

/** Expiry is looked at this often, in ms. */
const SWEEP_MS = 250

/** `/stream`: admits WebSockets with a valid token, hands their messages on, and ends them with their token or session. */
export class StreamEndpoint {
  readonly #options: StreamEndpointOptions
  readonly #open = new Map<SocketData, StreamConnection>()
  readonly #byUser = new Map<string, number>()
  readonly #upgrades: RateLimiter
  readonly #sweeper: NodeJS.Timeout
  readonly #stopListening: () => void
  #closing = false

  constructor(options: StreamEndpointOptions) {
    this.#options = options
    const {
      clientRequestsPerS: perS,
      clientRequestsBurst: burst,
      clientsTrackedMax,
    } = options.limits
    this.#upgrades = new RateLimiter({ perS, burst }, clientsTrackedMax)
    this.#stopListening = options.identity.onRevoked((sessionId) => this.#endSession(sessionId))
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS)
    options.metrics.observe(
      'orion_gateway_connections',
      'Open WebSocket connections.',
      {},
      () => this.#open.size,
    )
    options.metrics.observe(
      'orion_gateway_buffered_bytes',
      'Bytes waiting for slow clients.',
      {},
      () => this.#bufferedBytes(),
    )
  }

  get connections(): number {
    return this.#open.size
  }

  attach(app: TemplatedApp): void {
    app.ws<SocketData>('/stream', {
      maxPayloadLength: this.#options.limits.messageBytesMax,
      // Beyond what any frame may add to `frameSkipBytes`; reached only by a client that floods and does not read.
      maxBackpressure: 16 * 1024 * 1024,
      closeOnBackpressureLimit: true,
      idleTimeout: 60,
      sendPingsAutomatically: true,
      upgrade: (res, req, context) => this.#upgrade(res, req, context),
      open: (ws) => this.#opened(ws),
      message: (ws, message, isBinary) => {
        const text = isBinary ? undefined : Buffer.from(message).toString('utf8')
        ws.cork(() => ws.getUserData().connection?.receive(text))
      },
      close: (ws, code, message) =>
        this.#closed(ws.getUserData(), code, Buffer.from(message).toString('utf8')),
    })
  }

  close(): void {
    this.#closing = true
    clearInterval(this.#sweeper)
    this.#stopListening()
    for (const connection of [...this.#open.values()]) connection.endGoingAway()
  }

  #upgrade(res: HttpResponse, req: HttpRequest, context: us_socket_context_t): void {
    const incoming = readIncoming(res, req, this.#options.newId)
    const key = req.getHeader('sec-websocket-key')
    const protocols = req.getHeader('sec-websocket-protocol')
    const extensions = req.getHeader('sec-websocket-extensions')
    const { token, protocol } = findToken(incoming.rawQuery, protocols)
    try {
      const data: SocketData = {
        principal: this.#admit(token, incoming),
        correlationId: incoming.correlationId,
        socket: undefined,
        connection: undefined,
      }
      // Never after a wait: with a later upgrade some connections fell out of step and were closed (1006; 8 of 37,000).
      res.upgrade(data, key, protocol, extensions, context)
    } catch (error) {
      new Exchange(res, incoming).send(this.#refusal(error, incoming))
    }
  }

  #admit(token: string | undefined, incoming: Incoming): Principal {
    const { clock, identity, limits } = this.#options
    const waitMs = this.#upgrades.take(incoming.clientAddress, clock.monotonicMs())
    if (waitMs > 0)
      throw new ProblemError(429, 'rate-limited', 'Too many connections.', {
        retryAfterS: Math.ceil(waitMs / 1000),
      })
    if (this.#closing || this.#open.size >= limits.connectionsMax)
      throw new ProblemError(503, 'no-room', 'No more connections here.', { retryAfterS: 5 })
    const principal = token === undefined ? undefined : identity.verify(token)
    if (principal === undefined) {
      throw new ProblemError(
        401,
        'unauthorized',
        'Connect with ?access_token= or Sec-WebSocket-Protocol: bearer, TOKEN.',
        { headers: { 'www-authenticate': 'Bearer realm="orion"' } },
      )
    }
    if ((this.#byUser.get(userOf(principal)) ?? 0) >= limits.userConnectionsMax) {
      throw new ProblemError(429, 'too-many-connections', 'Too many connections of this user.', {
        retryAfterS: 5,
      })
    }
    return principal
  }

  #refusal(error: unknown, { correlationId, clientAddress }: Incoming): Reply {
    const { logger } = this.#options
    const problem =
      error instanceof ProblemError
        ? error
        : new ProblemError(500, 'internal', 'An error on our side.')
    logger.warn(
      { correlationId, clientAddress, status: problem.status, error: String(error) },
      'gateway: a WebSocket was refused',
    )
    const { headers = {}, retryAfterS } = problem.options
    return new Reply(
      problem.status,
      {
        'content-type': 'application/problem+json',
        ...headers,
        ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
      },
      JSON.stringify(toProblem(problem, correlationId)),
    )
  }

  #opened(ws: WebSocket<SocketData>): void {
    const data = ws.getUserData()
    const { principal } = data
    data.socket = new UwsSocket(ws)
    data.connection = new StreamConnection(data.socket, principal, this.#options.context)
    this.#open.set(data, data.connection)
    this.#byUser.set(userOf(principal), (this.#byUser.get(userOf(principal)) ?? 0) + 1)
    // The session may have ended while the connection was opening.
    if (this.#options.identity.isRevoked(principal.sessionId)) data.connection.endRevoked()
    else if (this.#closing) data.connection.endGoingAway()
    this.#options.logger.debug(
      { tenantId: principal.tenant, user: principal.user, correlationId: data.correlationId },
      'gateway: a WebSocket opened',
    )
  }

  #closed(data: SocketData, code: number, reason: string): void {
    const { principal, socket } = data
    this.#open.delete(data)
    const left = (this.#byUser.get(userOf(principal)) ?? 1) - 1
    if (left > 0) this.#byUser.set(userOf(principal), left)
    else this.#byUser.delete(userOf(principal))
    if (socket !== undefined) {
      socket.markClosed()
      this.#options.context.channel.remove(socket)
      this.#options.context.journals.remove(socket)
    }
    const { context, logger } = this.#options
    const { tenant: tenantId, user } = principal
    const fields = { code, reason, tenantId, user, correlationId: data.correlationId }
    const bad = code === CLOSED_BY_PARSER ? badMessage(reason) : undefined
    if (bad === undefined) {
      logger.debug(fields, 'gateway: a WebSocket closed')
    } else {
      context.metrics.badMessages[bad].add(1)
      logger.warn(fields, 'gateway: a WebSocket was closed for a message that cannot be taken')
    }
  }

  #endSession(sessionId: string): void {
    for (const connection of [...this.#open.values()]) {
      if (connection.principal.sessionId === sessionId) connection.endRevoked()
    }
  }

  #sweep(): void {
    const nowMs = this.#options.clock.nowMs()
    for (const connection of [...this.#open.values()]) connection.checkExpiry(nowMs)
  }

  #bufferedBytes(): number {
    let bytes = 0
    for (const connection of this.#open.values()) bytes += connection.bufferedBytes
    return bytes
  }
}

/** uWebSockets throws when a closed socket is touched: this one does nothing instead. */
class UwsSocket implements StreamSocket {
  readonly #ws: WebSocket<SocketData>
  #closed = false

  constructor(ws: WebSocket<SocketData>) {
    this.#ws = ws
  }

  markClosed(): void {
    this.#closed = true
  }

  send(frame: string | Uint8Array): void {
    if (!this.#closed) this.#ws.send(frame, false)
  }

  bufferedBytes(): number {
    return this.#closed ? 0 : this.#ws.getBufferedAmount()
  }

  end(code: CloseCode, reason: string): void {
    if (!this.#closed) this.#ws.end(code, reason)
  }

  drop(): void {
    if (!this.#closed) this.#ws.close()
  }
}

/** Of a connection that uWebSockets ended itself, without a close frame; its reason is said here only. */
const CLOSED_BY_PARSER = 1006

/** What a client sent that made uWebSockets' parser give up; undefined for other ends. */
function badMessage(reason: string): BadMessage | undefined {
  if (/^Received too big message/.test(reason)) return 'too-large'
  return /^Received invalid/.test(reason) ? 'not-websocket' : undefined
}

function userOf(principal: Principal): string {
  return `${principal.tenant}|${principal.user}`
}

/**
 * The token of `?access_token=`, or of `Sec-WebSocket-Protocol: bearer, TOKEN` or `bearer.TOKEN`. The protocol answered is one that was
 * offered, as RFC 6455 asks; the token itself is repeated only if nothing else was offered.
 */
function findToken(
  rawQuery: string,
  protocols: string,
): { readonly token: string | undefined; readonly protocol: string } {
  const offered = protocols
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  const bearer = offered.findIndex((part) => part.toLowerCase() === 'bearer')
  const dotted = offered.find((part) => part.toLowerCase().startsWith('bearer.'))
  const inProtocol = bearer >= 0 ? offered[bearer + 1] : dotted?.slice('bearer.'.length)
  const plain = offered.find((part) => part !== dotted && part !== inProtocol)
  return {
    token: new URLSearchParams(rawQuery).get('access_token') ?? inProtocol,
    protocol: bearer >= 0 ? (offered[bearer] ?? '') : (plain ?? dotted ?? ''),
  }
}
