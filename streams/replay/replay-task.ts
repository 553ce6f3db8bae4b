import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { StreamsError } from '../errors.ts'
import type { FetchedBatch, LogRecord, TopicPartition } from '../log/log.ts'
import { isRegistryAway, RegistryWait } from '../registry-wait.ts'
import type { TaskStores } from '../store.ts'
import { RecordCacheBudget } from '../task/record-cache-budget.ts'
import { RecordRetries } from '../task/record-retries.ts'
import { StreamTask } from '../task/stream-task.ts'
import { parseTaskId } from '../task/task-id.ts'
import type { TaskInput, TaskTransaction } from '../task/task-options.ts'
import type { InputPosition, ScheduledStart } from '../task/transaction-schedule.ts'
import { noStores } from '../worker/no-stores.ts'
import { SerdeReadiness } from '../worker/serde-readiness.ts'
import { PartitionCursors } from './partition-cursor.ts'
import type { ReplayContext } from './replay-context.ts'
import { ReplayGlobals } from './replay-globals.ts'

/** Shows the recorded readings, one after the other. */
class RecordedClock implements Clock {
  readingMs = 0

  nowMs(): number {
    return this.readingMs
  }

  monotonicMs(): number {
    return this.readingMs
  }
}

/** No bound makes a replayed task stop or commit: the schedule does. */
const UNBOUNDED = {
  transactionRecordsMax: Number.POSITIVE_INFINITY,
  transactionBytesMax: Number.POSITIVE_INFINITY,
}

/**
 * One task of a replay: the `StreamTask` of production with stores of its own, its inputs read by offsets, its clock and its global tables in the
 * caller's hands.
 */
export class ReplayTask {
  readonly taskId: string
  readonly stores: TaskStores
  readonly cursors: PartitionCursors
  readonly clock = new RecordedClock()
  readonly #context: ReplayContext
  readonly #globals: ReplayGlobals | undefined
  readonly #serdes: SerdeReadiness
  readonly #registry: RegistryWait
  readonly #retries = new RecordRetries(dueAtOnce, () => {})
  #task: StreamTask | undefined

  /** Local state of an earlier replay in the directory is deleted. */
  static async open(context: ReplayContext, taskId: string): Promise<ReplayTask> {
    const { plan, stores: backend, directory } = context
    const specs = subTopologyOf(context, taskId).stores
    const place = join(directory, taskId)
    await backend.wipe(place)
    const stores =
      specs.length === 0
        ? noStores
        : await backend.open({
            directory: place,
            taskId,
            specs,
            overlayBytesMax: Number.MAX_SAFE_INTEGER,
            changelogTopic: plan.changelogTopic,
          })
    const cursors = new PartitionCursors(context.log)
    let globals: ReplayGlobals | undefined
    if (plan.topology.globalStores.length > 0) {
      const globalPlace = join(directory, `global-${taskId}`)
      await backend.wipe(globalPlace)
      globals = await ReplayGlobals.open(context, cursors, globalPlace)
    }
    return new ReplayTask(context, taskId, stores, cursors, globals)
  }

  private constructor(
    context: ReplayContext,
    taskId: string,
    stores: TaskStores,
    cursors: PartitionCursors,
    globals: ReplayGlobals | undefined,
  ) {
    this.#context = context
    this.taskId = taskId
    this.stores = stores
    this.cursors = cursors
    this.#globals = globals
    this.#serdes = new SerdeReadiness(context.plan)
    const place = { replay: context.plan.applicationId, taskId }
    this.#registry = new RegistryWait({ place, logger: context.logger, timers: context.timers })
  }

