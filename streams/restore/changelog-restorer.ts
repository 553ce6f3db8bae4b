import { Backoff } from '../backoff.ts'
import type { Clock } from '../clock.ts'
import type { Log, PartitionReader, TopicPartition } from '../log/log.ts'
import { logTrouble } from '../log-trouble.ts'
import type { Logger } from '../logger.ts'
import type { ManagedStore } from '../store.ts'
import type { Timers } from '../timers.ts'

/** One store that is to be brought to its changelog's end. */
export interface Restoration extends TopicPartition {
  readonly taskId: string
  readonly store: ManagedStore
  /** Next offset to apply. */
  readonly from: number
  readonly endOffset: number
}

export interface RestoreProgress extends TopicPartition {
  readonly taskId: string
  readonly store: string
  readonly from: number
  readonly position: number
  readonly endOffset: number
  /** Changelog offsets a second since the start; undefined before the first. */
  readonly offsetsPerSecond: number | undefined
  /** At that rate, until the end. */
  readonly remainingMs: number | undefined
}

/** Told of every restoration, as Kafka Streams' `StateRestoreListener`. Must not throw. */
export interface RestoreListener {
  restoreStarted?(progress: RestoreProgress): void
  batchRestored?(progress: RestoreProgress, records: number): void
  restoreEnded?(progress: RestoreProgress, records: number): void
  /** The task went away before the end. */
  restoreSuspended?(progress: RestoreProgress, records: number): void
}

/** Told what a task's restorations came to, for its metrics. */
export interface RestoreMeter {
  restored(store: string, records: number): void
  restoreEnded(store: string, elapsedMs: number): void
}

export interface ChangelogRestorerOptions {
  readonly log: Log
  readonly clientId: string
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  readonly listener: RestoreListener | undefined
  /** Records applied before other work of the thread gets a turn. */
  readonly recordsMax: number
}

interface Active {
  readonly restoration: Restoration
  position: number
  records: number
  readonly startedMs: number
  readonly meter: RestoreMeter
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

const POLL_WAIT_MS = 100
const STALLED_AFTER_MS = 10_000

/**
 * Restores stores of many tasks through one reader, slice by slice beside the thread's other work: tasks that are ready are not held up.
 * Changelog records go to the stores as bytes.
 */
export class ChangelogRestorer {
  readonly #options: ChangelogRestorerOptions
  readonly #active = new Map<string, Active>()
  #pumping: Promise<void> | undefined
  #assigned = false
  #closed = false
  readonly #backoff: Backoff

  constructor(options: ChangelogRestorerOptions) {
    this.#options = options
    this.#backoff = new Backoff({ firstMs: 100, longestMs: 2_000, timers: options.timers })
  }

  /** Resolves when every one is at its end, or was cancelled. */
  async restore(restorations: readonly Restoration[], meter: RestoreMeter): Promise<void> {
    const waits = restorations.flatMap((restoration) => {
      const { store, from, endOffset } = restoration
      if (from < endOffset) return this.#add(restoration, meter)
      if (store.checkpoint() !== endOffset) store.restore([], endOffset)
      return []
    })
    await Promise.all(waits)
  }

