import { StreamsError } from '../errors.ts'
import type { Log, TopicPartition } from '../log/log.ts'
import { ScheduleDecoder } from '../task/schedule-format.ts'
import { compareTaskIds, parseTaskId } from '../task/task-id.ts'
import type { ScheduledTransaction } from '../task/transaction-schedule.ts'
import { PartitionCursor } from './partition-cursor.ts'

/** A transaction of the recorded run. */
export interface RecordedTransaction extends ScheduledTransaction {
  /** Counted over all starts of the task. */
  readonly ordinal: number
  /** Where its record lies in the schedule. */
  readonly offset: number
  readonly bytes: number
}

const PAGE = 5_000

/** The schedule of one task, transaction by transaction. */
export class TaskScheduleReader {
  readonly #cursor: PartitionCursor
  readonly #taskId: string
  readonly #decoder = new ScheduleDecoder()
  #next: number
  #page: RecordedTransaction[] = []
  #at = 0
  #ordinal = 0

  static async open(log: Log, place: TopicPartition, taskId: string): Promise<TaskScheduleReader> {
    return new TaskScheduleReader(await PartitionCursor.open(log, place), taskId)
  }

  private constructor(cursor: PartitionCursor, taskId: string) {
    this.#cursor = cursor
    this.#taskId = taskId
    this.#next = cursor.startOffset
  }

  /** The one after the transaction that `take` gave last; undefined at the end. @throws {StreamsError} STREAMS_SCHEDULE_CORRUPT, STREAMS_SCHEDULE_GAP */
  async peek(): Promise<RecordedTransaction | undefined> {
    while (this.#at >= this.#page.length && this.#next < this.#cursor.endOffset)
      await this.#readPage()
    return this.#page[this.#at]
  }

  async take(): Promise<RecordedTransaction | undefined> {
    const transaction = await this.peek()
    this.#at++
    return transaction
  }

  async close(): Promise<void> {
    await this.#cursor.close()
  }

  async #readPage(): Promise<void> {
    const to = Math.min(this.#cursor.endOffset, this.#next + PAGE)
    const records = await this.#cursor.read(this.#next, to)
    this.#next = to
    this.#page = []
    this.#at = 0
    for (const { key, value, offset } of records) {
      if (key === null || Buffer.from(key).toString() !== this.#taskId) continue
      const place = { ...this.#cursor.place, offset, taskId: this.#taskId }
      if (value === null) throw corrupt(place, 'it is empty')
      const transaction = this.#decoder.decode(value, place)
      const bytes = value.byteLength
      this.#page.push({ ...transaction, ordinal: this.#ordinal++, offset, bytes })
    }
  }
}

/** What a look at the whole schedule says before anything is replayed. */
export interface ScheduleSurvey {
  /** In order; tasks that never committed anything are not there. */
  readonly taskIds: readonly string[]
  readonly transactions: number
  readonly bytes: number
  /** Why it does not tell everything from the beginning; undefined when it does. */
  readonly fault: string | undefined
}

/**
 * Reads the whole schedule once: which tasks it tells of, and whether it fits the topology and reaches back to their beginning.
 * @throws {StreamsError} STREAMS_SCHEDULE_CORRUPT, STREAMS_SCHEDULE_GAP
 */
export async function surveySchedule(
  log: Log,
  topic: string,
  partitions: number,
  topology: string,
): Promise<ScheduleSurvey> {
  const taskIds = new Set<string>()
  const faults: string[] = []
  let transactions = 0
  let bytes = 0
  for (let partition = 0; partition < partitions; partition++) {
    const place = { topic, partition }
    const cursor = await PartitionCursor.open(log, place)
    if (cursor.startOffset > 0)
      faults.push(`the schedule begins at offset ${cursor.startOffset} of ${topic}-${partition}`)
    const decoders = new Map<string, ScheduleDecoder>()
    for (let from = cursor.startOffset; from < cursor.endOffset; from += PAGE) {
      const to = Math.min(cursor.endOffset, from + PAGE)
      for (const { key, value, offset } of await cursor.read(from, to)) {
        const taskId = key === null ? '' : Buffer.from(key).toString()
        const at = { ...place, offset, taskId }
        if (parseTaskId(taskId) === undefined) throw corrupt(at, `"${taskId}" is no task`)
        if (value === null) throw corrupt(at, 'it is empty')
        transactions++
        bytes += value.byteLength
        const isFirst = !taskIds.has(taskId)
        taskIds.add(taskId)
        const isStart = ScheduleDecoder.isStart(value, at)
        if (isFirst && !isStart)
          faults.push(`the beginning of task ${taskId} is not in the schedule any more`)
        const decoder = decoders.get(taskId) ?? new ScheduleDecoder()
        if (!isStart && !decoders.has(taskId)) continue
        decoders.set(taskId, decoder)
        const { start } = decoder.decode(value, at)
        if (isFirst && start?.isFresh === false)
          faults.push(`task ${taskId} had run before its schedule began`)
        if (start !== undefined && start.topology !== topology)
          faults.push(`task ${taskId} ran topology ${start.topology}, and this one is ${topology}`)
      }
    }
    await cursor.close()
  }
  if (transactions === 0) faults.push(`${topic} holds no transaction`)
  return {
    taskIds: [...taskIds].sort(compareTaskIds),
    transactions,
    bytes,
    fault: faults.length === 0 ? undefined : [...new Set(faults)].slice(0, 5).join('; '),
  }
}

function corrupt(place: TopicPartition & { offset: number; taskId: string }, what: string) {
  return new StreamsError(
    'STREAMS_SCHEDULE_CORRUPT',
    `a record of the schedule cannot be read: ${what}`,
    place,
    'Replay in timestamp order, or with the version of the program that wrote it.',
  )
}
