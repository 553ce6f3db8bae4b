import { StreamsError } from '../errors.ts'
import type { TaskAssignment } from './assignment/task-assignment.ts'
import type { ThreadContext } from './thread-context.ts'

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

/**
 * How long a thread stays that was told to stop, in ms. Who announced it stays until all others have heard: an assignment that comes too late for one
 * of them is made anew.
 */
export function shutdownWaitMs(
  { group, limits }: Pick<ThreadContext, 'group' | 'limits'>,
  { processes }: TaskAssignment,
  announces = false,
): number {
  const isAlone = processes.every(({ processId }) => processId === group.processId)
  return announces && !isAlone ? 2 * limits.sessionTimeoutMs : 0
}
