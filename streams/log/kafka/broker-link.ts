import type { InternalLogger, ProtocolRequest } from 'kafkajs/internal-types'
import Broker from 'kafkajs/src/broker/index.js'
import Connection from 'kafkajs/src/network/connection.js'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import createSocketFactory from 'kafkajs/src/network/socketFactory.js'
import Encoder from 'kafkajs/src/protocol/encoder.js'
import errors from 'kafkajs/src/protocol/error.js'
import { systemClock } from '../../clock.ts'
import type { Logger } from '../../logger.ts'
import { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { failureType } from './failures.ts'

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

/** TLS and SASL as kafkajs takes them. */
export interface ConnectionSecurity {
  readonly ssl?: unknown
  readonly sasl?: unknown
}

export interface LinkOptions extends BrokerAddress, ConnectionSecurity {
  readonly clientId: string
  readonly requestTimeoutMs: number
  readonly logger: Logger
  /** Told of every answer, and of every failure of a connection that is not of our own making. */
  readonly witness: LinkWitness
}

export interface LinkWitness {
  answered(broker: BrokerAddress): void
  failed(broker: BrokerAddress, error: unknown): void
}

/** A request that kafkajs has no codec for, or not in a version that tells enough. */
export interface RawRequest<T> {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
  readonly body: ByteWriter
  readonly read: (reader: ByteReader) => T
  readonly timeoutMs?: number
}

/**
 * Connections to one broker: one for requests, one for fetches, which the broker may hold back. Connects on first use, and again after
 * a failure; does not retry.
 */
export class BrokerLink {
  readonly address: BrokerAddress
  readonly #logger: InternalLogger
  readonly #pool: LinkPool
  #broker: Broker | undefined
  #connecting: Promise<Broker> | undefined

  constructor(options: LinkOptions) {
    this.address = { host: options.host, port: options.port }
    this.#logger = adaptLogger(options.logger)
    this.#pool = new LinkPool(options, this.#logger)
  }

  /**
   * The connected broker, for requests by kafkajs' own codecs. A connection that is up is not enough: until versions are negotiated kafkajs
   * refuses every request with an error that nothing retries.
   */
  async broker(): Promise<Broker> {
    if (this.#connecting !== undefined) return this.#connecting
    if (this.#broker?.isConnected() === true) return this.#broker
    this.#connecting = this.#connect().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  async send<T>(raw: RawRequest<T>): Promise<T> {
    await this.broker()
    // kafkajs looks for a throttling time in every decoded answer, so that one must be an object.
    const answer = await this.#pool.send<{ readonly value: T }>({
      request: {
        apiKey: raw.apiKey,
        apiVersion: raw.apiVersion,
        apiName: raw.apiName,
        encode: async () => {
          const bytes = raw.body.finish()
          const encoder = new Encoder(bytes.length)
          encoder.writeBufferInternal(bytes)
          return encoder
        },
      },
      response: {
        decode: async (payload) => ({ value: raw.read(new ByteReader(payload)) }),
        parse: async (data) => data,
      },
      ...(raw.timeoutMs === undefined ? {} : { requestTimeout: raw.timeoutMs }),
    })
    return answer.value
  }

  async #connect(): Promise<Broker> {
    // Connected, but the time of its credentials is over: the same connection can renew them.
    if (this.#broker !== undefined && this.#pool.isConnected()) {
      await this.#broker.connect()
      return this.#broker
    }
    // A new one for each connection: the broker may have come back as another version.
    const broker = new Broker({
      connectionPool: this.#pool,
      logger: this.#logger,
      versions: null,
      allowAutoTopicCreation: false,
      authenticationTimeout: CONNECTION_TIMEOUT_MS,
    })
    this.#broker = undefined
    try {
      await broker.connect()
    } catch (error) {
      // Half a connection would be taken for a whole one.
      await this.#pool.endRequests()
      throw error
    }
    this.#broker = broker
    return broker
  }

  /** Rejects what is in flight and closes. The link can be used again. */
  async disconnect(): Promise<void> {
    await this.#pool.destroy()
  }
}

/** The error that a numeric code of the protocol stands for, with its name as `type`. */
export function protocolError(code: number): Error {
  return Object.assign(errors.createErrorFromCode(code), { code })
}

const CONNECTION_TIMEOUT_MS = 3_000
const FETCH_API_KEY = 1
const JOIN_GROUP_API_KEY = 11
/** Requests that a broker answers at once if it is well. One that is frozen keeps its connections: only the wait tells. */
const QUICK_REQUESTS: ReadonlySet<number> = new Set([3, 10, 12, 18])
const QUICK_MS_MAX = 5_000

type Use = 'requests' | 'fetches'

/**
 * In place of kafkajs' pool. A connection is used once and replaced when it ends: kafkajs' own can be connected again, but then events of
 * its former socket change the state of the new one, and it takes requests while it disconnects.
 */
class LinkPool {
  readonly host: string
  readonly port: number
  readonly ssl: unknown
  readonly sasl: unknown
  readonly connectionTimeout = CONNECTION_TIMEOUT_MS
  readonly #options: LinkOptions
  readonly #logger: InternalLogger
  readonly #open = new Map<Use, Connection>()
  readonly #connecting = new Map<Use, Promise<Connection>>()
  readonly #unfinished = new Set<Connection>()
  /** By us: that they close says nothing about the broker. */
  readonly #ended = new WeakSet<Connection>()
  #joins = 0
  #versions: object | undefined
  #supportsAuthentication = true
  #ends = 0

  constructor(options: LinkOptions, logger: InternalLogger) {
    this.host = options.host
    this.port = options.port
    this.ssl = options.ssl
    this.sasl = options.sasl
    this.#options = options
    this.#logger = logger
  }

