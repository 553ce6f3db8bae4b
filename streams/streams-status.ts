/** Kafka Streams' names for the states of an application instance. */
export type StreamsStatus =
  | 'CREATED'
  | 'REBALANCING'
  | 'RUNNING'
  | 'PENDING_SHUTDOWN'
  | 'NOT_RUNNING'
  | 'PENDING_ERROR'
  | 'ERROR'

export type StreamsInput =
  | 'start'
  /** A thread gains or loses tasks. */
  | 'rebalance'
  /** Every thread runs all of its tasks. */
  | 'all-running'
  | 'shutdown'
  | 'stopped'
  /** An uncaught error that the handler does not answer with a new thread. */
  | 'fail'

/** Every legal move of an application. A pair that is absent is refused, never ignored. */
export const STREAMS_TRANSITIONS: Readonly<
  Record<StreamsStatus, Partial<Record<StreamsInput, StreamsStatus>>>
> = {
  CREATED: { start: 'REBALANCING', shutdown: 'PENDING_SHUTDOWN' },
  REBALANCING: {
    rebalance: 'REBALANCING',
    'all-running': 'RUNNING',
    shutdown: 'PENDING_SHUTDOWN',
    fail: 'PENDING_ERROR',
  },
  RUNNING: {
    rebalance: 'REBALANCING',
    'all-running': 'RUNNING',
    shutdown: 'PENDING_SHUTDOWN',
    fail: 'PENDING_ERROR',
  },
  PENDING_SHUTDOWN: { stopped: 'NOT_RUNNING' },
  NOT_RUNNING: {},
  PENDING_ERROR: { stopped: 'ERROR' },
  // `close` after an error frees what is left and ends as any other close does.
  ERROR: { shutdown: 'PENDING_SHUTDOWN' },
}

export function nextStreamsStatus(
  status: StreamsStatus,
  input: StreamsInput,
): StreamsStatus | undefined {
  return STREAMS_TRANSITIONS[status][input]
}
