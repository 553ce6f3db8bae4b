import { expect, test } from 'vitest'
import type { ActiveTask } from './active-task.ts'
import { startDueCommits } from './due-work.ts'
import type { ThreadLimits } from './thread-context.ts'

const LIMITS = { commitIntervalMs: 100, drainedCommitSpacingMs: 5 } as ThreadLimits

/** When a drained task with something to write since 0 ms starts its commit, its last one having ended at 0 ms. */
function commitsAt(lastCommitMs: number): number {
  for (let nowMs = 0; nowMs <= 1_000; nowMs += 1) {
    let started = false
    const active = {
      busy: false,
      task: { commitRequested: false, hasUncommitted: true },
      isCommitting: false,
      dirty: false,
      uncommittedSinceMs: 0,
      lastCommitEndMs: 0,
      lastCommitMs,
      startCommit: () => {
        started = true
      },
    }
    startDueCommits([active as unknown as ActiveTask], nowMs, LIMITS)
    if (started) return nowMs
  }
  return Number.POSITIVE_INFINITY
}

test('a drained task commits again after the spacing, after as long as its last commit took, and at the interval in any case', () => {
  expect([0, 3, 40, 5_000].map(commitsAt)).toEqual([5, 5, 40, 100])
})