  isConnected(): boolean {
    return this.#current('requests') !== undefined
  }

  isAuthenticated(): boolean {
    return this.#current('requests')?.isAuthenticated() ?? false
  }

  setSupportAuthenticationProtocol(supported: boolean): void {
    this.#supportsAuthentication = supported
    for (const connection of this.#open.values()) {
      connection.setSupportAuthenticationProtocol(supported)
    }
  }

  setVersions(versions: object): void {
    this.#versions = versions
    for (const connection of this.#open.values()) connection.setVersions(versions)
  }

  /** Called by kafkajs' broker, for the connection of requests. */
  getConnection(): Promise<Connection> {
    return this.#connection('requests')
  }

  async send<T>(request: ProtocolRequest<T>): Promise<T> {
    const { apiKey } = request.request
    const use = apiKey === FETCH_API_KEY ? 'fetches' : 'requests'
    const connection = await this.#connection(use)
    const joins = apiKey === JOIN_GROUP_API_KEY ? 1 : 0
    this.#joins += joins
    try {
      const answer = await connection.send(this.#limited(request))
      this.#options.witness.answered(this)
      return answer
    } catch (error) {
      if (failureType(error) !== undefined) this.#options.witness.answered(this)
      // A broker that holds back a JoinGroup answers nothing else on this connection.
      else if (isTimeout(error) && this.#joins === joins) this.#abandon(use, connection, error)
      throw error
    } finally {
      this.#joins -= joins
    }
  }

  async endRequests(): Promise<void> {
    const connection = this.#open.get('requests')
    this.#open.delete('requests')
    if (connection !== undefined) await this.#end(connection)
  }

  async destroy(): Promise<void> {
    this.#ends += 1
    const connections = [...this.#open.values()]
    this.#open.clear()
    // The system may go on for long to reach a host that does not answer.
    for (const { socket } of this.#unfinished) socket.destroy(connectionClosed())
    await Promise.all(connections.map((connection) => this.#end(connection)))
  }

  /** A frozen broker keeps its connections: only the wait tells, and it need not be as long as for what takes work. */
  #limited<T>(request: ProtocolRequest<T>): ProtocolRequest<T> {
    if (!QUICK_REQUESTS.has(request.request.apiKey)) return request
    const requestTimeout = Math.min(QUICK_MS_MAX, this.#options.requestTimeoutMs)
    return { requestTimeout, ...request }
  }

  /** Nobody answers there, though the connection stands: a new one, or another broker, is the only way on. */
  #abandon(use: Use, connection: Connection, error: unknown): void {
    if (this.#open.get(use) === connection) this.#open.delete(use)
    if (this.#ended.has(connection)) return
    this.#options.witness.failed(this, error)
    void this.#end(connection)
  }

  async #end(connection: Connection): Promise<void> {
    this.#ended.add(connection)
    connection.rejectRequests(connectionClosed())
    await connection.disconnect()
    connection.socket.destroy()
  }

  #current(use: Use): Connection | undefined {
    const connection = this.#open.get(use)
    return connection?.connectionStatus === 'connected' ? connection : undefined
  }

  async #connection(use: Use): Promise<Connection> {
    const current = this.#current(use)
    if (current !== undefined) return current
    let connecting = this.#connecting.get(use)
    if (connecting === undefined) {
      connecting = this.#connect(use).finally(() => this.#connecting.delete(use))
      this.#connecting.set(use, connecting)
    }
    return connecting
  }

  async #connect(use: Use): Promise<Connection> {
    const ends = this.#ends
    const connection = new Connection({
      host: this.host,
      port: this.port,
      logger: this.#logger,
      socketFactory: createSocketFactory(),
      requestTimeout: this.#options.requestTimeoutMs,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      enforceRequestTimeout: true,
      clientId: this.#options.clientId,
      ssl: this.ssl,
      sasl: this.sasl,
      reauthenticationThreshold: 10_000,
    })
    connection.setSupportAuthenticationProtocol(this.#supportsAuthentication)
    if (this.#versions !== undefined) connection.setVersions(this.#versions)
    this.#unfinished.add(connection)
    try {
      await connection.connect()
    } catch (error) {
      if (ends === this.#ends) this.#options.witness.failed(this, error)
      throw error
    } finally {
      this.#unfinished.delete(connection)
    }
    connection.socket.once('close', () => {
      connection.rejectRequests(connectionClosed())
      if (!this.#ended.has(connection)) this.#options.witness.failed(this, connectionClosed())
    })
    if (ends !== this.#ends) {
      await this.#end(connection)
      throw connectionClosed()
    }
    this.#open.set(use, connection)
    return connection
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'KafkaJSRequestTimeoutError'
}

function connectionClosed(): Error {
  return Object.assign(new Error('the connection was closed'), {
    name: 'KafkaJSConnectionClosedError',
  })
}

function adaptLogger(logger: Logger): InternalLogger {
  return {
    namespace: (name) => adaptLogger(logger.child({ component: `kafkajs.${name}` })),
    debug: () => {},
    info: (message, extra) => logger.debug({ ...extra }, message),
    warn: (message, extra) => logger.debug({ ...extra }, message),
    // Every failure also rejects a request, and the cluster above decides what an operator must read.
    error: (message, extra) => logger.debug({ ...extra, stack: undefined }, message),
  }
}

// kafkajs arms a timer of 1 ms per connection for ever, whether anything waits or not: a thousand wake-ups a second and connection.
RequestQueue.prototype.scheduleCheckPendingRequests = function schedule(this: RequestQueue): void {
  if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return
  // kafkajs sets it by the system's clock.
  const throttledMs = Math.max(0, this.throttledUntil - systemClock.nowMs())
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    Math.max(10, throttledMs),
  )
}
