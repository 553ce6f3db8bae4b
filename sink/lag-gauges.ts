import type { Gauge, Metrics } from '#streams'
import type { LogAdmin, TopicPartition } from '#streams/log'
import { lagOf } from './lag.ts'

const EVERY_MS = 5_000

interface Progress {
  readonly at: TopicPartition
  /** First offset that is not in ClickHouse; undefined where nothing was read yet. */
  readonly from: number | undefined
}

/** `orion_sink_lag_records` by topic, of the partitions that this sink owns: looked up every 5 s, beside the records. */
export class LagGauges {
  readonly #admin: Pick<LogAdmin, 'offsets'>
  readonly #gauges: ReadonlyMap<string, Gauge>
  #lookedAtMs = Number.NEGATIVE_INFINITY
  #looking = false

  constructor(metrics: Metrics, admin: Pick<LogAdmin, 'offsets'>, topics: readonly string[]) {
    this.#admin = admin
    this.#gauges = new Map(
      topics.map((topic) => [
        topic,
        metrics.gauge(
          'orion_sink_lag_records',
          'Offsets of the log that are not in ClickHouse yet, of the partitions owned here.',
          { topic },
        ),
      ]),
    )
  }

  /** Looks when the last look is 5 s ago; a failed one is repeated then. */
  look(partitions: () => readonly Progress[], nowMs: number): void {
    if (this.#looking || nowMs - this.#lookedAtMs < EVERY_MS) return
    this.#lookedAtMs = nowMs
    this.#looking = true
    void this.#update(partitions())
      // The loop says so when the log does not answer.
      .catch(() => {})
      .finally(() => {
        this.#looking = false
      })
  }

  async #update(partitions: readonly Progress[]): Promise<void> {
    const places = partitions.map(({ at }) => at)
    const [starts, ends] =
      places.length === 0
        ? [[], []]
        : await Promise.all([
            this.#admin.offsets(places, 'earliest'),
            this.#admin.offsets(places, 'stable'),
          ])
    const lags = new Map([...this.#gauges.keys()].map((topic) => [topic, 0]))
    for (const [index, { at, from }] of partitions.entries()) {
      const lag = lagOf(from, { earliest: starts[index] ?? 0, end: ends[index] ?? 0 })
      lags.set(at.topic, (lags.get(at.topic) ?? 0) + lag)
    }
    for (const [topic, lag] of lags) this.#gauges.get(topic)?.set(lag)
  }
}
