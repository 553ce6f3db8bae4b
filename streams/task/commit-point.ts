/** The places of a commit where a process can die with a different outcome. */
export type CommitPoint =
  | 'before-begin'
  | 'after-send'
  | 'before-log-commit'
  | 'after-log-commit'
  | 'after-store-commit'

export const COMMIT_POINTS: readonly CommitPoint[] = [
  'before-begin',
  'after-send',
  'before-log-commit',
  'after-log-commit',
  'after-store-commit',
]

/** Called at each point of each commit; crash tests throw from it. */
export type CommitProbe = (point: CommitPoint, taskId: string) => void
