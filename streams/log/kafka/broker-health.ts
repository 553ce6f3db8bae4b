import type { Clock } from '../../clock.ts'
import type { ErrorPlace } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { Gauge, Metrics } from '../../metrics.ts'
import type { LogHealth } from '../log.ts'
import type { BrokerAddress, LinkWitness } from './broker-link.ts'
import { describe } from './failures.ts'

interface Away {
  readonly sinceMs: number
  /** The last attempt. */
  triedMs: number
  cause: string
}

/** A call that has been tried again for more than a moment. */
export interface Wait {
  cause: string
  end(): void
}

/** Shorter trouble is told in the metrics only: a leader that moves, say. */
export const MOMENT_MS = 1_000

/**
 * What all clients of a log know of the brokers: which are away, and what waits for them. One line in the log when a broker goes and one when
 * it is back, one when calls begin to wait and one when none does, however many clients, tasks and retries there are.
 */
export class BrokerHealth implements LinkWitness {
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #awayGauge: Gauge
  readonly #waitingGauge: Gauge
  readonly #away = new Map<string, Away>()
  readonly #waits = new Map<Wait, { readonly what: string; readonly sinceMs: number }>()
  #waitingSinceMs: number | undefined

  constructor(options: {
    readonly logger: Logger
    readonly metrics: Metrics
    readonly clock: Clock
  }) {
    this.#logger = options.logger
    this.#clock = options.clock
    this.#awayGauge = options.metrics.gauge(
      'orion_kafka_brokers_away',
      'Brokers that did not answer when they were last asked.',
    )
    this.#waitingGauge = options.metrics.gauge(
      'orion_kafka_calls_waiting',
      'Calls that have been tried again for more than a second.',
    )
  }

  answered(broker: BrokerAddress): void {
    const key = addressKey(broker)
    const away = this.#away.get(key)
    if (away === undefined) return
    this.#away.delete(key)
    this.#awayGauge.set(this.#away.size)
    const awayMs = Math.round(this.#clock.monotonicMs() - away.sinceMs)
    this.#logger.info({ broker: key, awayMs }, 'the Kafka broker answers again')
  }

  failed(broker: BrokerAddress, error: unknown): void {
    const key = addressKey(broker)
    const nowMs = this.#clock.monotonicMs()
    const cause = describe(error)
    const known = this.#away.get(key)
    if (known !== undefined) {
      known.triedMs = nowMs
      known.cause = cause
      return
    }
    this.#away.set(key, { sinceMs: nowMs, triedMs: nowMs, cause })
    this.#awayGauge.set(this.#away.size)
    this.#logger.warn(
      { broker: key, cause },
      'a Kafka broker does not answer: what it led or coordinated is asked of the others',
    )
  }

  /** Brokers that answer first, then those that were not asked for longest. */
  ordered(brokers: readonly BrokerAddress[]): readonly BrokerAddress[] {
    const unique = new Map(brokers.map((broker) => [addressKey(broker), broker]))
    const triedMs = (key: string) => this.#away.get(key)?.triedMs ?? Number.NEGATIVE_INFINITY
    return [...unique]
      .sort(([a], [b]) => Math.sign(triedMs(a) - triedMs(b) || 0))
      .map(([, broker]) => broker)
  }

  /** To be called for a call that is being tried again; `end` it whatever comes of it. */
  wait(what: string, place: ErrorPlace, cause: string): Wait {
    const wait: Wait = { cause, end: () => this.#endWait(wait) }
    this.#waits.set(wait, { what, sinceMs: this.#clock.monotonicMs() - MOMENT_MS })
    this.#waitingGauge.set(this.#waits.size)
    if (this.#waitingSinceMs === undefined) {
      this.#waitingSinceMs = this.#clock.monotonicMs() - MOMENT_MS
      this.#logger.warn(
        { ...place, call: what, cause },
        'Kafka does not do what it is asked to: calls wait and are tried again',
      )
    }
    return wait
  }

  health(): LogHealth {
    const [oldest] = this.#waits
    if (oldest === undefined) return { waiting: false }
    const [{ cause }, { what, sinceMs }] = oldest
    const waitingMs = Math.round(this.#clock.monotonicMs() - sinceMs)
    const away = [...this.#away.keys()].sort()
    const gone = away.length === 0 ? '' : `; away: ${away.join(', ')}`
    return {
      waiting: true,
      waitingMs,
      calls: this.#waits.size,
      why: `${what}: ${cause}${gone}`,
    }
  }

  #endWait(wait: Wait): void {
    this.#waits.delete(wait)
    this.#waitingGauge.set(this.#waits.size)
    if (this.#waits.size > 0 || this.#waitingSinceMs === undefined) return
    const waitedMs = Math.round(this.#clock.monotonicMs() - this.#waitingSinceMs)
    this.#waitingSinceMs = undefined
    this.#logger.info({ waitedMs }, 'no call waits for Kafka any more')
  }
}

function addressKey({ host, port }: BrokerAddress): string {
  return `${host}:${port}`
}