  get task(): StreamTask {
    assert(this.#task !== undefined, `task ${this.taskId} has no start`)
    return this.#task
  }

  get retries(): RecordRetries {
    return this.#retries
  }

  /** Of every input, the next offset to take; empty before the first start. */
  get positions(): readonly InputPosition[] {
    return (this.#task?.queues ?? []).map(({ topic, partition, position: offset }) => ({
      topic,
      partition,
      offset,
    }))
  }

  async advanceGlobals(positions: readonly InputPosition[]): Promise<void> {
    await this.#globals?.advance(positions)
  }

  /** The task is made, or made anew as after a restart: what its processors held in fields is gone, its stores are as of the last commit. */
  async begin(
    start: Pick<
      ScheduledStart,
      | 'readingMs'
      | 'inputs'
      | 'globalPositions'
      | 'recordCaches'
      | 'recordBytesMax'
      | 'wallClockDueMs'
    >,
    maxTaskIdleMs = -1,
  ): Promise<void> {
    this.#task?.close()
    this.#retries.close()
    await this.advanceGlobals(start.globalPositions)
    this.clock.readingMs = start.readingMs
    const { plan, handlers, metrics, deadLetter, deadLetterDropped } = this.#context
    const inputs = start.inputs.map((input) => this.#inputOf(input))
    const { partition } = partsOf(this.taskId)
    this.#task = new StreamTask({
      applicationId: plan.applicationId,
      topologyName: plan.topology.name,
      taskId: this.taskId,
      partition,
      subTopology: subTopologyOf(this.#context, this.taskId),
      physicalTopic: plan.physicalTopic,
      changelogTopic: plan.changelogTopic,
      partitionCounts: (topic) => plan.partitionCounts.get(topic),
      inputs,
      stores: this.stores,
      globals: this.#globals?.tables,
      clock: this.clock,
      handlers,
      deadLetter,
      deadLetterDropped,
      metrics,
      retries: this.#retries,
      bounds: { ...UNBOUNDED, recordBytesMax: start.recordBytesMax },
      recordCacheBudget: new RecordCacheBudget(start.recordCaches ? Number.POSITIVE_INFINITY : 0),
      maxTaskIdleMs,
    })
    this.#task.init()
    this.#task.resumeWallClockAt(start.wallClockDueMs)
  }

  /** Hands records of one input over, up to a position. */
  async feed(place: TopicPartition, records: readonly LogRecord[], to: number, endOffset = to) {
    const { topic, partition } = place
    const batch = { topic, partition, records, nextOffset: to, endOffset }
    if (this.#serdes.firstUnready(batch) >= 0) await this.#fetchSchemas(batch)
    this.task.enqueue(batch)
  }

  /** Whatever else is wrong with a record, `deserialize` tells. */
  async #fetchSchemas({ topic, records }: FetchedBatch): Promise<void> {
    for (const record of records) {
      await this.#registry.call(() =>
        this.#serdes.fetch(topic, record)?.catch((error: unknown) => {
          if (isRegistryAway(error)) throw error
        }),
      )
    }
  }

  /** Takes all that was handed over, then the punctuations that are due at the clock's reading. */
  run(): void {
    this.task.run(Number.MAX_SAFE_INTEGER)
    if (!this.task.hasBuffered) return
    const {
      topic,
      partition,
      position: offset,
    } = this.task.queues.find(({ head }) => head !== undefined) ?? assert.fail()
    throw new StreamsError(
      'STREAMS_REPLAY_DIVERGED',
      'a record failed, and the recorded run had not failed there',
      { topic, partition, offset, taskId: this.taskId },
      'Replay with the program, the handlers and the topology of the recorded run.',
    )
  }

  /** What a commit would write, nothing of it is written to the log; state is committed. */
  async commit(): Promise<TaskTransaction> {
    const { task } = this
    task.flushCaches()
    const topics = task.collector.unresolvedTopics()
    if (topics.length > 0) {
      for (const { topic, partitions } of await this.#context.log.admin.describeTopics(topics))
        task.collector.resolve(topic, partitions)
    }
    const transaction = task.takeTransaction()
    this.stores.commit(new Map())
    task.committed(transaction)
    return transaction
  }

  async close(): Promise<void> {
    this.#registry.end()
    this.#retries.close()
    this.#task?.close()
    this.stores.discard()
    await this.stores.close()
    await this.#globals?.close()
    await this.cursors.close()
  }

  #inputOf(input: ScheduledStart['inputs'][number]): TaskInput {
    const { topic, partition, offset: position, metadata } = input
    const { subTopologyId, partition: own } = partsOf(this.taskId)
    const planned = this.#context.plan
      .inputsOf(subTopologyId, own)
      .find((one) => one.topic === topic && one.partition === partition)
    assert(planned !== undefined, `task ${this.taskId} does not read ${topic}-${partition}`)
    return { ...planned, position, metadata, endOffset: position }
  }
}

export function partsOf(taskId: string) {
  const parts = parseTaskId(taskId)
  assert(parts !== undefined, `${taskId} is no task id`)
  return parts
}

function subTopologyOf({ plan }: ReplayContext, taskId: string) {
  const { subTopologyId } = partsOf(taskId)
  const found = plan.subTopologies.find(({ subTopology }) => subTopology.id === subTopologyId)
  assert(found !== undefined, `the topology has no sub-topology ${subTopologyId}`)
  return found.subTopology
}

function dueAtOnce(_delayMs: number, callback: () => void): () => void {
  callback()
  return () => {}
}
