import { StreamsError } from '../errors.ts'

const CODE = 'STREAMS_SHUTDOWN_REQUESTED'

/** An instance has asked all instances of the application to stop. */
export function shutdownRequested(): StreamsError {
  return new StreamsError(
    CODE,
    'an instance of the application asked all of them to stop',
    {},
    'The log of the one that asked has the cause; correct it, then start all of them again.',
  )
}

export function isShutdownRequest(error: unknown): boolean {
  return error instanceof StreamsError && error.code === CODE
}