  /** Of a task's restorations that go on. */
  progress(taskId: string): readonly RestoreProgress[] {
    return [...this.#active.values()]
      .filter(({ restoration }) => restoration.taskId === taskId)
      .map((active) => this.#progressOf(active))
  }

  /** Lets go of a task's restorations; their promises resolve. */
  cancel(taskId: string): void {
    for (const [place, active] of this.#active) {
      if (active.restoration.taskId !== taskId) continue
      this.#active.delete(place)
      this.#assigned = false
      this.#options.listener?.restoreSuspended?.(this.#progressOf(active), active.records)
      active.done()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#backoff.end()
    for (const { restoration } of this.#active.values()) this.cancel(restoration.taskId)
    await this.#pumping
  }

  #add(restoration: Restoration, meter: RestoreMeter): Promise<void> {
    return new Promise((done, failed) => {
      const active = {
        restoration,
        position: restoration.from,
        records: 0,
        startedMs: this.#options.clock.monotonicMs(),
        meter,
        done,
        failed,
      }
      this.#active.set(placeOf(restoration), active)
      this.#assigned = false
      this.#options.listener?.restoreStarted?.(this.#progressOf(active))
      this.#pumping ??= this.#pump().finally(() => {
        this.#pumping = undefined
      })
    })
  }

  async #pump(): Promise<void> {
    const { log, clientId, clock, logger } = this.#options
    let reader: PartitionReader | undefined
    let progressMs = clock.monotonicMs()
    while (this.#active.size > 0 && !this.#closed) {
      try {
        reader ??= await log.createPartitionReader({ clientId, isolation: 'read_committed' })
        if (await this.#slice(reader)) progressMs = clock.monotonicMs()
        else if (clock.monotonicMs() - progressMs > STALLED_AFTER_MS) {
          progressMs = clock.monotonicMs()
          this.#warnStalled()
        }
        this.#backoff.reset()
      } catch (error) {
        if (logTrouble(error) === 'begin-again') {
          logger.warn({ error: String(error) }, 'restoring waits for the log')
          await reader?.close().catch(() => {})
          reader = undefined
          this.#assigned = false
          await this.#backoff.wait()
        } else {
          this.#failAll(error)
        }
      }
    }
    await reader?.close().catch(() => {})
    this.#assigned = false
  }

  /** @returns whether anything moved */
  async #slice(reader: PartitionReader): Promise<boolean> {
    if (!this.#assigned) {
      this.#assigned = true
      const positions = [...this.#active.values()].map(({ restoration, position }) => ({
        topic: restoration.topic,
        partition: restoration.partition,
        offset: position,
      }))
      await reader.assign(positions)
    }
    const { recordsMax } = this.#options
    const batches = await reader.poll({ maxWaitMs: POLL_WAIT_MS, recordsMax })
    for (const batch of batches) {
      const active = this.#active.get(placeOf(batch))
      // Polled before a cancellation, or re-assigned since: what comes again is applied then.
      if (active === undefined || batch.nextOffset <= active.position) continue
      active.restoration.store.restore(batch.records, batch.nextOffset)
      active.position = batch.nextOffset
      active.records += batch.records.length
      active.meter.restored(active.restoration.store.spec.name, batch.records.length)
      this.#options.listener?.batchRestored?.(this.#progressOf(active), batch.records.length)
      if (active.position >= active.restoration.endOffset) this.#complete(active)
    }
    await this.#options.timers.turn()
    return batches.length > 0
  }

  #complete(active: Active): void {
    this.#active.delete(placeOf(active.restoration))
    const elapsedMs = this.#options.clock.monotonicMs() - active.startedMs
    active.meter.restoreEnded(active.restoration.store.spec.name, elapsedMs)
    this.#options.listener?.restoreEnded?.(this.#progressOf(active), active.records)
    active.done()
  }

  #failAll(error: unknown): void {
    for (const [place, active] of this.#active) {
      this.#active.delete(place)
      active.failed(error)
    }
  }

  #progressOf({ restoration, position, startedMs }: Active): RestoreProgress {
    const { topic, partition, taskId, store, from, endOffset } = restoration
    const elapsedMs = this.#options.clock.monotonicMs() - startedMs
    const moved = position - from
    const perMs = moved > 0 && elapsedMs > 0 ? moved / elapsedMs : undefined
    return {
      topic,
      partition,
      taskId,
      store: store.spec.name,
      from,
      position,
      endOffset,
      offsetsPerSecond: perMs && perMs * 1_000,
      remainingMs: perMs && Math.max(0, endOffset - position) / perMs,
    }
  }

  #warnStalled(): void {
    for (const active of this.#active.values()) {
      const { topic, partition, position: offset, endOffset, taskId } = this.#progressOf(active)
      this.#options.logger.warn(
        { topic, partition, offset, endOffset, taskId },
        'a changelog brings no records although its end is not reached',
      )
    }
  }
}

function placeOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
