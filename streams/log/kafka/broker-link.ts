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
  readonly #broker: Broker
  readonly #pool: LinkPool
  #connecting: Promise<void> | undefined

  constructor(options: LinkOptions) {
    this.address = { host: options.host, port: options.port }
    const logger = adaptLogger(options.logger)
    this.#pool = new LinkPool(options, logger)
    this.#broker = new Broker({
      connectionPool: this.#pool,
      logger,
      versions: null,
      allowAutoTopicCreation: false,
      authenticationTimeout: CONNECTION_TIMEOUT_MS,
    })
  }

  /** The connected broker, for requests by kafkajs' own codecs. */
  async broker(): Promise<Broker> {
    if (!this.#broker.isConnected()) {
      this.#connecting ??= this.#broker.connect().finally(() => {
        this.#connecting = undefined
      })
      await this.#connecting
    }
    return this.#broker
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
    const use = request.request.apiKey === FETCH_API_KEY ? 'fetches' : 'requests'
    return (await this.#connection(use)).send(request)
  }

  async destroy(): Promise<void> {
    this.#ends += 1
    const connections = [...this.#open.values()]
    this.#open.clear()
    // The system may go on for long to reach a host that does not answer.
    for (const { socket } of this.#unfinished) socket.destroy(connectionClosed())
    await Promise.all(connections.map((connection) => end(connection)))
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
    await connection.connect().finally(() => this.#unfinished.delete(connection))
    connection.socket.once('close', () => connection.rejectRequests(connectionClosed()))
    if (ends !== this.#ends) {
      await end(connection)
      throw connectionClosed()
    }
    this.#open.set(use, connection)
    return connection
  }
}

async function end(connection: Connection): Promise<void> {
  connection.rejectRequests(connectionClosed())
  await connection.disconnect()
  connection.socket.destroy()
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
