import { Backoff } from '../backoff.ts'
import type { FetchedBatch, Log, PartitionReader, TopicPartition } from '../log/log.ts'
import { logTrouble } from '../log-trouble.ts'
import type { Logger } from '../logger.ts'
import { isRegistryAway, RegistryWait } from '../registry-wait.ts'
import type { Serde } from '../serde.ts'
import type { Timers } from '../timers.ts'
import type { Topology } from '../topology.ts'
import type { GlobalTables } from './global-tables.ts'

export interface GlobalReaderOptions {
  readonly log: Log
  readonly clientId: string
  readonly topology: Topology
  readonly tables: GlobalTables
  readonly partitionCounts: ReadonlyMap<string, number>
  readonly logger: Logger
  readonly timers: Timers
  /** A record cannot be applied: tasks must not go on with a table that misses it. */
  readonly onFailure: (error: unknown) => void
}

/** What comes, and `close`, end a poll before. */
const POLL_WAIT_MS = 1_000
const RECORDS_MAX = 5_000

/** Keeps global tables at the end of their topics: wholly before the first task runs, then between batches. */
export class GlobalReader {
  readonly #options: GlobalReaderOptions
  readonly #backoff: Backoff
  readonly #registry: RegistryWait
  #following: Promise<void> | undefined
  #reader: PartitionReader | undefined
  #closed = false

  constructor(options: GlobalReaderOptions) {
    this.#options = options
    const { clientId, logger, timers } = options
    this.#backoff = new Backoff({ firstMs: 100, longestMs: 2_000, timers })
    this.#registry = new RegistryWait({ place: { reader: clientId }, logger, timers })
  }

  /** Whether a table has applied more than its topic holds: the topic was made anew, or lost its end. */
  async isAheadOfLog(): Promise<boolean> {
    const partitions = this.#partitions()
    const ends = await this.#options.log.admin.offsets(partitions, 'stable')
    return partitions.some(
      (place, index) => (this.#options.tables.position(place) ?? 0) > (ends[index] ?? 0),
    )
  }

  /** Applies everything that the topics hold now. */
  async bootstrap(): Promise<void> {
    const { log, tables } = this.#options
    const partitions = this.#partitions()
    const ends = await log.admin.offsets(partitions, 'stable')
    const starts = await log.admin.offsets(partitions, 'earliest')
    const behind = new Map<string, number>()
    for (const [index, place] of partitions.entries()) {
      const end = ends[index] ?? 0
      const position = Math.max(tables.position(place) ?? 0, starts[index] ?? 0)
      if (position < end) behind.set(placeOf(place), end)
    }
    await this.#read(
      () => behind.size > 0,
      (batch) => {
        const end = behind.get(placeOf(batch))
        if (end !== undefined && batch.nextOffset >= end) behind.delete(placeOf(batch))
      },
    )
  }

  /** Goes on in the background until `close`. */
  follow(): void {
    this.#following = this.#read(
      () => true,
      () => {},
    ).catch((error: unknown) => this.#options.onFailure(error))
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#backoff.end()
    this.#registry.end()
    await this.#closeReader().catch(() => {})
    await this.#following
  }

  /** Ends a poll that waits. */
  async #closeReader(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    await reader?.close()
  }

  async #read(goesOn: () => boolean, applied: (batch: FetchedBatch) => void): Promise<void> {
    const { log, clientId, tables, logger } = this.#options
    while (!this.#closed && goesOn()) {
      try {
        let reader = this.#reader
        if (reader === undefined) {
          reader = await log.createPartitionReader({ clientId, isolation: 'read_committed' })
          this.#reader = reader
          await reader.assign(this.#positions())
          if (this.#closed) break
        }
        const batches = await reader.poll({ maxWaitMs: POLL_WAIT_MS, recordsMax: RECORDS_MAX })
        for (const batch of batches) {
          if (!(await this.#awaitSerdes(batch))) break
          tables.apply(batch)
          applied(batch)
        }
        if (batches.length > 0) await this.#options.timers.turn()
        this.#backoff.reset()
      } catch (error) {
        await this.#closeReader().catch(() => {})
        if (this.#closed) return
        if (logTrouble(error) !== 'begin-again') throw error
        logger.warn({ error: String(error) }, 'global stores wait for the log')
        await this.#backoff.wait()
      }
    }
    await this.#closeReader()
  }

  /** Waits for schemas as long as the registry is away. @returns whether the batch may be applied; false when closed before */
  async #awaitSerdes({ topic, records }: FetchedBatch): Promise<boolean> {
    for (const node of this.#options.topology.globalStores) {
      if (node.topic !== topic) continue
      const { keySerde, valueSerde } = node
      for (const { key, value } of records) {
        if (!(await this.#ready(keySerde, key))) return false
        if (!(await this.#ready(valueSerde, value))) return false
      }
    }
    return true
  }

  /** Whatever else is wrong with the bytes, `deserialize` tells. */
  async #ready(serde: Serde<unknown>, bytes: Uint8Array | null): Promise<boolean> {
    if (bytes === null) return true
    let fetch = serde.pending?.(bytes)
    if (fetch === undefined) return true
    return await this.#registry.call(() => {
      const first = fetch ?? serde.pending?.(bytes)
      fetch = undefined
      return first?.catch((error: unknown) => {
        if (isRegistryAway(error)) throw error
      })
    })
  }

  #positions(): (TopicPartition & { readonly offset: number })[] {
    const { tables } = this.#options
    return this.#partitions().map((place) => ({ ...place, offset: tables.position(place) ?? 0 }))
  }

  #partitions(): TopicPartition[] {
    const { topology, partitionCounts } = this.#options
    const topics = [...new Set(topology.globalStores.map(({ topic }) => topic))]
    return topics.flatMap((topic) =>
      Array.from({ length: partitionCounts.get(topic) ?? 0 }, (_, partition) => ({
        topic,
        partition,
      })),
    )
  }
}

function placeOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
