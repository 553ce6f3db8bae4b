import type { StandbyTask } from '../standby/standby-task.ts'
import type { ActiveTask } from './active-task.ts'
import { encodeHeldTasks } from './assignment/held-tasks.ts'
import type { ThreadContext } from './thread-context.ts'

/** What a thread tells the leader of its group at a join. */
export function heldByThread(
  { group, state }: Pick<ThreadContext, 'group' | 'state'>,
  thread: {
    readonly tasks: readonly ActiveTask[]
    readonly standbys: readonly StandbyTask[]
    /** Differs at each join: a broker may rebalance only for members that say something new. */
    readonly joins: number
    readonly announcesShutdown: boolean
  },
): Uint8Array {
  const { tasks, standbys, joins, announcesShutdown } = thread
  const ids = (some: readonly { readonly taskId: string }[]) => some.map(({ taskId }) => taskId)
  return encodeHeldTasks({
    processId: group.processId,
    applicationServer: group.applicationServer,
    active: ids(tasks),
    restoring: ids(tasks.filter(({ status }) => status !== 'RUNNING')),
    standby: ids(standbys),
    stored: state.positions(),
    joins,
    ...(announcesShutdown ? { shutdown: true } : {}),
  })
}
