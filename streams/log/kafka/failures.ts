import { type ErrorPlace, StreamsError } from '../../errors.ts'

/**
 * What to do about a failure of a request: `transient` may pass by itself, `moved` needs fresh metadata or another coordinator,
 * `connection` also leaves open whether the request was carried out.
 */
export type FailureKind =
  | 'transient'
  | 'moved'
  | 'connection'
  | 'unknown-topic'
  | 'too-few-brokers'
  | 'too-large'
  | 'fenced'
  | 'stale-member'
  | 'fatal'

const KINDS: Readonly<Record<string, FailureKind>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'unknown-topic',
  UNKNOWN_TOPIC_ID: 'unknown-topic',
  INVALID_TOPIC_EXCEPTION: 'unknown-topic',
  LEADER_NOT_AVAILABLE: 'moved',
  NOT_LEADER_FOR_PARTITION: 'moved',
  REPLICA_NOT_AVAILABLE: 'moved',
  FENCED_LEADER_EPOCH: 'moved',
  UNKNOWN_LEADER_EPOCH: 'moved',
  NOT_COORDINATOR_FOR_GROUP: 'moved',
  GROUP_COORDINATOR_NOT_AVAILABLE: 'moved',
  NOT_CONTROLLER: 'moved',
  BROKER_NOT_AVAILABLE: 'moved',
  LISTENER_NOT_FOUND: 'moved',
  ELIGIBLE_LEADERS_NOT_AVAILABLE: 'moved',
  PREFERRED_LEADER_NOT_AVAILABLE: 'moved',
  STALE_CONTROLLER_EPOCH: 'moved',
  NEW_LEADER_ELECTED: 'moved',
  KAFKA_STORAGE_ERROR: 'moved',
  GROUP_LOAD_IN_PROGRESS: 'transient',
  CONCURRENT_TRANSACTIONS: 'transient',
  NOT_ENOUGH_REPLICAS: 'transient',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'transient',
  REQUEST_TIMED_OUT: 'transient',
  UNSTABLE_OFFSET_COMMIT: 'transient',
  OFFSET_NOT_AVAILABLE: 'transient',
  CORRUPT_MESSAGE: 'transient',
  THROTTLING_QUOTA_EXCEEDED: 'transient',
  // A broker that is going down or coming up, as a rule: what it could not do may be done by the next attempt.
  UNKNOWN: 'transient',
  INVALID_REPLICATION_FACTOR: 'too-few-brokers',
  NETWORK_EXCEPTION: 'connection',
  MESSAGE_TOO_LARGE: 'too-large',
  RECORD_LIST_TOO_LARGE: 'too-large',
  INVALID_PRODUCER_EPOCH: 'fenced',
  INVALID_PRODUCER_ID_MAPPING: 'fenced',
  PRODUCER_FENCED: 'fenced',
  TRANSACTION_COORDINATOR_FENCED: 'fenced',
  FENCED_INSTANCE_ID: 'fenced',
  ILLEGAL_GENERATION: 'stale-member',
  UNKNOWN_MEMBER_ID: 'stale-member',
  REBALANCE_IN_PROGRESS: 'stale-member',
}

/** Codes that kafkajs 2.2.4 has no name for. */
const NAMES_BY_CODE: Readonly<Record<number, string>> = {
  78: 'OFFSET_NOT_AVAILABLE',
  80: 'PREFERRED_LEADER_NOT_AVAILABLE',
  82: 'FENCED_INSTANCE_ID',
  83: 'ELIGIBLE_LEADERS_NOT_AVAILABLE',
  87: 'INVALID_RECORD',
  88: 'UNSTABLE_OFFSET_COMMIT',
  89: 'THROTTLING_QUOTA_EXCEEDED',
  90: 'PRODUCER_FENCED',
  100: 'UNKNOWN_TOPIC_ID',
  108: 'NEW_LEADER_ELECTED',
  120: 'TRANSACTION_ABORTABLE',
}

