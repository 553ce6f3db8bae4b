import type { GroupMember, PartitionAssignor, TopicPartition } from '../log.ts'

/**
 * Contiguous ranges of each topic to its subscribers in order of member id, as Kafka's `range`: partitions of one number of
 * co-partitioned topics go to one member.
 */
export const rangeAssignor: PartitionAssignor = {
  name: 'range',
  assign(members, partitionCounts) {
    const assignment = new Map<string, TopicPartition[]>(members.map((m) => [m.memberId, []]))
    const ordered = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
    for (const [topic, count] of partitionCounts) {
      assignTopic(
        topic,
        count,
        ordered.filter((m) => m.topics.includes(topic)),
        assignment,
      )
    }
    return new Map([...assignment].map(([memberId, partitions]) => [memberId, { partitions }]))
  },
}

function assignTopic(
  topic: string,
  count: number,
  members: readonly GroupMember[],
  assignment: ReadonlyMap<string, TopicPartition[]>,
): void {
  let partition = 0
  for (const [index, member] of members.entries()) {
    const share = Math.floor(count / members.length) + (index < count % members.length ? 1 : 0)
    for (let left = share; left > 0; left -= 1) {
      assignment.get(member.memberId)?.push({ topic, partition })
      partition += 1
    }
  }
}
