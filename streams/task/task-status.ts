/** Kafka Streams' names for the states of a task. */
export type TaskStatus = 'CREATED' | 'RESTORING' | 'RUNNING' | 'SUSPENDED' | 'CLOSED'

export type TaskInput =
  /** Producer fenced its predecessors, offsets were read, stores are open. */
  | 'opened'
  /** Every store is at its changelog's end. */
  | 'restored'
  /** The outcome of a transaction is unknown: begin again as after an assignment. */
  | 'revive'
  /** Stopped for good: no record is taken any more, the last commit is being made. */
  | 'suspend'
  | 'close'

/** Every legal move of a task. A pair that is absent is refused, never ignored. */
export const TASK_TRANSITIONS: Readonly<
  Record<TaskStatus, Partial<Record<TaskInput, TaskStatus>>>
> = {
  CREATED: { opened: 'RESTORING', revive: 'CREATED', suspend: 'SUSPENDED' },
  RESTORING: { restored: 'RUNNING', revive: 'CREATED', suspend: 'SUSPENDED' },
  RUNNING: { revive: 'CREATED', suspend: 'SUSPENDED' },
  SUSPENDED: { close: 'CLOSED' },
  CLOSED: {},
}

export function nextTaskStatus(status: TaskStatus, input: TaskInput): TaskStatus | undefined {
  return TASK_TRANSITIONS[status][input]
}
