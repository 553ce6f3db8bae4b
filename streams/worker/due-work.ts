import type { ActiveTask } from './active-task.ts'
import type { ThreadLimits } from './thread-context.ts'

/** Starts the commits that are due: a bound is reached or a commit was asked for; the interval is over; nothing more is at hand. */
export function startDueCommits(
  tasks: Iterable<ActiveTask>,
  nowMs: number,
  limits: ThreadLimits,
): void {
  const { commitIntervalMs } = limits
  const spacingMs = (active: ActiveTask) => drainedSpacingMs(active, limits)
  for (const active of tasks) {
    const wasBusy = active.busy
    active.busy = false
    const { task, uncommittedSinceMs } = active
    if (task === undefined || active.isCommitting || active.dirty) continue
    if (uncommittedSinceMs === undefined) {
      // Asked for, or at a bound, with nothing to write.
      if (task.commitRequested && !task.hasUncommitted) task.commitRequested = false
      continue
    }
    const isOver = nowMs - uncommittedSinceMs >= commitIntervalMs
    const isDrained = !wasBusy && nowMs - active.lastCommitEndMs >= spacingMs(active)
    if (task.commitRequested || isOver || isDrained) active.startCommit()
  }
}

/** How long nothing has to be done for these tasks, unless something happens; at most `longestMs`. */
export function idleMs(
  tasks: Iterable<ActiveTask>,
  now: { readonly monotonicMs: number; readonly wallClockMs: number },
  limits: ThreadLimits,
  longestMs: number,
): number {
  let waitMs = longestMs
  for (const active of tasks) {
    const { task } = active
    if (task === undefined || active.isCommitting || active.isClosing) continue
    if (task.isReady()) return 0
    if (active.uncommittedSinceMs !== undefined) {
      const spacedMs = active.lastCommitEndMs + drainedSpacingMs(active, limits) - now.monotonicMs
      waitMs = Math.min(waitMs, Math.max(0, spacedMs))
    }
    if (task.hasBuffered && limits.maxTaskIdleMs > 0)
      waitMs = Math.min(waitMs, limits.maxTaskIdleMs)
    waitMs = Math.min(waitMs, Math.max(0, task.nextWallClockDueMs - now.wallClockMs))
  }
  return waitMs
}

/** As long as the last commit took, where that is longer: transactions then take half of the time at most, and a log that is slow gets fewer of them. */
function drainedSpacingMs(
  { lastCommitMs }: ActiveTask,
  { commitIntervalMs, drainedCommitSpacingMs }: ThreadLimits,
): number {
  return Math.max(drainedCommitSpacingMs, Math.min(lastCommitMs, commitIntervalMs))
}
