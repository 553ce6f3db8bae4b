import { StreamsError } from '../errors.ts'
import type { LogRecord } from '../log/log.ts'
import type { DeadLetterCause, RecordMetadata, StreamRecord } from '../processor.ts'
import type { DeadLetterEncoder } from './dead-letter.ts'
import { decide, type FailureDecision, type FailureHandlers, isBeyondHandlers } from './handlers.ts'
import { defaultPartition, type RecordCollector } from './record-collector.ts'
import type { RecordLog } from './record-log.ts'
import type { TaskMetrics } from './task-metrics.ts'

/** Stops the task: the handlers were asked, or may not be. */
class RecordFailure extends StreamsError {}

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
  readonly current: () => CurrentRecord | undefined
}

/** Retry with backoff will count here; until then a record is tried once. */
const ATTEMPTS = 1

/** The one place that decides what becomes of a record that failed. */
export class FailurePolicy {
  readonly #options: FailurePolicyOptions

  constructor(options: FailurePolicyOptions) {
    this.#options = options
  }

  deserializationFailed(node: string, current: CurrentRecord, error: unknown): void {
    const { taskId, handlers } = this.#options
    if (error instanceof StreamsError && error.code === 'SERDE_UNKNOWN_BRANCH') {
      this.#options.metrics.dropped.count(node, 'unknown-branch')
      return
    }
    const { topic, partition, record } = current
    const failure = { taskId, node, error, attempts: ATTEMPTS, topic, partition, record }
    const decision = this.#ask(error, () => decide(handlers.deserialization, failure))
    this.#act(decision, node, 'deserialization', error)
  }

  processingFailed(
    node: string,
    record: StreamRecord<unknown, unknown> | undefined,
    error: unknown,
  ): void {
    if (error instanceof RecordFailure) throw error
    const { taskId, handlers } = this.#options
    const failure = { taskId, node, error, attempts: ATTEMPTS, record }
    const decision = this.#ask(error, () => decide(handlers.processing, failure))
    this.#act(decision, node, 'processing', error)
  }

  productionFailed(
    node: string,
    topic: string,
    record: StreamRecord<unknown, unknown>,
    error: unknown,
  ): void {
    if (error instanceof RecordFailure) throw error
    const { taskId, handlers } = this.#options
    const failure = { taskId, node, error, attempts: ATTEMPTS, topic, record }
    const decision = this.#ask(error, () => decide(handlers.production, failure))
    this.#act(decision, node, 'production', error)
  }

  /** Puts the current record on the dead-letter topic. */
  deadLetter(node: string, cause: DeadLetterCause, stack?: string): void {
    const { taskId, deadLetter, collector, topologyName } = this.#options
    const current = this.#options.current()
    if (current === undefined) {
      throw new RecordFailure(
        'STREAMS_NO_RECORD',
        `there is no record to dead-letter in a punctuation or at a commit (${cause.code}: ${cause.what})`,
        { taskId, node },
        'Dead-letter while a record is processed; handle failures of punctuations, and of updates that a record cache held back, in the processor.',
      )
    }
    if (deadLetter === undefined) {
      throw new RecordFailure(
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
      stack,
      consumer: `${topologyName}/${node}`,
      attempts: ATTEMPTS,
    })
    const { key, value, headers = [] } = encoded
    collector
      .topic(encoded.topic)
      .appendLater({ key, value, headers, timestampMs: Math.max(0, timestampMs) }, (count) =>
        defaultPartition(key, partition, count),
      )
    this.#options.metrics.deadLetters.add(1)
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

  #ask(error: unknown, decision: () => FailureDecision): FailureDecision {
    return isBeyondHandlers(error) ? 'fail' : decision()
  }

  #act(decision: FailureDecision, node: string, stage: Stage, error: unknown): void {
    switch (decision) {
      case 'continue':
        this.#options.metrics.dropped.count(node, `${stage}-error`)
        return
      case 'dead-letter': {
        const stack = error instanceof Error ? error.stack : undefined
        this.deadLetter(node, causeOf(error, stage), stack)
        return
      }
      case 'fail': {
        const { code, what } = causeOf(error, stage)
        throw new RecordFailure(
          STAGE_CODES[stage],
          code === DEFAULT_CODES[stage] ? what : `${code}: ${what}`,
          this.#place(node),
          `Correct the cause, or start with a ${stage} handler that answers continue or dead-letter.`,
          error,
        )
      }
    }
  }

  #place(node: string) {
    const { taskId } = this.#options
    const current = this.#options.current()
    if (current === undefined) return { taskId, node }
    const { topic, partition, offset } = current
    return { topic, partition, offset, taskId, node }
  }
}

type Stage = 'deserialization' | 'processing' | 'production'

const STAGE_CODES: Readonly<Record<Stage, string>> = {
  deserialization: 'STREAMS_DESERIALIZATION_FAILED',
  processing: 'STREAMS_PROCESSING_FAILED',
  production: 'STREAMS_PRODUCTION_FAILED',
}

const DEFAULT_CODES: Readonly<Record<Stage, string>> = {
  deserialization: 'DESERIALIZATION_FAILED',
  processing: 'PROCESSING_FAILED',
  production: 'PRODUCTION_FAILED',
}

function causeOf(error: unknown, stage: Stage): DeadLetterCause {
  const what = error instanceof Error ? error.message : String(error)
  if (error instanceof StreamsError) return { code: error.code, what, remedy: error.remedy }
  const remedy = 'Read the stack of the failure; correct the record or the program and replay it.'
  return { code: DEFAULT_CODES[stage], what, remedy }
}
