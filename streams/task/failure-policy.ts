import { StreamsError } from '../errors.ts'
import type { LogRecord } from '../log/log.ts'
import type { DeadLetterCause, RecordMetadata, StreamRecord } from '../processor.ts'
import type { DeadLetterEncoder } from './dead-letter.ts'
import {
  causeOf,
  type FailedRecord,
  type FailureStage,
  isDefaultCode,
  type RecordFailure,
  stackOf,
} from './failed-record.ts'
import {
  decide,
  type FailureDecision,
  type FailureHandlers,
  isBeyondHandlers,
  isInvalidRecord,
  planOf,
} from './handlers.ts'
import { defaultPartition, type RecordCollector } from './record-collector.ts'
import type { RecordLog } from './record-log.ts'
import type { RecordRetries } from './record-retries.ts'
import type { TaskMetrics } from './task-metrics.ts'

/** Stops the task: the handlers were asked, or may not be. */
class TaskFailure extends StreamsError {}

/** Leaves the processing of a record that failed. What was decided about it waits in the policy, should a processor catch this. */
class RecordAbandoned extends Error {}

/** The record that the task is working on, as it came from the log. */
export interface CurrentRecord extends RecordMetadata {
  readonly record: LogRecord
  readonly timestampMs: number
}

export interface FailurePolicyOptions {
  readonly taskId: string
  readonly partition: number
  readonly topologyName: string
  readonly handlers: FailureHandlers
  readonly deadLetter: DeadLetterEncoder | undefined
  readonly deadLetterLog: RecordLog | undefined
  readonly collector: RecordCollector
  readonly metrics: TaskMetrics
  readonly retries: RecordRetries
  readonly current: () => CurrentRecord | undefined
  /** The task's reading of the wall clock: the only one of a batch, so that a replay writes the same. */
  readonly nowMs: () => number
}

/** What a dead letter tells beyond its record and cause. */
type Account = Pick<FailedRecord, 'attempts' | 'firstFailedMs' | 'lastFailedMs' | 'stack'>

/** The one place that decides what becomes of a record that failed. */
export class FailurePolicy {
  readonly #options: FailurePolicyOptions
  #abandoned: RecordFailure | undefined
  #letters = 0

  constructor(options: FailurePolicyOptions) {
    this.#options = options
  }

  /** Asks the handler; undefined for a record that is skipped as of a kind not yet known. @throws {StreamsError} what stops the task */
  deserializationFailed(
    node: string,
    current: CurrentRecord,
    error: unknown,
  ): RecordFailure | undefined {
    const { taskId, handlers } = this.#options
    if (error instanceof StreamsError && error.code === 'SERDE_UNKNOWN_BRANCH') {
      this.#options.metrics.dropped.count(node, 'unknown-branch')
      return undefined
    }
    const { topic, partition, record } = current
    const attempts = this.#attempts(current)
    const failure = { taskId, node, error, attempts, topic, partition, record }
    const decision = this.#ask(error, () => decide(handlers.deserialization, failure))
    return this.#failureOf(decision, node, 'deserialization', error, attempts)
  }

  /** Returns where there is no record to abandon and the handler says that the task goes on. */
  processingFailed(
    node: string,
    record: StreamRecord<unknown, unknown> | undefined,
    error: unknown,
  ): void {
    if (error instanceof TaskFailure || error instanceof RecordAbandoned) throw error
    const { taskId, handlers } = this.#options
    const attempts = this.#attempts(this.#options.current())
    const failure = { taskId, node, error, attempts, record }
    const decision = this.#ask(error, () => decide(handlers.processing, failure))
    this.#abandon(decision, node, 'processing', error, attempts)
  }

  productionFailed(
    node: string,
    topic: string,
    record: StreamRecord<unknown, unknown>,
    error: unknown,
  ): void {
    if (error instanceof TaskFailure || error instanceof RecordAbandoned) throw error
    const { taskId, handlers } = this.#options
    const attempts = this.#attempts(this.#options.current())
    const failure = { taskId, node, error, attempts, topic, record }
    const decision = this.#ask(error, () => decide(handlers.production, failure))
    this.#abandon(decision, node, 'production', error, attempts)
  }

  /** What was decided about the current record since the last call. */
  takeAbandoned(): RecordFailure | undefined {
    const abandoned = this.#abandoned
    this.#abandoned = undefined
    return abandoned
  }

  /** Whether a throw says only that the record is abandoned. */
  isAbandonment(error: unknown): boolean {
    return error instanceof RecordAbandoned
  }

  /** Gives the current record up, as it was decided. */
  giveUp(failed: FailedRecord): void {
    const { node, stage, decision, cause } = failed
    if (decision === 'dead-letter') this.#write(node, cause, failed)
    else this.#options.metrics.dropped.count(node, `${stage}-error`)
  }

