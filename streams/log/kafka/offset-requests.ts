import type { GroupMetadata, OffsetCommit, TopicPartition } from '../log.ts'
import type { ProducerIdentity } from './appender.ts'
import { protocolError, type RawRequest } from './broker-link.ts'
import type { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { byTopic } from './partitions.ts'

/**
 * Offsets within a transaction, version 3: unlike kafkajs' version 1 it names member and generation, so that the coordinator refuses
 * a member whose partitions went to another. Version 5 is the same, and makes the group part of the transaction.
 */
export function txnOffsetCommitRequest(
  transactionalId: string,
  producer: ProducerIdentity,
  group: GroupMetadata,
  offsets: readonly OffsetCommit[],
): RawRequest<void> {
  const body = new ByteWriter()
    .noTags()
    .compactString(transactionalId)
    .compactString(group.groupId)
    .int64(producer.producerId)
    .int16(producer.producerEpoch)
    .int32(group.generationId)
    .compactString(group.memberId)
    .compactString(group.groupInstanceId ?? null)
    .compactArray(byTopic(offsets), (writer, [topic, commits]) => {
      writer.compactString(topic)
      writer.compactArray(commits, (each, commit) => {
        each.int32(commit.partition).int64(commit.offset).int32(-1)
        each.compactString(commit.metadata ?? null).noTags()
      })
      writer.noTags()
    })
    .noTags()
  return {
    apiKey: 28,
    apiVersion: producer.joinsOnWrite ? 5 : 3,
    apiName: 'TxnOffsetCommit',
    body,
    read: readCommitAnswer,
  }
}

/**
 * Committed offsets, version 7: "require stable" makes the coordinator wait for the outcome of transactions that carry offsets, so that
 * a new owner never starts from an offset that is about to be replaced.
 */
export function offsetFetchRequest(
  groupId: string,
  partitions: readonly TopicPartition[],
  stable: boolean,
): RawRequest<readonly OffsetCommit[]> {
  const body = new ByteWriter()
    .noTags()
    .compactString(groupId)
    .compactArray(byTopic(partitions), (writer, [topic, entries]) => {
      writer.compactString(topic)
      writer.compactArray(entries, (each, entry) => each.int32(entry.partition))
      writer.noTags()
    })
    .int8(stable ? 1 : 0)
    .noTags()
  return {
    apiKey: 9,
    apiVersion: 7,
    apiName: 'OffsetFetch',
    body,
    read: (reader) => {
      reader.skipTags()
      reader.int32()
      const commits: OffsetCommit[] = []
      reader.compactArray(() => {
        const topic = reader.compactString() ?? ''
        reader.compactArray(() => {
          const partition = reader.int32()
          const offset = reader.int64()
          reader.int32()
          const metadata = reader.compactString() ?? ''
          const code = reader.int16()
          if (code !== 0) throw protocolError(code)
          reader.skipTags()
          if (offset >= 0) {
            commits.push({ topic, partition, offset, ...(metadata === '' ? {} : { metadata }) })
          }
        })
        reader.skipTags()
      })
      const code = reader.int16()
      if (code !== 0) throw protocolError(code)
      return commits
    },
  }
}

/** Of OffsetCommit 8 and TxnOffsetCommit 3: an error code for each partition. @throws the first of them */
export function readCommitAnswer(reader: ByteReader): void {
  reader.skipTags()
  reader.int32()
  reader.compactArray(() => {
    reader.compactString()
    reader.compactArray(() => {
      reader.int32()
      const code = reader.int16()
      if (code !== 0) throw protocolError(code)
      reader.skipTags()
    })
    reader.skipTags()
  })
}
