import { STREAMS_LIMITS } from '../streams-options.ts'
import type { TaskTransaction } from '../task/task-options.ts'
import type { InputPosition } from '../task/transaction-schedule.ts'
import type { ReplayContext } from './replay-context.ts'
import { partsOf, ReplayTask } from './replay-task.ts'

const SLICE = 1_000
/** Records between two readings of the clock, which is the stream time. */
const BATCH = 100

/**
 * One task without a schedule: all records of its inputs in timestamp order, global tables at their ends from the first record on, the wall clock
 * at the stream time. The same every time; what a live run did only where nothing depended on races and timers.
 */
export class TimestampRun {
  readonly task: ReplayTask
  transactions = 0
  records = 0
  readonly #ends: readonly InputPosition[]
  readonly #context: ReplayContext
  #fed: InputPosition[] = []

  static async open(context: ReplayContext, taskId: string): Promise<TimestampRun> {
    const { subTopologyId, partition } = partsOf(taskId)
    const inputs = context.plan.inputsOf(subTopologyId, partition)
    const committed = await context.log.admin.groupOffsets(context.plan.applicationId, inputs)
    const ends = await context.log.admin.offsets(inputs, 'stable')
    const task = await ReplayTask.open(context, taskId)
    const positions = inputs.map(({ topic, partition: own }, index) => {
      const end = ends[index] ?? 0
      return { topic, partition: own, offset: Math.min(end, committed[index]?.offset ?? end) }
    })
    return new TimestampRun(context, task, positions)
  }

  private constructor(context: ReplayContext, task: ReplayTask, ends: readonly InputPosition[]) {
    this.#context = context
    this.task = task
    this.#ends = ends
  }

  async begin(): Promise<void> {
    const inputs: InputPosition[] = []
    let readingMs = Number.POSITIVE_INFINITY
    for (const end of this.#ends) {
      const cursor = await this.task.cursors.of(end)
      const offset = Math.min(cursor.startOffset, end.offset)
      inputs.push({ ...end, offset })
      const [first] = await cursor.read(offset, Math.min(end.offset, offset + SLICE))
      if (first !== undefined) readingMs = Math.min(readingMs, first.timestampMs)
    }
    this.#fed = inputs
    await this.task.begin(
      {
        readingMs: Number.isFinite(readingMs) ? readingMs : 0,
        inputs: inputs.map((input) => ({ ...input, metadata: undefined })),
        globalPositions: await this.#globalEnds(),
        recordCaches: true,
        recordBytesMax: STREAMS_LIMITS.recordBytesMax.default,
        wallClockDueMs: [],
      },
      0,
    )
  }

  /** Undefined at the end. */
  async next(): Promise<TaskTransaction | undefined> {
    for (;;) {
      await this.#feed()
      const { task, clock } = this.task
      clock.readingMs = Math.max(clock.readingMs, task.streamTimeMs)
      const done = task.run(BATCH)
      if (done > 0) {
        this.transactions++
        return this.task.commit()
      }
      if (!task.hasBuffered && this.#isFed()) return undefined
    }
  }

  async close(): Promise<void> {
    await this.task.close()
  }

  #isFed(): boolean {
    return this.#fed.every(({ offset }, index) => offset >= (this.#ends[index]?.offset ?? 0))
  }

  async #feed(): Promise<void> {
    for (const [index, end] of this.#ends.entries()) {
      const fed = this.#fed[index]
      const queue = this.task.task.queueOf(end.topic, end.partition)
      if (fed === undefined || queue === undefined || fed.offset >= end.offset) continue
      if (queue.head !== undefined) continue
      const to = Math.min(end.offset, fed.offset + SLICE)
      const records = await (await this.task.cursors.of(end)).read(fed.offset, to)
      const given = records.flatMap((record) => this.#context.change(end, record))
      this.records += given.length
      await this.task.feed(end, given, to, end.offset)
      this.#fed[index] = { ...fed, offset: to }
    }
  }

  async #globalEnds(): Promise<readonly InputPosition[]> {
    const { plan, log } = this.#context
    const topics = [...new Set(plan.topology.globalStores.map(({ topic }) => topic))]
    const places = topics.flatMap((topic) =>
      Array.from({ length: plan.partitionCounts.get(topic) ?? 0 }, (_, partition) => ({
        topic,
        partition,
      })),
    )
    const ends = await log.admin.offsets(places, 'stable')
    return places.map((place, index) => ({ ...place, offset: ends[index] ?? 0 }))
  }
}
