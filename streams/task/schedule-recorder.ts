import type { AppendResult, PartitionAppend } from '../log/log.ts'
import type { FailedRecord } from './failed-record.ts'
import { ScheduleEncoder } from './schedule-format.ts'
import type {
  InputPosition,
  ScheduledBatch,
  ScheduledOutput,
  ScheduledStart,
} from './transaction-schedule.ts'

/** Where a task writes its schedule, and of which topology. */
export interface ScheduleTarget {
  /** `<application.id>-schedule` */
  readonly topic: string
  readonly topology: string
}

/** Makes the schedule's record of each transaction of one task, from the task's start on. */
export class ScheduleRecorder {
  readonly #topic: string
  readonly #taskId: string
  readonly #partition: number
  readonly #encoder = new ScheduleEncoder()
  #start: ScheduledStart | undefined
  #prior: readonly ScheduledOutput[] = []
  #priorOffsets: readonly number[] = []

  constructor(topic: string, taskId: string, partition: number) {
    this.#topic = topic
    this.#taskId = taskId
    this.#partition = partition
  }

  /** Told with the first transaction: a start that wrote nothing left no trace. */
  started(start: ScheduledStart): void {
    this.#start = start
  }

  record(
    transaction: {
      readonly batches: readonly ScheduledBatch[]
      readonly inputRecords: number
      readonly flushGlobalPositions: readonly InputPosition[] | undefined
      readonly failures: readonly FailedRecord[]
      readonly outputs: readonly PartitionAppend[]
    },
    timestampMs: number,
  ): PartitionAppend {
    const outputs = transaction.outputs.map(({ topic, partition, records }) => ({
      topic,
      partition,
      records: records.length,
    }))
    const value = this.#encoder.encode({
      ...transaction,
      outputs,
      start: this.#start,
      priorOffsets: this.#priorOffsets,
    })
    this.#start = undefined
    this.#prior = outputs
    this.#priorOffsets = []
    const key = Buffer.from(this.#taskId)
    return {
      topic: this.#topic,
      partition: this.#partition,
      records: [{ key, value, timestampMs }],
    }
  }

  /** The transaction that was recorded last was written, and landed there. */
  written(results: readonly AppendResult[]): void {
    this.#priorOffsets = this.#prior.flatMap(({ topic, partition }) => {
      const landed = results.find(
        (result) => result.topic === topic && result.partition === partition,
      )
      return landed === undefined ? [] : [landed.baseOffset]
    })
  }
}
