import { systemClock } from '../../clock.ts'
import type {
  FetchedBatch,
  PartitionReader,
  PartitionReaderOptions,
  TopicPartition,
} from '../log.ts'
import { type LogCore, requireOpen } from './log-core.ts'
import { logClosed } from './log-errors.ts'
import { PartitionCursors } from './partition-cursors.ts'
import { eventLoopTurn, Signal } from './signal.ts'

export const BUFFERED_BYTES_DEFAULT = 4 * 1024 * 1024
export const POLLED_RECORDS_DEFAULT = 10_000

/** Reads chosen partitions without a group. */
export class EmbeddedReader implements PartitionReader {
  readonly #core: LogCore
  readonly #signal = new Signal()
  readonly #cursors: PartitionCursors
  #closed = false

  constructor(core: LogCore, options: PartitionReaderOptions) {
    this.#core = core
    this.#cursors = new PartitionCursors({
      bytesMax: options.bufferedBytesMax ?? BUFFERED_BYTES_DEFAULT,
      wake: () => this.#signal.notify(),
    })
  }

  async assign(
    positions: readonly (TopicPartition & { readonly offset: number })[],
  ): Promise<void> {
    this.#requireOpen()
    const logs = positions.map((position) => this.#core.topics.partition(position))
    this.#cursors.clear()
    for (const [index, { offset }] of positions.entries()) {
      const log = logs[index]
      if (log !== undefined) this.#cursors.add(log, Math.max(offset, log.state.startOffset))
    }
    this.#signal.notify()
  }

  async poll(options: {
    readonly maxWaitMs: number
    readonly recordsMax?: number
  }): Promise<readonly FetchedBatch[]> {
    const recordsMax = options.recordsMax ?? POLLED_RECORDS_DEFAULT
    // Waiting is a matter of real time, whatever the log's clock says.
    const untilMs = systemClock.monotonicMs() + options.maxWaitMs
    for (;;) {
      this.#requireOpen()
      this.#signal.reset()
      const batches = this.#cursors.poll(recordsMax)
      const waitMs = untilMs - systemClock.monotonicMs()
      if (batches.length > 0 || waitMs <= 0) {
        await eventLoopTurn()
        return batches
      }
      await this.#signal.wait(waitMs)
      if (this.#closed) return []
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cursors.clear()
    this.#signal.notify()
  }

  #requireOpen(): void {
    requireOpen(this.#core)
    if (this.#closed) throw logClosed()
  }
}
