import { StreamsError } from '../errors.ts'
import type { TopicPartition } from '../log/log.ts'
import type { DeadLetterCause } from '../processor.ts'

export type FailureStage = 'deserialization' | 'processing' | 'production'

/** What was decided about a record that failed, and why: enough to decide the same again without trying it. */
export interface FailedRecord extends TopicPartition {
  readonly offset: number
  /** How often it was tried. */
  readonly attempts: number
  /** `processed`: a further attempt succeeded. */
  readonly decision: 'processed' | 'continue' | 'dead-letter'
  readonly stage: FailureStage
  readonly node: string
  /** Of the last failure. */
  readonly cause: DeadLetterCause
  readonly stack: string | undefined
  readonly firstFailedMs: number
  readonly lastFailedMs: number
}

/** One failure of the record that is being processed, and what comes of it. */
export interface RecordFailure {
  readonly stage: FailureStage
  readonly node: string
  readonly cause: DeadLetterCause
  readonly stack: string | undefined
  readonly decision: 'retry' | 'continue' | 'dead-letter'
  /** Before the next attempt; 0 unless there is one. */
  readonly delayMs: number
}

/** Texts of errors may be made of records: they are bounded. */
const WHAT_CHARACTERS_MAX = 2_000
const STACK_CHARACTERS_MAX = 2_000

const DEFAULT_CODES: Readonly<Record<FailureStage, string>> = {
  deserialization: 'DESERIALIZATION_FAILED',
  processing: 'PROCESSING_FAILED',
  production: 'PRODUCTION_FAILED',
}

export function causeOf(error: unknown, stage: FailureStage): DeadLetterCause {
  const what = (error instanceof Error ? error.message : String(error)).slice(
    0,
    WHAT_CHARACTERS_MAX,
  )
  if (error instanceof StreamsError) return { code: error.code, what, remedy: error.remedy }
  const remedy = 'Read the stack of the failure; correct the record or the program and replay it.'
  return { code: codeOf(error) ?? DEFAULT_CODES[stage], what, remedy }
}

export function isDefaultCode(code: string, stage: FailureStage): boolean {
  return code === DEFAULT_CODES[stage]
}

/** The stack as far as it helps: bounded, with the cause's first line. */
export function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.stack === undefined) return undefined
  const { cause } = error
  const because = cause instanceof Error ? `\ncaused by ${cause.name}: ${cause.message}` : ''
  const room = Math.max(0, STACK_CHARACTERS_MAX - because.length)
  return (error.stack.slice(0, room) + because).slice(0, STACK_CHARACTERS_MAX)
}

/** A stable code that an error of another library carries, such as `ECONNREFUSED`. */
function codeOf(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,79}$/.test(code) ? code : undefined
}
