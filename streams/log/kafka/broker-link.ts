import type { InternalLogger, ProtocolRequest } from 'kafkajs/internal-types'
import Broker from 'kafkajs/src/broker/index.js'
import Connection from 'kafkajs/src/network/connection.js'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import createSocketFactory from 'kafkajs/src/network/socketFactory.js'
import Encoder from 'kafkajs/src/protocol/encoder.js'
import errors from 'kafkajs/src/protocol/error.js'
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
      allowAutoTopicCreation: false,
      authenticationTimeout: CONNECTION_TIMEOUT_MS,
    })
  }

  /** The connected broker, for requests by kafkajs' own codecs. */
  async broker(): Promise<Broker> {
    if (!this.#pool.isRequestConnected()) {
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

/** In place of kafkajs' pool, which opens a second socket when two requests find the first one closed. */
class LinkPool {
  readonly host: string
  readonly port: number
  readonly ssl: unknown
  readonly sasl: unknown
  readonly connectionTimeout = CONNECTION_TIMEOUT_MS
  readonly #requests: Connection
  readonly #fetches: Connection
  readonly #connecting = new Map<Connection, Promise<boolean>>()

  constructor(options: LinkOptions, logger: InternalLogger) {
    this.host = options.host
    this.port = options.port
    this.ssl = options.ssl
    this.sasl = options.sasl
    const connection = () =>
      new Connection({
        host: options.host,
        port: options.port,
        logger,
        socketFactory: createSocketFactory(),
        requestTimeout: options.requestTimeoutMs,
        connectionTimeout: CONNECTION_TIMEOUT_MS,
        enforceRequestTimeout: true,
        clientId: options.clientId,
        ssl: options.ssl,
        sasl: options.sasl,
        reauthenticationThreshold: 10_000,
      })
    this.#requests = connection()
    this.#fetches = connection()
  }

  isRequestConnected(): boolean {
    return this.#requests.isConnected() && (!this.sasl || this.#requests.isAuthenticated())
  }

  isConnected(): boolean {
    return this.#requests.isConnected()
  }

  isAuthenticated(): boolean {
    return this.#requests.isAuthenticated()
  }

  setSupportAuthenticationProtocol(supported: boolean): void {
    this.#requests.setSupportAuthenticationProtocol(supported)
    this.#fetches.setSupportAuthenticationProtocol(supported)
  }

  setVersions(versions: object): void {
    this.#requests.setVersions(versions)
    this.#fetches.setVersions(versions)
  }

  async getConnection(index = 0): Promise<Connection> {
    const connection = index === 0 ? this.#requests : this.#fetches
    if (connection.isConnected()) return connection
    let connecting = this.#connecting.get(connection)
    if (connecting === undefined) {
      connecting = connection.connect().finally(() => this.#connecting.delete(connection))
      this.#connecting.set(connection, connecting)
    }
    await connecting
    return connection
  }

  async send<T>(request: ProtocolRequest<T>): Promise<T> {
    const connection = await this.getConnection(request.request.apiKey === FETCH_API_KEY ? 1 : 0)
    return connection.send(request)
  }

  async destroy(): Promise<void> {
    for (const connection of [this.#requests, this.#fetches]) {
      connection.rejectRequests(new Error('the connection was closed'))
      await connection.disconnect()
    }
  }
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
  const throttledMs = Math.max(0, this.throttledUntil - Date.now())
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    Math.max(10, throttledMs),
  )
}
