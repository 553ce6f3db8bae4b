/** Kafka Streams' names for the states of a standby task: it neither restores nor is it suspended, it follows. */
export type StandbyStatus = 'CREATED' | 'RUNNING' | 'CLOSED'

export type StandbyInput =
  /** The stores are open and follow their changelogs. */
  'opened' | 'close'

/** Every legal move of a standby task. A pair that is absent is refused, never ignored. */
const STANDBY_TRANSITIONS: Readonly<
  Record<StandbyStatus, Partial<Record<StandbyInput, StandbyStatus>>>
> = {
  CREATED: { opened: 'RUNNING', close: 'CLOSED' },
  RUNNING: { close: 'CLOSED' },
  CLOSED: {},
}

export function nextStandbyStatus(
  status: StandbyStatus,
  input: StandbyInput,
): StandbyStatus | undefined {
  return STANDBY_TRANSITIONS[status][input]
}
