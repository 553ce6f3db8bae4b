import { type Logger, type Metrics, Position, type Serde } from '#streams'
import type { FetchedBatch, Log, LogRecord, PartitionReader } from '#streams/log'

/** What a view needs of a declared topic (`#topics`). */
export interface ViewTopic<T> {
  readonly name: string
  readonly valueSerde: Serde<T>
}

/** One topic of a view and what is done with its records. */
export interface ViewSource {
  readonly topic: string
  /** `undefined` is a tombstone. Synchronous; a record that cannot be decoded never gets here. */
  apply(record: LogRecord, partition: number): void
  /** See `Serde.pending`. */
  pending(value: Uint8Array): Promise<void> | undefined
}

export interface TopicViewOptions {
  readonly name: string
  readonly log: Log
  readonly sources: readonly ViewSource[]
  readonly logger: Logger
  readonly metrics: Metrics
  /** Waited for before each batch is applied: lets a reader of the view see it unchanged while it waits. */
  readonly gate?: () => Promise<void> | undefined
  /** Apply all records, where a view otherwise leaves out those that a later one of the same fetch replaces. */
  readonly everyRecord?: boolean
  /** Called after each fetch that brought something. */
  readonly onApplied?: () => void
}

interface Waiter {
  readonly isOver: () => boolean
  readonly resolve: (reached: boolean) => void
}

/** What comes, and `close`, end a poll before. */
const POLL_MS = 1_000
/** Until it is known that there is nothing more, and that the log answers. */
const FIRST_POLL_MS = 50
const RECORDS_PER_POLL_MAX = 2_000
const BUFFERED_BYTES_MAX = 8 * 1024 * 1024
const RETRY_MS_MIN = 50
const RETRY_MS_MAX = 5_000

/**
 * Reads every partition of its topics from the earliest record, without a group, and follows them. When the log fails it goes on where
 * it was, with a backoff. Never holds more of the log than one fetch.
 */
export class TopicView {
  readonly #options: TopicViewOptions
  readonly #sources: ReadonlyMap<string, ViewSource>
  /** Next offset to read, and the end as it was at start, by `topic-partition`. */
  readonly #positions = new Map<
    string,
    { topic: string; partition: number; next: number; applied: number; target: number }
  >()
  readonly #waiters = new Set<Waiter>()
  readonly #unreadable
  readonly #applied
  readonly #stop = new AbortController()
  #caughtUp = false
  #failure: string | undefined
  #running: Promise<void> | undefined
  #reader: PartitionReader | undefined

