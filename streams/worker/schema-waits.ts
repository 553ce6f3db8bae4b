import type { FetchedBatch, LogRecord, TopicPartition } from '../log/log.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import { isRegistryAway } from '../registry-wait.ts'
import type { Timers } from '../timers.ts'
import type { SerdeReadiness } from './serde-readiness.ts'

/** A task as far as its waiting records go. */
export interface WaitingTask {
  readonly taskId: string
  /** How often it has sought its inputs: what was fetched before is fetched again. */
  readonly seeks: number
  /** Undefined while it does not run. */
  readonly task: object | undefined
  enqueue(batch: FetchedBatch): void
}

export interface SchemaWaitsOptions<T extends WaitingTask> {
  readonly thread: string
  readonly labels: Readonly<Record<string, string>>
  readonly readiness: Pick<SerdeReadiness, 'firstUnready' | 'fetch'>
  readonly taskOf: (place: TopicPartition) => T | undefined
  readonly pause: (place: TopicPartition) => void
  readonly resume: (place: TopicPartition) => void
  /** A partition can go on: call `deliver` soon. */
  readonly onReady: () => void
  readonly timers: Timers
  readonly logger: Logger
  readonly metrics: Metrics
}

/** The first record of a partition whose schema the registry does not tell, because it is away. */
export interface SchemaWait extends TopicPartition {
  readonly offset: number
  readonly attempts: number
  readonly error: string
}

interface Held<T> extends TopicPartition {
  readonly active: T
  readonly seeks: number
  /** In order; the first record of the first one is waited for. */
  batches: FetchedBatch[]
  ready: boolean
  attempts: number
  /** Why the registry gave no answer; undefined before its first failure. */
  error: string | undefined
}

const FIRST_MS = 100
const LONGEST_MS = 5_000

/**
 * Partitions whose next record cannot be read before a schema is fetched. Each waits alone, paused, with what was fetched of it: records
 * before that one are taken, other partitions go on. It waits as long as the registry is away; any answer ends the wait.
 */
export class SchemaWaits<T extends WaitingTask> {
  readonly #options: SchemaWaitsOptions<T>
  readonly #held = new Map<string, Held<T>>()
  #nextMs = FIRST_MS
  #cancelRetry: (() => void) | undefined
  #told = false
  #ended = false

