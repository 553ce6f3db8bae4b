import { StreamsError } from '#streams'
import type { TopicPartition } from '#streams/log'

const error = (code: string, what: string, place: Partial<TopicPartition> = {}): StreamsError =>
  new StreamsError(code, what, place, 'This is a simulated failure.')

export const unavailable = (what: string): StreamsError =>
  error('LOG_UNAVAILABLE', `${what}: no answer`)

export const outcomeUnknown = (what: string): StreamsError =>
  error('LOG_OUTCOME_UNKNOWN', `${what}: may or may not have happened`)

export const fenced = (transactionalId: string): StreamsError =>
  error('LOG_FENCED', `another owner of ${transactionalId} took over`)

export const staleMember = (memberId: string): StreamsError =>
  error('LOG_STALE_MEMBER', `member ${memberId} does not belong to the current generation`)

export const instanceFenced = (instanceId: string): StreamsError =>
  error('LOG_INSTANCE_FENCED', `another member took the place of ${instanceId}`)

export const unknownTopic = (place: Partial<TopicPartition>): StreamsError =>
  error('LOG_UNKNOWN_TOPIC', 'no such topic or partition', place)

export const closed = (what: string): StreamsError => error('LOG_CLOSED', `${what} is closed`)

export const topicDiffers = (topic: string): StreamsError =>
  error('LOG_TOPIC_DIFFERS', 'the topic has another number of partitions', { topic })

export const groupActive = (groupId: string): StreamsError =>
  error('LOG_GROUP_ACTIVE', `group ${groupId} has members`)

export const producerState = (what: string): StreamsError => error('LOG_PRODUCER_STATE', what)
