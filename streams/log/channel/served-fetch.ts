import { Signal } from '../embedded/signal.ts'
import type { FetchedBatch, TopicPartition } from '../log.ts'
import { failureOf } from './failures.ts'
import { Packer } from './packing.ts'
import { FETCH_OVERHEAD_BYTES, type ServerMessage, type Target, windowBytes } from './protocol.ts'

/** Long, for nothing waits for its end: whatever is of interest wakes a poll. */
const POLL_WAIT_MS = 1_000
/** So that one message neither takes long to pack nor to read. */
const POLL_RECORDS_MAX = 2_000

export interface FetchSource {
  poll(options: {
    readonly maxWaitMs: number
    readonly recordsMax: number
  }): Promise<readonly FetchedBatch[]>
}

/** Polls ahead of the other thread's polls, as far as it has given credit, and hands over what came. */
export class ServedFetch {
  readonly #source: FetchSource
  readonly #target: Target
  readonly #post: (message: ServerMessage, transfer: ArrayBuffer[]) => void
  /** What to do with batches of a poll during which positions were changed; answers those that are of the new positions for sure. */
  readonly #undoubted: (batches: readonly FetchedBatch[]) => Promise<readonly FetchedBatch[]>
  readonly #epochOf: (partition: TopicPartition) => number
  readonly #packer = new Packer()
  readonly #signal = new Signal()
  #credit: number
  #running = false
  #ended = false

  constructor(options: {
    readonly source: FetchSource
    readonly target: Target
    readonly bufferedBytesMax: number | undefined
    readonly post: (message: ServerMessage, transfer: ArrayBuffer[]) => void
    readonly undoubted: (batches: readonly FetchedBatch[]) => Promise<readonly FetchedBatch[]>
    readonly epochOf: (partition: TopicPartition) => number
  }) {
    this.#source = options.source
    this.#target = options.target
    this.#post = options.post
    this.#undoubted = options.undoubted
    this.#epochOf = options.epochOf
    this.#credit = windowBytes(options.bufferedBytesMax)
  }

  credit(bytes: number): void {
    this.#credit += bytes
    this.#signal.notify()
  }

  /** Resolves after a first poll, which waits for nothing; the others go on beside. Rejects with what it failed with. */
  async begin(): Promise<void> {
    if (this.#running || this.#ended) return
    this.#running = true
    try {
      if (this.#credit > 0) await this.#fetch(0)
    } catch (error) {
      this.#running = false
      throw error
    }
    this.#run()
      .catch((error: unknown) => {
        const failure = failureOf(error)
        if (!this.#ended) this.#post({ kind: 'fetch-failure', target: this.#target, failure }, [])
      })
      .finally(() => {
        this.#running = false
      })
  }

  end(): void {
    this.#ended = true
    this.#signal.notify()
  }

  async #run(): Promise<void> {
    while (!this.#ended) {
      this.#signal.reset()
      if (this.#credit > 0) await this.#fetch(POLL_WAIT_MS)
      else await this.#signal.wait(POLL_WAIT_MS)
    }
  }

  async #fetch(maxWaitMs: number): Promise<void> {
    const polled = await this.#source.poll({ maxWaitMs, recordsMax: POLL_RECORDS_MAX })
    const batches = polled.length === 0 ? polled : await this.#undoubted(polled)
    if (batches.length === 0 || this.#ended) return
    const fetched = batches.map(({ topic, partition, records, nextOffset, endOffset }) => {
      const place = this.#packer.add(records, ({ offset }) => offset)
      const epoch = this.#epochOf({ topic, partition })
      return { topic, partition, ...place, epoch, nextOffset, endOffset }
    })
    const bytes = this.#packer.take()
    this.#credit -= bytes.byteLength + fetched.length * FETCH_OVERHEAD_BYTES
    this.#post({ kind: 'records', target: this.#target, fetched, bytes }, [bytes])
  }
}
