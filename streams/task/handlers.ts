import { AssertionError } from 'node:assert'
import { StreamsError } from '../errors.ts'
import type { LogRecord } from '../log/log.ts'
import type { StreamRecord } from '../processor.ts'

/** What a failure ends in. `continue` drops the record and counts it. */
export type FinalDecision = 'fail' | 'continue' | 'dead-letter'

export interface RetryOptions {
  /** Waits before the second, third, ... attempt, in ms; at most 100 of at most an hour. Default 0.5, 1, 2, 5 and 10 s. */
  readonly delaysMs?: readonly number[]
  /** When the last attempt failed too, or no attempt can help. Default `dead-letter`. */
  readonly otherwise?: FinalDecision
}

/** What to do about a record that failed; `retry` is `{ retry: {} }`. */
export type FailureDecision = FinalDecision | 'retry' | { readonly retry: RetryOptions }

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
export type FailureHandler<Failure, Decision = FailureDecision> =
  | Decision
  | ((failure: Failure) => Decision)

/** Every handler answers `fail` unless given, as in Kafka Streams. */
export interface FailureHandlers {
  /** Bytes that cannot be read today cannot be read tomorrow: there is no retry. */
  readonly deserialization?: FailureHandler<DeserializationFailure, FinalDecision>
  readonly processing?: FailureHandler<ProcessingFailure>
  /** A record that cannot be serialised, or is larger than the log takes. */
  readonly production?: FailureHandler<ProductionFailure>
  /**
   * Codes (`error.code`) of failures that lie in the record itself: they are not retried but go where `otherwise` says, at once. `InvalidRecordError`,
   * `SERDE_*` and `LOG_RECORD_TOO_LARGE` always do.
   */
  readonly invalidRecordCodes?: readonly string[]
}

/**
 * Thrown by a processor about a record that breaks a rule of its domain: trying it again cannot help.
 *
 * @example
 * if (order.size < 0) throw new InvalidRecordError('ORDER_SIZE', `the size is ${order.size}`, 'Send a size above 0.')
 */
export class InvalidRecordError extends StreamsError {
  constructor(code: string, what: string, remedy: string, cause?: unknown) {
    super(code, what, {}, remedy, cause)
  }
}

export const DEFAULT_RETRY_DELAYS_MS: readonly number[] = [500, 1_000, 2_000, 5_000, 10_000]

const DELAYS_MAX = 100
const DELAY_MS_MAX = 3_600_000

/** A decision with nothing left open: how long to wait before each further attempt, and what comes after the last. */
export interface FailurePlan {
  readonly delaysMs: readonly number[]
  readonly otherwise: FinalDecision
}

/** @throws {StreamsError} STREAMS_INVALID_RETRY */
export function planOf(decision: FailureDecision): FailurePlan {
  if (decision === 'retry') return planOf({ retry: {} })
  if (typeof decision === 'string') return { delaysMs: [], otherwise: decision }
  const { delaysMs = DEFAULT_RETRY_DELAYS_MS, otherwise = 'dead-letter' } = decision.retry
  const fits = (ms: number) => Number.isInteger(ms) && ms >= 0 && ms <= DELAY_MS_MAX
  if (delaysMs.length > DELAYS_MAX || !delaysMs.every(fits)) throw invalidRetry(delaysMs)
  return { delaysMs, otherwise }
}

export function decide<Failure, Decision extends FailureDecision>(
  handler: FailureHandler<Failure, Decision> | undefined,
  failure: Failure,
): Decision | 'fail' {
  if (handler === undefined) return 'fail'
  return typeof handler === 'function' ? handler(failure) : handler
}

/** Faults of constant answers, for the check of the options. */
export function handlerFaults({ processing, production }: FailureHandlers): string[] {
  const faults: string[] = []
  for (const [name, handler] of Object.entries({ processing, production })) {
    if (handler === undefined || typeof handler === 'function') continue
    try {
      planOf(handler)
    } catch (error) {
      faults.push(`handlers.${name}: ${(error as StreamsError).message}`)
    }
  }
  return faults
}

/** A wrong program or a broken disk is no property of the record: no handler may step over it. */
export function isBeyondHandlers(error: unknown): boolean {
  if (error instanceof AssertionError) return true
  if (!(error instanceof StreamsError)) return false
  return error.code.startsWith('STORE_') || error.code.startsWith('STREAMS_')
}

/** Whether the failure lies in the record itself, so that no further attempt can help. */
export function isInvalidRecord(error: unknown, codes: readonly string[]): boolean {
  if (error instanceof InvalidRecordError) return true
  const code = (error as { readonly code?: unknown } | null | undefined)?.code
  if (typeof code !== 'string') return false
  return code.startsWith('SERDE_') || code === 'LOG_RECORD_TOO_LARGE' || codes.includes(code)
}

function invalidRetry(delaysMs: readonly number[]): StreamsError {
  return new StreamsError(
    'STREAMS_INVALID_RETRY',
    `a retry with ${delaysMs.length} delays (${delaysMs.slice(0, 5).join(', ')} ms)`,
    {},
    `Give at most ${DELAYS_MAX} delays, whole milliseconds from 0 to ${DELAY_MS_MAX}.`,
  )
}
