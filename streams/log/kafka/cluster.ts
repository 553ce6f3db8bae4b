import type { Clock } from '../../clock.ts'
import { type ErrorPlace, StreamsError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { Counter, Metrics } from '../../metrics.ts'
import type { TopicPartition } from '../log.ts'
import { type BrokerHealth, MOMENT_MS, type Wait } from './broker-health.ts'
import { type BrokerAddress, BrokerLink, type ConnectionSecurity } from './broker-link.ts'
import { type ClusterMetadata, metadataRequest, type TopicMetadata } from './cluster-metadata.ts'
import { asStreamsError, describe, type FailureKind, failureKind, failureType } from './failures.ts'
import { Pause } from './pause.ts'

export interface ClusterOptions extends ConnectionSecurity {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  /** Shared by all clients of a log. */
  readonly health: BrokerHealth
  /** How long a call goes on trying while brokers are away, in ms. */
  readonly retryForMs: number
  /** How long one request may take, in ms. */
  readonly requestTimeoutMs: number
  /** Where the cluster's own level is higher. */
  readonly transactionVersionMax: 1 | 2
}

export type CoordinatorKind = 'group' | 'transaction'

const BACKOFF_MS = { first: 2, transientMax: 50, connectionMax: 500 }
const RETRIED: ReadonlySet<FailureKind> = new Set([
  'transient',
  'moved',
  'connection',
  'unknown-topic',
  'too-few-brokers',
])
const TRIED_FOR_MS: Partial<Record<FailureKind, number>> = {
  /** A topic that was just created may be unknown to a broker for a moment. */
  'unknown-topic': 3_000,
  /** Brokers that are restarted come back; those that never were do not. */
  'too-few-brokers': 30_000,
}

/**
 * The brokers as one client sees them: leaders, coordinators, and the retries that survive their restarts. Every producer and consumer
 * has its own, since a broker answers the requests of a connection one after another and holds some back.
 */
export class Cluster {
  readonly options: ClusterOptions
  readonly #links = new Map<string, BrokerLink>()
  readonly #addresses = new Map<number, BrokerAddress>()
  readonly #topics = new Map<string, TopicMetadata>()
  readonly #coordinators = new Map<string, BrokerAddress>()
  readonly #retries: Counter
  readonly #pause = new Pause()
  readonly #onClosed: () => void
  #refreshing: Promise<unknown> | undefined
  #closed = false

  constructor(options: ClusterOptions, onClosed: () => void = () => {}) {
    this.options = options
    this.#onClosed = onClosed
    this.#retries = options.metrics.counter(
      'orion_kafka_retries_total',
      'Requests to Kafka that were tried again.',
    )
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Runs `attempt` until it succeeds, fails for good, or `forMs` have passed. @throws {StreamsError} */
  async retry<T>(
    what: string,
    place: ErrorPlace,
    attempt: () => Promise<T>,
    forMs = this.options.retryForMs,
  ): Promise<T> {
    const { clock, health } = this.options
    const startedMs = clock.monotonicMs()
    let wait: Wait | undefined
    try {
      for (let backoffMs = BACKOFF_MS.first; ; ) {
        this.#failIfClosed()
        try {
          return await attempt()
        } catch (error) {
          this.#failIfClosed()
          const kind = failureKind(error)
          const elapsedMs = clock.monotonicMs() - startedMs
          const limitMs = Math.min(forMs, TRIED_FOR_MS[kind] ?? forMs)
          const final = !RETRIED.has(kind)
          if (final || elapsedMs >= limitMs) throw asStreamsError(error, what, place)
          this.#retries.add(1)
          if (kind !== 'transient') this.forget()
          if (wait !== undefined) wait.cause = describe(error)
          else if (elapsedMs >= MOMENT_MS) wait = health.wait(what, place, describe(error))
          await this.#pause.sleep(Math.min(backoffMs, limitMs - elapsedMs + 1))
          const maxMs = kind === 'transient' ? BACKOFF_MS.transientMax : BACKOFF_MS.connectionMax
          backoffMs = Math.min(backoffMs * 2, maxMs)
        }
      }
    } finally {
      wait?.end()
    }
  }

  /** Any broker that answers: known ones first, then the seeds; those that did not answer last time come last. */
  async any(): Promise<BrokerLink> {
    let failure: unknown
    const { health } = this.options
    for (const address of health.ordered([...this.#addresses.values(), ...this.#seeds()])) {
      const link = this.#link(address)
      try {
        await link.broker()
        return link
      } catch (error) {
        failure = error
        await link.disconnect()
      }
    }
    throw failure
  }

  async all(): Promise<readonly BrokerLink[]> {
    await this.refresh([])
    return [...this.#addresses.values()].map((address) => this.#link(address))
  }

  async leader({ topic, partition }: TopicPartition): Promise<BrokerLink> {
    const id = (await this.topic(topic)).leaders[partition]
    if (id === undefined) throw unknownTopic()
    const address = this.#addresses.get(id)
    if (address !== undefined) return this.#link(address)
    this.#topics.delete(topic)
    throw notYet('LEADER_NOT_AVAILABLE')
  }

  async topic(name: string): Promise<TopicMetadata> {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    // One request for everyone who asks at the same time, unless it is for other topics.
    await this.#refreshing
    const shared = this.#topics.get(name)
    if (shared !== undefined) return shared
    this.#refreshing = this.refresh([name]).finally(() => {
      this.#refreshing = undefined
    })
    await this.#refreshing
    const found = this.#topics.get(name)
    if (found === undefined) throw unknownTopic()
    return found
  }

  /** Asks for the metadata of these topics; undefined asks for all. Topics that do not exist are absent from the answer. */
  async refresh(topics: readonly string[] | undefined): Promise<ClusterMetadata> {
    const metadata = await (await this.any()).send(metadataRequest(topics))
    if (metadata.brokers.length > 0) this.#addresses.clear()
    for (const { nodeId, host, port } of metadata.brokers) {
      this.#addresses.set(nodeId, { host, port })
    }
    for (const name of topics ?? []) this.#topics.delete(name)
    for (const topic of metadata.topics) this.#topics.set(topic.topic, topic)
    return metadata
  }

  async coordinator(kind: CoordinatorKind, id: string): Promise<BrokerLink> {
    const key = `${kind}/${id}`
    const known = this.#coordinators.get(key)
    if (known !== undefined) return this.#link(known)
    const broker = await (await this.any()).broker()
    const { coordinator } = await broker.findGroupCoordinator({
      groupId: id,
      coordinatorType: kind === 'group' ? 0 : 1,
    })
    const address = { host: coordinator.host, port: coordinator.port }
    this.#coordinators.set(key, address)
    return this.#link(address)
  }

  /** Closes every connection and rejects what waits. */
  async close(): Promise<void> {
    this.#closed = true
    this.#pause.end()
    await Promise.all([...this.#links.values()].map((link) => link.disconnect()))
    this.#links.clear()
    this.#onClosed()
  }

  /** Sleeps, unless the cluster is closed meanwhile. */
  async sleep(ms: number): Promise<void> {
    await this.#pause.sleep(ms)
  }

  /** After a failure, leaders and coordinators are asked for anew. */
  forget(): void {
    this.#topics.clear()
    this.#coordinators.clear()
  }

  #link(address: BrokerAddress): BrokerLink {
    this.#failIfClosed()
    const key = `${address.host}:${address.port}`
    let link = this.#links.get(key)
    if (link === undefined) {
      link = new BrokerLink({ ...this.options, ...address, witness: this.options.health })
      this.#links.set(key, link)
    }
    return link
  }

  #seeds(): readonly BrokerAddress[] {
    return this.options.brokers.map((broker) => {
      const at = broker.lastIndexOf(':')
      return { host: broker.slice(0, at), port: Number(broker.slice(at + 1)) }
    })
  }

  #failIfClosed(): void {
    if (!this.#closed) return
    throw new StreamsError('LOG_CLOSED', 'this client is closed', {}, 'Open another one.')
  }
}

export function unknownTopic(): Error {
  return notYet('UNKNOWN_TOPIC_OR_PARTITION')
}

function notYet(type: string): Error {
  return Object.assign(new Error(type), { type })
}

export function isUnknownTopic(error: unknown): boolean {
  return failureType(error) === 'UNKNOWN_TOPIC_OR_PARTITION'
}
