import { StreamsError } from '../../errors.ts'
import type { TopicPartition } from '../log.ts'

export const unknownTopic = (place: Partial<TopicPartition>): StreamsError =>
  new StreamsError('LOG_UNKNOWN_TOPIC', 'no such topic or partition', place, 'Create it first.')

export const topicDiffers = (topic: string, has: number, wanted: number): StreamsError =>
  new StreamsError(
    'LOG_TOPIC_DIFFERS',
    `the topic has ${has} partitions, not ${wanted}`,
    { topic },
    'Keep the number of partitions, or write to a topic of another name.',
  )

export const recordTooLarge = (
  place: TopicPartition,
  sizeBytes: number,
  maxBytes: number,
): StreamsError =>
  new StreamsError(
    'LOG_RECORD_TOO_LARGE',
    `a record of ${sizeBytes} bytes exceeds ${maxBytes}`,
    place,
    'Send less in one record, or raise recordBytesMax.',
  )

export const invalidRecord = (place: TopicPartition, what: string): StreamsError =>
  new StreamsError('LOG_RECORD_INVALID', what, place, 'Mend the producer.')

export const transactionTooLarge = (transactionalId: string, maxBytes: number): StreamsError =>
  new StreamsError(
    'LOG_TRANSACTION_TOO_LARGE',
    `transaction of ${transactionalId} exceeds ${maxBytes} bytes`,
    {},
    'Commit more often, or raise transactionBytesMax.',
  )

export const transactionTimedOut = (transactionalId: string, timeoutMs: number): StreamsError =>
  new StreamsError(
    'LOG_TRANSACTION_TIMED_OUT',
    `transaction of ${transactionalId} was open for more than ${timeoutMs} ms and is aborted`,
    {},
    'Call init, then repeat the work in shorter transactions.',
  )

export const fenced = (transactionalId: string): StreamsError =>
  new StreamsError(
    'LOG_FENCED',
    `another producer uses transactional id ${transactionalId}`,
    {},
    'Drop all state of this producer and close it.',
  )

export const outcomeUnknown = (transactionalId: string, cause?: unknown): StreamsError =>
  new StreamsError(
    'LOG_OUTCOME_UNKNOWN',
    `a call of ${transactionalId} failed before`,
    {},
    'Call init, then read the committed offsets again.',
    cause,
  )

export const staleMember = (groupId: string, memberId: string): StreamsError =>
  new StreamsError(
    'LOG_STALE_MEMBER',
    `member ${memberId} does not belong to the current generation of group ${groupId}`,
    {},
    'Poll to join the group again; its partitions may have other owners.',
  )

export const instanceFenced = (groupId: string, groupInstanceId: string): StreamsError =>
  new StreamsError(
    'LOG_INSTANCE_FENCED',
    `another member of group ${groupId} has taken the place of ${groupInstanceId}`,
    {},
    'Give every living member a groupInstanceId of its own, then start this one again.',
  )

export const groupActive = (groupId: string): StreamsError =>
  new StreamsError(
    'LOG_GROUP_ACTIVE',
    `group ${groupId} has members`,
    {},
    'Stop the members of the group first.',
  )

export const inconsistentAssignor = (groupId: string, has: string, wanted: string): StreamsError =>
  new StreamsError(
    'LOG_ASSIGNOR_DIFFERS',
    `group ${groupId} assigns by ${has}, the new member by ${wanted}`,
    {},
    'Give all members of a group the same assignor.',
  )

export const invalidAssignment = (groupId: string, what: string): StreamsError =>
  new StreamsError('LOG_ASSIGNMENT_INVALID', `group ${groupId}: ${what}`, {}, 'Mend the assignor.')

export const metadataTooLarge = (place: TopicPartition, sizeBytes: number): StreamsError =>
  new StreamsError(
    'LOG_METADATA_TOO_LARGE',
    `offset metadata of ${sizeBytes} bytes exceeds 4096`,
    place,
    'Keep less with the offset.',
  )

export const logClosed = (): StreamsError =>
  new StreamsError('LOG_CLOSED', 'the log, or this part of it, is closed', {}, 'Open it again.')

export const formatUnsupported = (path: string, found: string): StreamsError =>
  new StreamsError(
    'LOG_FORMAT_UNSUPPORTED',
    `the log was written in format ${found}`,
    { path },
    'Use the release that wrote it, or start with an empty directory.',
  )
