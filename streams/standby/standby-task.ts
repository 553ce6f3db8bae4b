import assert from 'node:assert/strict'
import { Backoff } from '../backoff.ts'
import { StreamsError } from '../errors.ts'
import type { LogRecord } from '../log/log.ts'
import { logTrouble } from '../log-trouble.ts'
import type { Counter } from '../metrics.ts'
import { decodePosition, Position } from '../queries/position.ts'
import type { TaskStores } from '../store.ts'
import { StoreMetrics } from '../task/store-metrics.ts'
import { TaskState } from '../worker/task-state.ts'
import type { ThreadContext } from '../worker/thread-context.ts'
import type { FollowedStore, StandbyReader } from './standby-reader.ts'
import { nextStandbyStatus, type StandbyInput, type StandbyStatus } from './standby-status.ts'

/** How far one store of a standby task is. */
export interface StandbyProgress {
  readonly store: string
  /** Next changelog offset to apply. */
  readonly position: number
  /** The changelog's end as it was seen last. */
  readonly endOffset: number
}

interface FollowedState {
  position: number
  /** The changelog's end when it began to follow. */
  readonly firstEnd: number
  endOffset: number
  reflected: Position
  readonly applied: Counter
}

/** A replica of a task's stores that follows their changelogs, so that another instance's task can go on here at once. */
export class StandbyTask {
  readonly taskId: string
  readonly #context: ThreadContext
  readonly #reader: StandbyReader
  readonly #state: TaskState
  readonly #backoff: Backoff
  readonly #followed = new Map<string, FollowedState>()
  #status: StandbyStatus = 'CREATED'
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined
  readonly #failed: (error: unknown) => void

  /** @param failed told of what neither waiting nor repeating helps */
  constructor(
    context: ThreadContext,
    reader: StandbyReader,
    taskId: string,
    failed: (error: unknown) => void,
  ) {
    this.taskId = taskId
    this.#context = context
    this.#reader = reader
    this.#failed = failed
    this.#state = new TaskState(context, taskId, { handOver: () => this.close() })
    this.#backoff = new Backoff({ firstMs: 50, longestMs: 2_000, timers: context.timers })
  }

  get status(): StandbyStatus {
    return this.#status
  }

  get partition(): number {
    return this.#state.partition
  }

  /** Undefined unless it follows. */
  get stores(): TaskStores | undefined {
    return this.#status === 'RUNNING' ? this.#state.stores : undefined
  }

  /** Changelog records that are not applied yet, over all stores. */
  get lag(): number {
    return this.progress().reduce((sum, each) => sum + each.endOffset - each.position, 0)
  }

  progress(): readonly StandbyProgress[] {
    return [...this.#followed].map(([store, { position, endOffset }]) => ({
      store,
      position,
      endOffset: Math.max(position, endOffset),
    }))
  }

  /** Of one store; undefined where it does not follow. */
  lagOf(store: string): number | undefined {
    const followed = this.#followed.get(store)
    return followed && Math.max(0, followed.endOffset - followed.position)
  }

  /** Whether a store was ever complete here: until it reaches the end that it found, it lacks what nobody would call stale. */
  isComplete(store: string): boolean {
    const followed = this.#followed.get(store)
    return followed !== undefined && followed.position >= followed.firstEnd
  }

  /** What a store reflects of the task's inputs; empty until a transaction has told. */
  reflected(store: string): Position {
    return this.#followed.get(store)?.reflected ?? Position.empty
  }

  /** Opens the stores in the background, and follows. Repeats while another task has them, or the log is away. */
  start(): void {
    this.#opening = this.#open()
  }

  /** Stops following. The stores stay open for the task that takes over, if there is one here. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #open(): Promise<void> {
    while (this.#closing === undefined) {
      try {
        await this.#openOnce()
        return
      } catch (error) {
        if (this.#closing !== undefined) return
        const isLocked = error instanceof StreamsError && error.code === 'STORE_LOCKED'
        if (!isLocked && logTrouble(error) !== 'begin-again') {
          this.#failed(error)
          return
        }
        const { taskId } = this
        this.#context.logger.info(
          { taskId, error: String(error) },
          'the standby task cannot begin yet',
        )
        await this.#backoff.wait()
      }
    }
  }

  async #openOnce(): Promise<void> {
    const { plan, metrics, state } = this.#context
    const restorations = await this.#state.restorations()
    if (this.#closing !== undefined) return
    const labels = { application: plan.applicationId, task: this.taskId }
    new StoreMetrics(metrics, labels, await this.#state.managed())
    metrics.observe(
      'orion_standby_lag_records',
      'Changelog records that a standby task has not applied yet.',
      labels,
      () => this.lag,
    )
    const stores = restorations.map(
      ({ topic, partition, store, from, endOffset }): FollowedStore => {
        const { name } = store.spec
        const applied = metrics.counter(
          'orion_standby_records_total',
          'Changelog records that standby tasks applied to a store.',
          { ...labels, store: name },
        )
        const followed = {
          position: from,
          firstEnd: endOffset,
          endOffset,
          reflected: Position.empty,
          applied,
        }
        this.#followed.set(name, followed)
        const advanced = (records: readonly LogRecord[], nextOffset: number, end: number) => {
          followed.position = nextOffset
          followed.endOffset = end
          followed.reflected = decodePosition(records) ?? followed.reflected
          applied.add(records.length)
          state.sawEnd(this.taskId, name, end)
        }
        return { topic, partition, taskId: this.taskId, store, advanced }
      },
    )
    if (this.#closing !== undefined) return
    this.#move('opened')
    this.#reader.follow(stores)
  }

  async #close(): Promise<void> {
    this.#backoff.end()
    this.#reader.unfollow(this.taskId)
    await this.#opening
    this.#reader.unfollow(this.taskId)
    const { metrics, plan } = this.#context
    metrics.remove({ application: plan.applicationId, task: this.taskId })
    this.#state.release()
    this.#move('close')
  }

  #move(input: StandbyInput): void {
    const next = nextStandbyStatus(this.#status, input)
    assert(next !== undefined, `standby task ${this.taskId} is ${this.#status} and cannot ${input}`)
    this.#status = next
  }
}
