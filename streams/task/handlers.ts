import { AssertionError } from 'node:assert'
import { StreamsError } from '../errors.ts'
import type { LogRecord } from '../log/log.ts'
import type { StreamRecord } from '../processor.ts'

/** What to do about a record that failed. `continue` drops it and counts it. Retry with backoff joins this union later. */
export type FailureDecision = 'fail' | 'continue' | 'dead-letter'

interface FailurePlace {
  readonly taskId: string
  readonly node: string
  readonly error: unknown
  /** How often the record was tried, this time included. */
  readonly attempts: number
}

export interface DeserializationFailure extends FailurePlace {
  readonly topic: string
  readonly partition: number
  readonly record: LogRecord
}

export interface ProcessingFailure extends FailurePlace {
  /** The record as the failing node got it; undefined in a punctuation. */
  readonly record: StreamRecord<unknown, unknown> | undefined
}

export interface ProductionFailure extends FailurePlace {
  readonly topic: string
  readonly record: StreamRecord<unknown, unknown>
}

/** A constant answer, or a function that is asked per failure. */
export type FailureHandler<Failure> = FailureDecision | ((failure: Failure) => FailureDecision)

/** Every handler answers `fail` unless given, as in Kafka Streams. */
export interface FailureHandlers {
  readonly deserialization?: FailureHandler<DeserializationFailure>
  readonly processing?: FailureHandler<ProcessingFailure>
  /** A record that cannot be serialised, or is larger than the log takes. */
  readonly production?: FailureHandler<ProductionFailure>
}

export function decide<Failure>(
  handler: FailureHandler<Failure> | undefined,
  failure: Failure,
): FailureDecision {
  if (handler === undefined) return 'fail'
  return typeof handler === 'function' ? handler(failure) : handler
}

/** A wrong program or a broken disk is no property of the record: no handler may step over it. */
export function isBeyondHandlers(error: unknown): boolean {
  if (error instanceof AssertionError) return true
  if (!(error instanceof StreamsError)) return false
  return error.code.startsWith('STORE_') || error.code.startsWith('STREAMS_')
}