  constructor(options: SchemaWaitsOptions<T>) {
    this.#options = options
    options.metrics.observe(
      'orion_thread_partitions_without_schema',
      'Partitions that wait because the schema registry does not answer.',
      options.labels,
      () => [...this.#held.values()].filter(isAway).length,
    )
  }

  /** Hands a batch to its task as far as it can be read, and keeps the rest. */
  take(active: T, batch: FetchedBatch): void {
    const held = this.#heldOf(batch)
    if (held === undefined) this.#takeUp(active, [batch], false)
    else held.batches.push(batch)
  }

  /** Whether the partition must stay paused. */
  holds(place: TopicPartition): boolean {
    return this.#held.size > 0 && this.#heldOf(place) !== undefined
  }

  /** Whether every record of the batch can be read, and none before it waits. */
  isReadable(batch: FetchedBatch): boolean {
    return !this.holds(batch) && this.#options.readiness.firstUnready(batch) < 0
  }

  /** Hands over what can go on, and forgets what waits for tasks that are gone or have begun anew. */
  deliver(): void {
    if (this.#held.size === 0 && !this.#told) return
    for (const held of [...this.#held.values()]) {
      if (this.#heldOf(held) !== held || !held.ready) continue
      this.#held.delete(placeOf(held))
      // One that is begun anew seeks and resumes by itself.
      if (held.active.task === undefined) continue
      this.#takeUp(held.active, held.batches, true)
      if (!this.holds(held)) this.#options.resume(held)
    }
    this.#tell()
  }

  /** Partitions that wait because the registry is away. */
  waits(active: T): readonly SchemaWait[] {
    const waits: SchemaWait[] = []
    for (const held of this.#held.values()) {
      const { topic, partition, attempts, error = '' } = held
      const offset = headOf(held)?.offset
      if (held.active !== active || offset === undefined || !isAway(held)) continue
      waits.push({ topic, partition, offset, attempts, error })
    }
    return waits
  }

  /** Nothing is waited for any more; what was kept is fetched again by the next owner. */
  end(): void {
    this.#ended = true
    this.#cancelRetry?.()
    this.#held.clear()
  }

  /** With `settled` the very first record is taken whatever its serde says: its answer is there, `deserialize` reports a refusal. */
  #takeUp(active: T, batches: readonly FetchedBatch[], settled: boolean): void {
    for (const [number, batch] of batches.entries()) {
      const from = settled && number === 0 ? 1 : 0
      const index = this.#options.readiness.firstUnready(batch, from)
      const record = batch.records[index]
      if (record === undefined) {
        active.enqueue(batch)
        continue
      }
      // Also when it is empty: the task learns how much there is to come.
      active.enqueue({
        ...batch,
        records: batch.records.slice(0, index),
        nextOffset: record.offset,
      })
      const rest = { ...batch, records: batch.records.slice(index) }
      this.#hold(active, [rest, ...batches.slice(number + 1)])
      return
    }
  }

  #hold(active: T, batches: FetchedBatch[]): void {
    const [first] = batches
    if (first === undefined || this.#ended) return
    const { topic, partition } = first
    const held: Held<T> = {
      ...{ topic, partition, active, seeks: active.seeks, batches },
      ...{ ready: false, attempts: 0, error: undefined },
    }
    this.#held.set(placeOf(first), held)
    this.#options.pause(held)
    void this.#fetch(held)
  }

  async #fetch(held: Held<T>): Promise<void> {
    const { readiness, onReady } = this.#options
    const record = headOf(held)
    try {
      held.attempts++
      if (record !== undefined) await readiness.fetch(held.topic, record)
    } catch (error) {
      if (isRegistryAway(error)) {
        this.#away(held, error)
        return
      }
    }
    held.ready = true
    if (this.#held.get(placeOf(held)) === held) onReady()
  }

  #away(held: Held<T>, error: unknown): void {
    if (this.#heldOf(held) !== held) return
    held.error = String(error)
    this.#tell()
    // One timer for all: partitions that wait for one schema ask for it once.
    this.#cancelRetry ??= this.#options.timers.after(this.#nextMs, () => this.#retry())
  }

  #retry(): void {
    this.#cancelRetry = undefined
    this.#nextMs = Math.min(LONGEST_MS, this.#nextMs * 2)
    for (const held of [...this.#held.values()]) {
      if (this.#heldOf(held) === held && isAway(held)) void this.#fetch(held)
    }
  }

  /** One line when the first partition waits for the registry, one when none does. */
  #tell(): void {
    const { thread, logger } = this.#options
    const away = [...this.#held.values()].find(isAway)
    if (away !== undefined && !this.#told) {
      this.#told = true
      const { topic, partition, error = '', active } = away
      const offset = headOf(away)?.offset ?? -1
      logger.warn(
        { thread, taskId: active.taskId, topic, partition, offset, error },
        'the schema registry does not answer: partitions whose next record has an unknown schema wait for it',
      )
    }
    if (away !== undefined || !this.#told) return
    this.#told = false
    this.#nextMs = FIRST_MS
    logger.info({ thread }, 'no partition waits for the schema registry any more')
  }

  /** What is kept for a task that is gone, or that has sought since, is dropped: it is fetched again. */
  #heldOf(place: TopicPartition): Held<T> | undefined {
    const held = this.#held.get(placeOf(place))
    if (held === undefined) return undefined
    const { active, seeks } = held
    if (this.#options.taskOf(held) === active && active.seeks === seeks) return held
    this.#held.delete(placeOf(held))
    return undefined
  }
}

function isAway({ error, ready }: Held<unknown>): boolean {
  return error !== undefined && !ready
}

function headOf({ batches }: Held<unknown>): LogRecord | undefined {
  return batches[0]?.records[0]
}

function placeOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
