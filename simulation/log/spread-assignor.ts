import type { PartitionAssignor, TopicPartition } from '#streams/log'
import { placeName } from './place.ts'

/** The default: a fair share for each, and what a member has it keeps, up to its share. */
export const spreadAssignor: PartitionAssignor = {
  name: 'spread',
  assign: (members, counts) => {
    const assignment = new Map<string, { readonly partitions: TopicPartition[] }>(
      members.map(({ memberId }) => [memberId, { partitions: [] }]),
    )
    for (const [topic, count] of counts) {
      const readers = members.filter(({ topics }) => topics.includes(topic))
      const open = new Map<string, TopicPartition>()
      for (let partition = 0; partition < count; partition++) {
        open.set(placeName({ topic, partition }), { topic, partition })
      }
      const give = (memberId: string, at: TopicPartition) => {
        if (open.delete(placeName(at))) assignment.get(memberId)?.partitions.push(at)
      }
      const least = Math.floor(count / Math.max(1, readers.length))
      const more = count % Math.max(1, readers.length)
      for (const [index, { memberId, owned }] of readers.entries()) {
        const kept = owned
          .filter((at) => at.topic === topic)
          .slice(0, least + (index < more ? 1 : 0))
        for (const at of kept) give(memberId, at)
      }
      const size = (memberId: string) =>
        assignment.get(memberId)?.partitions.filter((at) => at.topic === topic).length ?? 0
      for (const at of [...open.values()]) {
        const [reader] = [...readers].sort((a, b) => size(a.memberId) - size(b.memberId))
        if (reader !== undefined) give(reader.memberId, at)
      }
    }
    return assignment
  },
}