  constructor(options: TopicViewOptions) {
    this.#options = options
    this.#sources = new Map(options.sources.map((source) => [source.topic, source]))
    const labels = { view: options.name }
    this.#unreadable = options.metrics.counter(
      'orion_gateway_view_unreadable_total',
      'Records that a view skipped: not decodable.',
      labels,
    )
    this.#applied = options.metrics.counter(
      'orion_gateway_view_records_total',
      'Records that a view has read.',
      labels,
    )
    options.metrics.observe(
      'orion_gateway_view_caught_up',
      '1 when the view has seen all that was there at start.',
      labels,
      () => (this.#caughtUp ? 1 : 0),
    )
  }

  get name(): string {
    return this.#options.name
  }

  follows(topic: string): boolean {
    return this.#sources.has(topic)
  }

  /**
   * What was applied of a topic, or of one partition of it: just behind the last record, so that every other reader gets there, whether or not it
   * has seen the marker of a transaction that comes next.
   */
  position(topic: string, partition?: number): Position {
    return Position.of(
      [...this.#positions.values()]
        .filter((at) => at.topic === topic && (partition ?? at.partition) === at.partition)
        .map(({ partition: number, applied }) => ({ topic, partition: number, offset: applied })),
    )
  }

  /** Whether everything before the bound was applied within that time. */
  reached(bound: Position, withinMs: number): Promise<boolean> {
    return this.#until(() => this.#covers(bound), withinMs)
  }

  /** Whether all that was in the topics at start was applied within that time. */
  caughtUp(withinMs: number): Promise<boolean> {
    return this.#until(() => this.#caughtUp, withinMs)
  }

  #until(isOver: () => boolean, withinMs: number): Promise<boolean> {
    if (isOver()) return Promise.resolve(true)
    return new Promise((resolve) => {
      const waiter: Waiter = {
        isOver,
        resolve: (reached) => {
          clearTimeout(timer)
          this.#waiters.delete(waiter)
          resolve(reached)
        },
      }
      const timer = setTimeout(() => waiter.resolve(false), withinMs)
      this.#waiters.add(waiter)
    })
  }

  start(): void {
    this.#running ??= this.#follow()
  }

  /** Whether all that was in the topics at start has been seen, and the log answers. */
  state(): { readonly ok: boolean; readonly detail: string } {
    if (this.#failure !== undefined) return { ok: false, detail: this.#failure }
    if (this.#caughtUp) return { ok: true, detail: 'caught up' }
    const positions = [...this.#positions.values()]
    const left = positions.reduce((sum, { next, target }) => sum + Math.max(0, target - next), 0)
    return { ok: false, detail: positions.length === 0 ? 'opening' : `${left} records behind` }
  }

  async close(): Promise<void> {
    this.#stop.abort()
    for (const waiter of [...this.#waiters]) waiter.resolve(false)
    await this.#closeReader()
    await this.#running
  }

  /** Ends a poll that waits. */
  async #closeReader(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    await reader?.close().catch(() => {})
  }

  async #follow(): Promise<void> {
    let retryMs = RETRY_MS_MIN
    while (!this.#stop.signal.aborted) {
      try {
        const reader = await this.#open()
        this.#reader = reader
        while (!this.#stop.signal.aborted) {
          const batches = await reader.poll({
            maxWaitMs: this.state().ok ? POLL_MS : FIRST_POLL_MS,
            recordsMax: RECORDS_PER_POLL_MAX,
          })
          await this.#options.gate?.()
          for (const batch of batches) await this.#take(batch)
          if (!this.#caughtUp) this.#noteCatchUp()
          this.#resolveWaiters()
          if (batches.length > 0) this.#options.onApplied?.()
          this.#failure = undefined
          retryMs = RETRY_MS_MIN
        }
      } catch (error) {
        if (this.#stop.signal.aborted) return
        this.#failure = error instanceof Error ? error.message : String(error)
        this.#options.logger.warn(
          { view: this.#options.name, error: this.#failure, retryMs },
          'gateway: a view lost the log',
        )
        await this.#pause(retryMs)
        retryMs = Math.min(RETRY_MS_MAX, retryMs * 2)
      } finally {
        await this.#closeReader()
      }
    }
  }

  async #open(): Promise<PartitionReader> {
    const { log, name } = this.#options
    if (this.#positions.size === 0) await this.#findPartitions()
    const reader = await log.createPartitionReader({
      clientId: `gateway-${name}`,
      isolation: 'read_committed',
      bufferedBytesMax: BUFFERED_BYTES_MAX,
    })
    try {
      await reader.assign(
        [...this.#positions.values()].map(({ topic, partition, next }) => ({
          topic,
          partition,
          offset: next,
        })),
      )
    } catch (error) {
      await reader.close().catch(() => {})
      throw error
    }
    return reader
  }

  async #findPartitions(): Promise<void> {
    const { admin } = this.#options.log
    const described = await admin.describeTopics([...this.#sources.keys()])
    const partitions = described.flatMap(({ topic, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
    )
    const ends = await admin.offsets(partitions, 'stable')
    for (const [i, { topic, partition }] of partitions.entries()) {
      this.#positions.set(`${topic}-${partition}`, {
        topic,
        partition,
        next: 0,
        applied: 0,
        target: ends[i] ?? 0,
      })
    }
  }

  async #take(batch: FetchedBatch): Promise<void> {
    const source = this.#sources.get(batch.topic)
    const position = this.#positions.get(`${batch.topic}-${batch.partition}`)
    if (source === undefined || position === undefined) return
    const records = this.#options.everyRecord === true ? batch.records : latestOfKeys(batch.records)
    for (const record of records) {
      const pending = record.value === null ? undefined : source.pending(record.value)
      if (pending !== undefined) await pending
      try {
        source.apply(record, batch.partition)
      } catch (error) {
        this.#unreadable.add(1)
        this.#options.logger.debug(
          {
            topic: batch.topic,
            partition: batch.partition,
            offset: record.offset,
            error: String(error),
          },
          'gateway: a view skipped a record',
        )
      }
      // Each by itself: after an error in the middle none is applied twice.
      position.next = record.offset + 1
    }
    position.applied = (batch.records.at(-1)?.offset ?? position.applied - 1) + 1
    position.next = batch.nextOffset
    this.#applied.add(batch.records.length)
  }

  #covers(bound: Position): boolean {
    for (const { topic, partition, offset } of bound.entries()) {
      if ((this.#positions.get(`${topic}-${partition}`)?.next ?? -1) < offset) return false
    }
    return true
  }

  #resolveWaiters(): void {
    for (const waiter of [...this.#waiters]) if (waiter.isOver()) waiter.resolve(true)
  }

  #noteCatchUp(): void {
    for (const { next, target } of this.#positions.values()) if (next < target) return
    this.#caughtUp = true
    this.#options.logger.info({ view: this.#options.name }, 'gateway: a view has caught up')
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#stop.signal.addEventListener(
        'abort',
        () => {
          clearTimeout(timer)
          resolve()
        },
        { once: true },
      )
    })
  }
}

/** Decodes each record and hands it on with its key `tenantId|entityId`. */
export function viewSource<T>(
  topic: ViewTopic<T>,
  apply: (key: string, value: T | undefined) => void,
): ViewSource {
  const { name, valueSerde } = topic
  return {
    topic: name,
    apply: ({ key, value, headers }) => {
      if (key === null) throw new Error('a record without a key')
      apply(
        KEY.decode(key),
        value === null ? undefined : valueSerde.deserialize(name, value, headers),
      )
    },
    pending: (value) => valueSerde.pending?.(value),
  }
}

const KEY = new TextDecoder()

/** A view holds the latest of each key: what the same batch overtakes need not be decoded. Records without a key stay, to be counted. */
function latestOfKeys(records: readonly LogRecord[]): readonly LogRecord[] {
  const keys = records.map(({ key }) => (key === null ? undefined : KEY.decode(key)))
  const latest = new Map(keys.map((key, index) => [key, index]))
  return records.filter(
    (_, index) => keys[index] === undefined || latest.get(keys[index]) === index,
  )
}