  /** What was dead-lettered since the last commit is committed. */
  committed(): void {
    if (this.#letters > 0) this.#options.metrics.deadLetters.add(this.#letters)
    this.#letters = 0
  }

  /** What was dead-lettered since the last commit is not written. */
  rolledBack(): void {
    this.#letters = 0
  }

  /** Puts the current record on the dead-letter topic. */
  deadLetter(node: string, cause: DeadLetterCause): void {
    const nowMs = this.#options.nowMs()
    const attempts = this.#attempts(this.#options.current())
    const times = { firstFailedMs: nowMs, lastFailedMs: nowMs }
    this.#write(node, cause, { attempts, stack: undefined, ...times })
  }

  #write(node: string, cause: DeadLetterCause, account: Account): void {
    const { taskId, deadLetter, collector, topologyName } = this.#options
    const current = this.#options.current()
    if (current === undefined) {
      throw new TaskFailure(
        'STREAMS_NO_RECORD',
        `there is no record to dead-letter in a punctuation or at a commit (${cause.code}: ${cause.what})`,
        { taskId, node },
        'Dead-letter while a record is processed; handle failures of punctuations, and of updates that a record cache held back, in the processor.',
      )
    }
    if (deadLetter === undefined) {
      throw new TaskFailure(
        'STREAMS_NO_DEAD_LETTER_TOPIC',
        `a record is to be dead-lettered, but no encoder is given (${cause.code}: ${cause.what})`,
        this.#place(node),
        'Start the application with deadLetter.',
      )
    }
    const { record, topic, partition, offset, timestampMs } = current
    const encoded = deadLetter({
      key: record.key,
      value: record.value,
      headers: record.headers,
      timestampMs: record.timestampMs,
      topic,
      partition,
      offset,
      code: cause.code,
      what: cause.what,
      remedy: cause.remedy,
      stack: account.stack,
      consumer: `${topologyName}/${node}`,
      attempts: account.attempts,
      firstFailedMs: account.firstFailedMs,
      lastFailedMs: account.lastFailedMs,
    })
    const { key, value, headers = [] } = encoded
    collector
      .topic(encoded.topic)
      .appendLater({ key, value, headers, timestampMs: Math.max(0, timestampMs) }, (count) =>
        defaultPartition(key, partition, count),
      )
    this.#letters++
    const { code, what } = cause
    const place = { topic, partition, offset, taskId }
    this.#options.deadLetterLog?.add({
      topology: topologyName,
      node,
      code,
      what,
      key: record.key,
      ...place,
    })
  }

  /** Attempts at the record, the present one included. */
  #attempts(current: CurrentRecord | undefined): number {
    return current === undefined ? 1 : this.#options.retries.attemptsAt(current) + 1
  }

  #ask(error: unknown, decision: () => FailureDecision): FailureDecision {
    return isBeyondHandlers(error) ? 'fail' : decision()
  }

  /** Ends the processing of the current record. A punctuation, or a flush, has none: nothing can be tried again there. */
  #abandon(
    decision: FailureDecision,
    node: string,
    stage: FailureStage,
    error: unknown,
    attempts: number,
  ): void {
    if (this.#options.current() === undefined) {
      const { otherwise } = planOf(decision)
      const { cause, stack } = this.#failureOf(otherwise, node, stage, error, 1)
      const nowMs = this.#options.nowMs()
      const times = { firstFailedMs: nowMs, lastFailedMs: nowMs }
      if (otherwise === 'continue') this.#options.metrics.dropped.count(node, `${stage}-error`)
      else this.#write(node, cause, { attempts: 1, stack, ...times })
      return
    }
    // The first failure of a record counts: what fails afterwards does so because a processor went on in spite of it.
    this.#abandoned ??= this.#failureOf(decision, node, stage, error, attempts)
    throw new RecordAbandoned('the record is given up, or tried again')
  }

  /** @throws {StreamsError} when the task is to fail */
  #failureOf(
    decision: FailureDecision,
    node: string,
    stage: FailureStage,
    error: unknown,
    attempts: number,
  ): RecordFailure {
    const { delaysMs, otherwise } = planOf(decision)
    const { invalidRecordCodes = [] } = this.#options.handlers
    const delayMs = isInvalidRecord(error, invalidRecordCodes) ? undefined : delaysMs[attempts - 1]
    const cause = causeOf(error, stage)
    const failure = { stage, node, cause, stack: stackOf(error) }
    if (delayMs !== undefined) return { ...failure, decision: 'retry', delayMs }
    if (otherwise !== 'fail') return { ...failure, decision: otherwise, delayMs: 0 }
    const { code, what } = cause
    throw new TaskFailure(
      STAGE_CODES[stage],
      isDefaultCode(code, stage) ? what : `${code}: ${what}`,
      this.#place(node),
      `Correct the cause, or start with a ${stage} handler that answers ${ANSWERS[stage]}.`,
      error,
    )
  }

  #place(node: string) {
    const { taskId } = this.#options
    const current = this.#options.current()
    if (current === undefined) return { taskId, node }
    const { topic, partition, offset } = current
    return { topic, partition, offset, taskId, node }
  }
}

const STAGE_CODES: Readonly<Record<FailureStage, string>> = {
  deserialization: 'STREAMS_DESERIALIZATION_FAILED',
  processing: 'STREAMS_PROCESSING_FAILED',
  production: 'STREAMS_PRODUCTION_FAILED',
}

const ANSWERS: Readonly<Record<FailureStage, string>> = {
  deserialization: 'continue or dead-letter',
  processing: 'retry, continue or dead-letter',
  production: 'retry, continue or dead-letter',
}
