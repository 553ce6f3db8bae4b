/** Kafka Streams' names for the states of a stream thread. */
export type ThreadStatus =
  | 'CREATED'
  | 'STARTING'
  | 'PARTITIONS_REVOKED'
  | 'PARTITIONS_ASSIGNED'
  | 'RUNNING'
  | 'PENDING_SHUTDOWN'
  | 'DEAD'

export type ThreadInput =
  | 'start'
  | 'revoked'
  | 'assigned'
  /** Every task of the assignment is running. */
  | 'tasks-running'
  | 'shutdown'
  | 'stopped'

/** Every legal move of a stream thread. A pair that is absent is refused, never ignored. */
export const THREAD_TRANSITIONS: Readonly<
  Record<ThreadStatus, Partial<Record<ThreadInput, ThreadStatus>>>
> = {
  CREATED: { start: 'STARTING', shutdown: 'PENDING_SHUTDOWN' },
  STARTING: {
    revoked: 'PARTITIONS_REVOKED',
    assigned: 'PARTITIONS_ASSIGNED',
    shutdown: 'PENDING_SHUTDOWN',
  },
  PARTITIONS_REVOKED: {
    revoked: 'PARTITIONS_REVOKED',
    assigned: 'PARTITIONS_ASSIGNED',
    shutdown: 'PENDING_SHUTDOWN',
  },
  PARTITIONS_ASSIGNED: {
    revoked: 'PARTITIONS_REVOKED',
    assigned: 'PARTITIONS_ASSIGNED',
    'tasks-running': 'RUNNING',
    shutdown: 'PENDING_SHUTDOWN',
  },
  RUNNING: {
    revoked: 'PARTITIONS_REVOKED',
    // A task that begins again after an unknown outcome is as good as newly assigned.
    assigned: 'PARTITIONS_ASSIGNED',
    'tasks-running': 'RUNNING',
    shutdown: 'PENDING_SHUTDOWN',
  },
  PENDING_SHUTDOWN: { revoked: 'PENDING_SHUTDOWN', shutdown: 'PENDING_SHUTDOWN', stopped: 'DEAD' },
  DEAD: {},
}

export function nextThreadStatus(
  status: ThreadStatus,
  input: ThreadInput,
): ThreadStatus | undefined {
  return THREAD_TRANSITIONS[status][input]
}
