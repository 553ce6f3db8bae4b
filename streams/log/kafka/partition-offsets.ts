import type { OffsetQuery, TopicPartition } from '../log.ts'
import type { BrokerLink } from './broker-link.ts'
import { safeNumber } from './byte-reader.ts'
import type { Cluster } from './cluster.ts'
import { byTopic, partitionKey } from './partitions.ts'

const TIMESTAMPS = { latest: -1, stable: -1, earliest: -2 }

/** Offsets in the order asked for; a timestamp after the last record gives the end of the log. */
export async function boundary(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  at: OffsetQuery,
): Promise<readonly number[]> {
  if (partitions.length === 0) return []
  const found = await listOffsets(cluster, partitions, at)
  const absent = partitions.filter((partition) => (found.get(partitionKey(partition)) ?? -1) < 0)
  const ends = absent.length === 0 ? found : await listOffsets(cluster, absent, 'latest')
  return partitions.map((partition) => {
    const offset = found.get(partitionKey(partition)) ?? -1
    return offset >= 0 ? offset : (ends.get(partitionKey(partition)) ?? 0)
  })
}

async function listOffsets(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  at: OffsetQuery,
): Promise<ReadonlyMap<string, number>> {
  const timestamp = typeof at === 'string' ? TIMESTAMPS[at] : at.timestampMs
  const place = partitions.length === 1 ? { topic: partitions[0]?.topic ?? '' } : {}
  return cluster.retry('list offsets', place, async () => {
    const byLeader = new Map<BrokerLink, TopicPartition[]>()
    for (const partition of partitions) {
      const leader = await cluster.leader(partition)
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition])
    }
    const offsets = new Map<string, number>()
    for (const [leader, led] of byLeader) {
      const { responses } = await (await leader.broker()).listOffsets({
        replicaId: -1,
        isolationLevel: at === 'stable' ? 1 : 0,
        topics: byTopic(led).map(([topic, entries]) => ({
          topic,
          partitions: entries.map(({ partition }) => ({ partition, timestamp })),
        })),
      })
      for (const { topic, partitions: answers } of responses) {
        for (const { partition, offset } of answers) {
          offsets.set(partitionKey({ topic, partition }), safeNumber(Number(offset)))
        }
      }
    }
    return offsets
  })
}