/** Refusals that the port has a code for. */
const REFUSALS: Readonly<Record<string, string>> = {
  OFFSET_METADATA_TOO_LARGE: 'LOG_METADATA_TOO_LARGE',
  INCONSISTENT_GROUP_PROTOCOL: 'LOG_ASSIGNOR_DIFFERS',
  INVALID_TIMESTAMP: 'LOG_RECORD_INVALID',
  INVALID_RECORD: 'LOG_RECORD_INVALID',
  // What the broker remembers of the producer and what the producer believes differ.
  INVALID_TXN_STATE: 'LOG_OUTCOME_UNKNOWN',
  TRANSACTION_ABORTABLE: 'LOG_OUTCOME_UNKNOWN',
  UNKNOWN_PRODUCER_ID: 'LOG_OUTCOME_UNKNOWN',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'LOG_OUTCOME_UNKNOWN',
}

const CONNECTION_ERRORS = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSLockTimeout',
  'KafkaJSTimeout',
])

/** Of sockets and name servers, where kafkajs hands on what the system said. */
const SYSTEM_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
])

/** The protocol's name of a failure, if the broker gave one. */
export function failureType(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const unnamed = /^Unknown error code (\d+)$/.exec(error.message)?.[1]
  const given = 'code' in error && typeof error.code === 'number' ? error.code : undefined
  const code = unnamed === undefined ? given : Number(unnamed)
  const byCode = code === undefined ? undefined : NAMES_BY_CODE[code]
  if (byCode !== undefined) return byCode
  return 'type' in error && typeof error.type === 'string' ? error.type : undefined
}

export function failureKind(error: unknown): FailureKind {
  if (error instanceof StreamsError) return 'fatal'
  const type = failureType(error)
  if (type !== undefined) return KINDS[type] ?? 'fatal'
  if (!(error instanceof Error)) return 'fatal'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return CONNECTION_ERRORS.has(error.name) || SYSTEM_ERRORS.has(code) ? 'connection' : 'fatal'
}

/** The failure as the port names it, once no retry is left. */
export function asStreamsError(error: unknown, what: string, place: ErrorPlace): StreamsError {
  if (error instanceof StreamsError) return error
  switch (failureKind(error)) {
    case 'unknown-topic':
      return new StreamsError(
        'LOG_UNKNOWN_TOPIC',
        `${what}: there is no such topic or partition`,
        place,
        'Create the topic first, or correct its name.',
        error,
      )
    case 'too-few-brokers':
      return new StreamsError(
        'LOG_TOO_FEW_BROKERS',
        `${what}: fewer brokers run than the topic is to have replicas`,
        place,
        'Start the brokers that are down, or ask for fewer replicas (default.replication.factor).',
        error,
      )
    case 'too-large':
      return new StreamsError(
        'LOG_RECORD_TOO_LARGE',
        `${what}: a record exceeds what the topic takes`,
        place,
        'Send smaller records, or raise max.message.bytes of the topic.',
        error,
      )
    case 'fenced':
      return new StreamsError(
        'LOG_FENCED',
        `${what}: another owner took over (${failureType(error)})`,
        place,
        'Drop the state of this task: its new owner goes on from the committed offsets.',
        error,
      )
    case 'stale-member':
      return new StreamsError(
        'LOG_STALE_MEMBER',
        `${what}: the group went on without this member (${failureType(error)})`,
        place,
        'Poll to join the group again; its partitions may have other owners.',
        error,
      )
    case 'transient':
    case 'moved':
    case 'connection':
      return new StreamsError(
        'LOG_UNAVAILABLE',
        `${what}: the broker does not answer (${describe(error)})`,
        place,
        'Check that the brokers run and can be reached, then try again.',
        error,
      )
    case 'fatal':
      return new StreamsError(
        REFUSALS[failureType(error) ?? ''] ?? 'LOG_REQUEST_REFUSED',
        `${what}: the broker refused (${describe(error)})`,
        place,
        'Check the request and the rights of this client.',
        error,
      )
  }
}

export function describe(error: unknown): string {
  return failureType(error) ?? (error instanceof Error ? error.message : String(error))
}
