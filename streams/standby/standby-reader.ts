import { Backoff } from '../backoff.ts'
import type { Log, LogRecord, PartitionReader, TopicPartition } from '../log/log.ts'
import { logTrouble } from '../log-trouble.ts'
import type { Logger } from '../logger.ts'
import type { ManagedStore } from '../store.ts'
import type { Timers } from '../timers.ts'

/** One store that follows its changelog. */
export interface FollowedStore extends TopicPartition {
  readonly taskId: string
  readonly store: ManagedStore
  /** Records were applied, or the end of the changelog was seen to have moved. */
  readonly advanced: (records: readonly LogRecord[], nextOffset: number, endOffset: number) => void
}

export interface StandbyReaderOptions {
  readonly log: Log
  readonly clientId: string
  readonly timers: Timers
  readonly logger: Logger
  /** Records applied before other work of the thread gets a turn. */
  readonly recordsMax: number
  /** A store cannot be written, or what was read is not understood. */
  readonly onFailure: (error: unknown) => void
}

interface Followed {
  readonly followed: FollowedStore
  position: number
}

const POLL_WAIT_MS = 100

/** Lets the stores of many standby tasks follow their changelogs through one reader, committed records only, slice by slice. */
export class StandbyReader {
  readonly #options: StandbyReaderOptions
  readonly #followed = new Map<string, Followed>()
  readonly #backoff: Backoff
  #reading: Promise<void> | undefined
  #assigned = false
  #closed = false

  constructor(options: StandbyReaderOptions) {
    this.#options = options
    this.#backoff = new Backoff({ firstMs: 100, longestMs: 2_000, timers: options.timers })
  }

  /** From each store's checkpoint on, until `unfollow`. */
  follow(stores: readonly FollowedStore[]): void {
    for (const followed of stores) {
      const position = followed.store.checkpoint() ?? 0
      this.#followed.set(placeOf(followed), { followed, position })
    }
    this.#assigned = false
    this.#start()
  }

  /** Nothing is applied to the task's stores after this returns. */
  unfollow(taskId: string): void {
    for (const [place, { followed }] of this.#followed) {
      if (followed.taskId !== taskId) continue
      this.#followed.delete(place)
      this.#assigned = false
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#followed.clear()
    this.#backoff.end()
    await this.#reading
  }

  #start(): void {
    if (this.#closed || this.#followed.size === 0) return
    this.#reading ??= this.#read()
      .catch((error: unknown) => this.#options.onFailure(error))
      .finally(() => {
        this.#reading = undefined
      })
  }

  async #read(): Promise<void> {
    const { log, clientId, logger } = this.#options
    let reader: PartitionReader | undefined
    try {
      while (this.#followed.size > 0 && !this.#closed) {
        try {
          reader ??= await log.createPartitionReader({ clientId, isolation: 'read_committed' })
          await this.#slice(reader)
          this.#backoff.reset()
        } catch (error) {
          if (logTrouble(error) !== 'begin-again') throw error
          logger.warn({ error: String(error) }, 'standby tasks wait for the log')
          await reader?.close().catch(() => {})
          reader = undefined
          this.#assigned = false
          await this.#backoff.wait()
        }
      }
    } finally {
      this.#assigned = false
      await reader?.close().catch(() => {})
    }
    // Added while the reader was being closed.
    if (this.#followed.size > 0 && !this.#closed) await this.#read()
  }

  async #slice(reader: PartitionReader): Promise<void> {
    if (!this.#assigned) {
      this.#assigned = true
      await reader.assign(
        [...this.#followed.values()].map(({ followed, position }) => ({
          topic: followed.topic,
          partition: followed.partition,
          offset: position,
        })),
      )
    }
    const { recordsMax, timers } = this.#options
    for (const batch of await reader.poll({ maxWaitMs: POLL_WAIT_MS, recordsMax })) {
      const entry = this.#followed.get(placeOf(batch))
      // Read before the task went away, or again since it came: what is new is applied then.
      if (entry === undefined || batch.nextOffset <= entry.position) continue
      const records = batch.records.filter(({ offset }) => offset >= entry.position)
      entry.followed.store.restore(records, batch.nextOffset)
      entry.position = batch.nextOffset
      entry.followed.advanced(records, batch.nextOffset, batch.endOffset)
    }
    await timers.turn()
  }
}

function placeOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
