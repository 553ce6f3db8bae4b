import { StreamsError } from '../../errors.ts'
import type { ChannelFailure } from './protocol.ts'

/** A function of the client has thrown; only the client knows what. */
export class Refused extends Error {
  readonly ask: number

  constructor(ask: number) {
    super('a function of the other thread has thrown')
    this.ask = ask
  }
}

export function failureOf(error: unknown): ChannelFailure {
  if (error instanceof Refused) return { kind: 'refused', ask: error.ask }
  if (error instanceof StreamsError) {
    const { code, message, place, remedy } = error
    const cause = error.cause === undefined ? undefined : String(error.cause)
    return { kind: 'streams', code, message, place, remedy, cause }
  }
  if (error instanceof Error) return { kind: 'other', message: error.message, stack: error.stack }
  return { kind: 'other', message: String(error), stack: undefined }
}

/** The error again: code, place and remedy as they were, the cause as text. */
export function errorOf(
  failure: ChannelFailure,
  thrownBy: (ask: number) => unknown = () => undefined,
): unknown {
  if (failure.kind === 'refused') return thrownBy(failure.ask) ?? new Refused(failure.ask)
  if (failure.kind === 'streams') {
    const { code, message, place, remedy, cause } = failure
    const error = new StreamsError(code, '', place, remedy, cause)
    error.message = message
    return error
  }
  const error = new Error(failure.message)
  if (failure.stack !== undefined) error.stack = failure.stack
  return error
}
