import { systemClock } from '#streams'
import type { Log, LogRecord, PartitionReader } from '#streams/log'

/** Reads a topic under read_committed as it grows, and knows when something last came. */
export class CommittedReader {
  readonly #topic: string
  readonly #reader: PartitionReader
  readonly #onRecord: (record: LogRecord, partition: number) => void
  #count = 0
  #lastMs = systemClock.monotonicMs()
  #longestSilenceMs = 0
  #closed = false
  #running: Promise<void> | undefined

  static async open(
    log: Log,
    topic: string,
    partitions: number,
    onRecord: (record: LogRecord, partition: number) => void,
  ): Promise<CommittedReader> {
    const reader = await log.createPartitionReader({
      clientId: `matrix-${topic}`,
      isolation: 'read_committed',
    })
    await reader.assign(
      Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 })),
    )
    const opened = new CommittedReader(topic, reader, onRecord)
    opened.#running = opened.#run()
    return opened
  }

  private constructor(
    topic: string,
    reader: PartitionReader,
    onRecord: (record: LogRecord, partition: number) => void,
  ) {
    this.#topic = topic
    this.#reader = reader
    this.#onRecord = onRecord
  }

  get topic(): string {
    return this.#topic
  }

  get count(): number {
    return this.#count
  }

  get silentForMs(): number {
    return systemClock.monotonicMs() - this.#lastMs
  }

  /** Between two records, since the first one. */
  get longestSilenceMs(): number {
    return this.#longestSilenceMs
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#running
    await this.#reader.close()
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      for (const { records, partition } of await this.#reader.poll({ maxWaitMs: 100 })) {
        if (records.length === 0) continue
        if (this.#count > 0)
          this.#longestSilenceMs = Math.max(this.#longestSilenceMs, this.silentForMs)
        this.#lastMs = systemClock.monotonicMs()
        this.#count += records.length
        for (const record of records) this.#onRecord(record, partition)
      }
    }
  }
}

/** Everything that is committed on a topic now. */
export async function readAll(
  log: Log,
  topic: string,
  partitions: number,
): Promise<readonly (readonly LogRecord[])[]> {
  const places = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
  const ends = await log.admin.offsets(places, 'stable')
  const found: LogRecord[][] = places.map(() => [])
  const reader = await log.createPartitionReader({
    clientId: `matrix-all-${topic}`,
    isolation: 'read_committed',
  })
  await reader.assign(places.map((place) => ({ ...place, offset: 0 })))
  const positions = places.map(() => 0)
  while (positions.some((position, index) => position < (ends[index] ?? 0))) {
    for (const batch of await reader.poll({ maxWaitMs: 100 })) {
      found[batch.partition]?.push(...batch.records)
      positions[batch.partition] = batch.nextOffset
    }
  }
  await reader.close()
  return found
}
