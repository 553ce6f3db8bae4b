import { StreamsError } from '../errors.ts'
import type { LogRecord, TopicPartition } from '../log/log.ts'
import type { TaskTransaction } from '../task/task-options.ts'
import type { InputPosition, ScheduledBatch, ScheduledStart } from '../task/transaction-schedule.ts'
import type { ReplayContext } from './replay-context.ts'
import { partsOf, ReplayTask } from './replay-task.ts'
import { type RecordedTransaction, TaskScheduleReader } from './schedule-reader.ts'

/** Where a replayed task gets its inputs from, and whether they are there yet. */
export interface InputSource {
  /** False while records before `to` are still to be rebuilt. */
  isReady(place: TopicPartition, to: number): boolean
  /** What the task is given for the records of a range, and how many the log held there. */
  read(
    task: ReplayTask,
    place: TopicPartition,
    from: number,
    to: number,
  ): Promise<{ readonly records: readonly LogRecord[]; readonly held: number }>
}

/** A transaction of the recorded run, and what the replay makes of it. */
export interface ReplayedTransaction {
  readonly recorded: RecordedTransaction
  /** The next one; undefined at the end. */
  readonly successor: RecordedTransaction | undefined
  readonly rebuilt: TaskTransaction
  /** Of each batch, when the next timer was due before it. */
  readonly timersDueMs: readonly number[]
}

/** One task that follows its schedule, transaction by transaction. */
export class ScheduledRun {
  readonly task: ReplayTask
  transactions = 0
  starts = 0
  records = 0
  readonly #schedule: TaskScheduleReader
  readonly #inputs: InputSource
  readonly #toMs: number
  #isEnded = false

  static async open(
    context: ReplayContext,
    taskId: string,
    inputs: InputSource,
    toMs = Number.POSITIVE_INFINITY,
  ): Promise<ScheduledRun> {
    const { partition } = partsOf(taskId)
    const place = { topic: context.plan.scheduleTopic, partition }
    const schedule = await TaskScheduleReader.open(context.log, place, taskId)
    return new ScheduledRun(await ReplayTask.open(context, taskId), schedule, inputs, toMs)
  }

  private constructor(
    task: ReplayTask,
    schedule: TaskScheduleReader,
    inputs: InputSource,
    toMs: number,
  ) {
    this.task = task
    this.#schedule = schedule
    this.#inputs = inputs
    this.#toMs = toMs
  }

  /** Stopped before the end of the schedule. */
  get isCut(): boolean {
    return this.#isEnded
  }

  /** Whether the next transaction's inputs are there; true at the end, too. */
  async isReady(): Promise<boolean> {
    const next = await this.#schedule.peek()
    const last = next?.batches.at(-1)?.positions ?? []
    return last.every((place) => this.#inputs.isReady(place, place.offset))
  }

  /**
   * Undefined at the end.
   *
   * @param othersDueMs the `timersDueMs` of the run as it was, if this one is not to be as it was. Timers that the recorded task did not have run
   *   when they are due: it slept then, so that no batch of the schedule is for them.
   * @throws {StreamsError} what hinders the replay
   */
  async next(othersDueMs: readonly number[] = []): Promise<ReplayedTransaction | undefined> {
    const peeked = await this.#schedule.peek()
    if (peeked === undefined || (peeked.batches[0]?.readingMs ?? 0) > this.#toMs) {
      this.#isEnded = peeked !== undefined
      return undefined
    }
    await this.#schedule.take()
    const successor = await this.#schedule.peek()
    if (peeked.start !== undefined) await this.#begin(peeked.start)
    for (const failure of peeked.failures) this.task.retries.decide(failure)
    let held = 0
    const timersDueMs: number[] = []
    for (const [index, batch] of peeked.batches.entries()) {
      this.#wakeBefore(Math.min(batch.readingMs, othersDueMs[index] ?? Number.NEGATIVE_INFINITY))
      timersDueMs.push(this.task.task.nextWallClockDueMs)
      held += await this.#run(batch)
    }
    if (held !== peeked.inputRecords) throw this.#inputsGone(peeked, held)
    if (peeked.flushGlobalPositions !== undefined)
      await this.task.advanceGlobals(peeked.flushGlobalPositions)
    const rebuilt = await this.task.commit()
    this.transactions++
    this.records += held
    return { recorded: peeked, successor, rebuilt, timersDueMs }
  }

  async close(): Promise<void> {
    await this.#schedule.close()
    await this.task.close()
  }

  async #begin(start: ScheduledStart): Promise<void> {
    for (const before of this.task.positions) {
      const input = start.inputs.find(
        ({ topic, partition }) => topic === before.topic && partition === before.partition,
      )
      if (input === undefined || input.offset <= before.offset) continue
      const { held } = await this.#inputs.read(this.task, input, before.offset, input.offset)
      // What a log only skips (aborted transactions) is no record.
      if (held > 0) throw this.#unrecorded(before, input.offset)
    }
    await this.task.begin(start)
    this.starts++
  }

  /** Runs timers that are due before this time, each when it is due. */
  #wakeBefore(untilMs: number): void {
    const { task, clock } = this.task
    for (;;) {
      const readingMs = Math.max(task.nextWallClockDueMs, clock.readingMs)
      if (readingMs >= untilMs) return
      clock.readingMs = readingMs
      this.task.run()
    }
  }

  async #run({ readingMs, positions, globalPositions }: ScheduledBatch): Promise<number> {
    if (globalPositions !== undefined) await this.task.advanceGlobals(globalPositions)
    let held = 0
    const before = this.task.positions
    for (const { topic, partition, offset: to } of positions) {
      const place = { topic, partition }
      const from = before.find((one) => one.topic === topic && one.partition === partition)?.offset
      if (from === undefined || from === to) continue
      const read = await this.#inputs.read(this.task, place, from, to)
      held += read.held
      await this.task.feed(place, read.records, to)
    }
    this.task.clock.readingMs = readingMs
    this.task.run()
    return held
  }

  #inputsGone({ ordinal, inputRecords, batches }: RecordedTransaction, held: number): StreamsError {
    const place = batches.at(-1)?.positions[0]
    return new StreamsError(
      'STREAMS_REPLAY_INPUT_GONE',
      `transaction ${ordinal} took ${inputRecords} records, and the log holds ${held} of them`,
      { ...place, taskId: this.task.taskId },
      'Inputs were deleted or compacted since: replay in timestamp order, and keep inputs as long as the schedule.',
    )
  }

  #unrecorded({ topic, partition, offset }: InputPosition, to: number): StreamsError {
    return new StreamsError(
      'STREAMS_SCHEDULE_GAP',
      `records up to ${to} were taken without a schedule`,
      { topic, partition, offset, taskId: this.task.taskId },
      'Replay in timestamp order; the application ran without exactReplay, or its offsets were set by hand.',
    )
  }
}

/** Inputs as the log holds them. */
export function inputsOf(context: ReplayContext): InputSource {
  return {
    isReady: () => true,
    read: async (task, place, from, to) => {
      const records = await (await task.cursors.of(place)).read(from, to)
      return {
        records: records.flatMap((record) => context.change(place, record)),
        held: records.length,
      }
    },
  }
}
