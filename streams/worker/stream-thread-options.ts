import type { StreamThread } from './stream-thread.ts'
import type { ThreadContext } from './thread-context.ts'

export interface StreamThreadOptions {
  readonly name: string
  readonly context: ThreadContext
  /** Static membership: a thread that comes back with it has its place again. */
  readonly groupInstanceId: string | undefined
  /** Joins only to tell all instances of the application to stop; takes no tasks, and fails when they have gone. */
  readonly announcesShutdown?: boolean
  readonly onStatus: (thread: StreamThread) => void
  /** The thread has ended because of this; what it held is closed. */
  readonly onFailure: (thread: StreamThread, error: unknown) => void
}
