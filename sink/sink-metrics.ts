import type { Counter, Histogram, Metrics } from '#streams'
import type { Delivery } from './deliver-range.ts'
import { SINK_TABLES, type SinkTable } from './tables.ts'

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** What the sink reports. */
export class SinkMetrics {
  readonly #rowsByTable: ReadonlyMap<SinkTable, Counter>
  readonly #deadLetterCounter: Counter
  readonly #retries: Counter
  readonly #encode: Histogram
  readonly #insert: Histogram
  #rows = 0
  #deadLetters = 0

  constructor(metrics: Metrics) {
    this.#rowsByTable = new Map(
      SINK_TABLES.map((table) => [
        table,
        metrics.counter('orion_sink_rows_total', 'Rows inserted into ClickHouse.', { table }),
      ]),
    )
    this.#deadLetterCounter = metrics.counter(
      'orion_sink_dead_letters_total',
      'Records that cannot be rows.',
    )
    this.#retries = metrics.counter(
      'orion_sink_retries_total',
      'Attempts to insert a range that failed.',
    )
    this.#encode = metrics.histogram(
      'orion_sink_encode_seconds',
      'Decoding a range and making rows of it.',
      SECONDS,
    )
    this.#insert = metrics.histogram('orion_sink_insert_seconds', 'Inserting a range.', SECONDS)
  }

  delivered(table: SinkTable, { rows, refusals, encodeMs, insertMs }: Delivery): void {
    this.#rows += rows
    this.#deadLetters += refusals.length
    this.#rowsByTable.get(table)?.add(rows)
    this.#deadLetterCounter.add(refusals.length)
    this.#encode.observe(encodeMs / 1_000)
    this.#insert.observe(insertMs / 1_000)
  }

  retried(): void {
    this.#retries.add(1)
  }

  progress(): { readonly rows: number; readonly deadLetters: number } {
    return { rows: this.#rows, deadLetters: this.#deadLetters }
  }
}
