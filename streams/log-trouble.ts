import { StreamsError } from './errors.ts'

/** What a failed call to the log means for a task. */
export type LogTrouble =
  /** Another owner has taken over: the task is lost. */
  | 'fenced'
  /** The outcome is unknown, or the log is away: begin again as after an assignment. */
  | 'begin-again'
  /** Neither waiting nor repeating helps. */
  | 'fatal'

const TROUBLES: Readonly<Record<string, LogTrouble>> = {
  LOG_FENCED: 'fenced',
  LOG_OUTCOME_UNKNOWN: 'begin-again',
  LOG_TRANSACTION_TIMED_OUT: 'begin-again',
  LOG_STALE_MEMBER: 'begin-again',
  LOG_UNAVAILABLE: 'begin-again',
}

export function logTrouble(error: unknown): LogTrouble {
  return error instanceof StreamsError ? (TROUBLES[error.code] ?? 'fatal') : 'fatal'
}
