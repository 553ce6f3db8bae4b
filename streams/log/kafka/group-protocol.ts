import { StreamsError } from '../../errors.ts'
import type { MemberAssignment, TopicPartition } from '../log.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { byTopic } from './partitions.ts'

export const PROTOCOL_TYPE = 'consumer'

/** What a member tells the leader when it joins: version 2 of Kafka's consumer protocol. */
export interface Subscription {
  readonly topics: readonly string[]
  readonly userData: Uint8Array
  readonly owned: readonly TopicPartition[]
  /** In which `owned` was assigned; -1 when nothing was. It also makes each subscription of a member differ from the one before. */
  readonly generationId: number
}

/** What the leader tells a member. */
export interface GrantedAssignment extends Required<MemberAssignment> {
  /** Partitions are withheld from somebody until their owners have given them up: a rebalance has to follow. */
  readonly incomplete: boolean
}

const VERSION = 2

export function encodeSubscription(subscription: Subscription): Buffer {
  const writer = new ByteWriter()
    .int16(VERSION)
    .array(subscription.topics, (each, topic) => each.string(topic))
    .bytes(Buffer.from(subscription.userData))
  return writePartitions(writer, subscription.owned).int32(subscription.generationId).finish()
}

export function decodeSubscription(bytes: Buffer): Subscription {
  const reader = new ByteReader(bytes)
  const version = reader.int16()
  const topics = reader.array(() => reader.string())
  const userData = reader.bytes()
  const owned = version >= 1 ? readPartitions(reader) : []
  const generationId = version >= 2 ? reader.int32() : -1
  return { topics, userData, owned, generationId }
}

/** The user data of Kafka's protocol begin with a byte of our own: 1 where the assignment is incomplete. */
export function encodeAssignment(assignment: GrantedAssignment): Buffer {
  const userData = Buffer.concat([
    Buffer.of(assignment.incomplete ? 1 : 0),
    Buffer.from(assignment.userData),
  ])
  return writePartitions(new ByteWriter().int16(VERSION), assignment.partitions)
    .bytes(userData)
    .finish()
}

/** @throws {StreamsError} LOG_RESPONSE_MALFORMED */
export function decodeAssignment(bytes: Buffer): GrantedAssignment {
  // A member for which the leader has nothing gets no bytes.
  if (bytes.length === 0) return { partitions: [], userData: new Uint8Array(), incomplete: false }
  try {
    const reader = new ByteReader(bytes)
    reader.int16()
    const partitions = readPartitions(reader)
    const userData = reader.bytes()
    return { partitions, userData: userData.subarray(1), incomplete: userData[0] === 1 }
  } catch (error) {
    throw new StreamsError(
      'LOG_RESPONSE_MALFORMED',
      'the leader of the group sent an assignment that cannot be read',
      {},
      'Check that all members of the group run the same version.',
      error,
    )
  }
}

function writePartitions(writer: ByteWriter, partitions: readonly TopicPartition[]): ByteWriter {
  return writer.array(byTopic(partitions), (each, [topic, entries]) => {
    each.string(topic).array(entries, (entry, { partition }) => entry.int32(partition))
  })
}

function readPartitions(reader: ByteReader): TopicPartition[] {
  return reader
    .array(() => {
      const topic = reader.string()
      return reader.array(() => ({ topic, partition: reader.int32() }))
    })
    .flat()
}
