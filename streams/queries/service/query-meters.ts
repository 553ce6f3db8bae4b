import type { Counter, Histogram, Metrics } from '../../metrics.ts'

const BUCKETS_MS = [0.5, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000]

/** What a query server reports. */
export class QueryMeters {
  readonly forwarded: Counter
  readonly retries: Counter
  readonly stale: Counter
  readonly rows: Counter
  readonly #metrics: Metrics
  readonly #requests = new Map<string, Counter>()
  readonly #durations = new Map<string, Histogram>()

  constructor(metrics: Metrics, inFlight: () => number) {
    this.#metrics = metrics
    const counter = (name: string, help: string) => metrics.counter(name, help)
    this.forwarded = counter(
      'orion_query_forwarded_total',
      'Requests to other instances for parts of stores.',
    )
    this.retries = counter(
      'orion_query_retries_total',
      'Times that a query looked again for the owner of a partition.',
    )
    this.stale = counter('orion_query_stale_answers_total', 'Answers with rows of a standby.')
    this.rows = counter('orion_query_rows_total', 'Rows told.')
    metrics.observe(
      'orion_query_requests_in_flight',
      'Queries that are being answered.',
      {},
      inFlight,
    )
  }

  /** Operations and outcomes are words of a closed list. */
  answered(operation: string, outcome: string, durationMs: number): void {
    const name = `${operation} ${outcome}`
    const requests =
      this.#requests.get(name) ??
      this.#metrics.counter('orion_query_requests_total', 'Queries by operation and outcome.', {
        operation,
        outcome,
      })
    this.#requests.set(name, requests)
    requests.add(1)
    const durations =
      this.#durations.get(operation) ??
      this.#metrics.histogram('orion_query_duration_ms', 'Time of an answer, in ms.', BUCKETS_MS, {
        operation,
      })
    this.#durations.set(operation, durations)
    durations.observe(durationMs)
  }
}
