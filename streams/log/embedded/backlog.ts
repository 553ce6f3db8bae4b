import type { GroupOffsets } from './group-offsets.ts'
import type { PartitionLog } from './partition-log.ts'
import type { TopicCatalogue } from './topic-catalogue.ts'

/**
 * How much of its bound the fullest partition of a topic needs for what a group has not read yet: beyond 1, records go before they are
 * read. Estimated from the mean size of the records that nothing has cleaned; 0 where there is no bound.
 */
export function unreadPart(
  topics: TopicCatalogue,
  offsets: GroupOffsets,
  topic: string,
  groupId: string,
): number {
  const { partitions, config } = topics.topic(topic)
  const bound = config.value.retentionBytes
  if (bound <= 0) return 0
  return Math.max(
    0,
    ...partitions.map((log) => {
      const commit = offsets.get(groupId, { topic, partition: log.partition })
      return unreadBytes(log, commit?.offset ?? 0) / bound
    }),
  )
}

function unreadBytes({ state }: PartitionLog, committed: number): number {
  const { startOffset, endOffset, cleanedOffset, sizeBytes, cleanedBytes } = state
  const from = Math.max(startOffset, cleanedOffset)
  if (endOffset <= from) return 0
  const unread = endOffset - Math.max(from, committed)
  return ((sizeBytes - cleanedBytes) * unread) / (endOffset - from)
}
