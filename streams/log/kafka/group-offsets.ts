import type { GroupMetadata, OffsetCommit, TopicPartition } from '../log.ts'
import type { Cluster } from './cluster.ts'
import { offsetCommitRequest } from './group-requests.ts'
import { offsetFetchRequest } from './offset-requests.ts'
import { partitionKey } from './partitions.ts'

/** Committed offsets in the order asked for; `stable` waits for open transactions that carry some. */
export async function committedOffsets(
  cluster: Cluster,
  groupId: string,
  partitions: readonly TopicPartition[],
  stable: boolean,
): Promise<readonly (OffsetCommit | undefined)[]> {
  if (partitions.length === 0) return []
  const found = await cluster.retry(`read the offsets of ${groupId}`, {}, async () => {
    const coordinator = await cluster.coordinator('group', groupId)
    return coordinator.send(offsetFetchRequest(groupId, partitions, stable))
  })
  const byKey = new Map(found.map((commit) => [partitionKey(commit), commit]))
  return partitions.map((partition) => byKey.get(partitionKey(partition)))
}

/** Commits outside of a transaction; `memberId` '' and generation -1 for a group without members. */
export async function commitOffsets(
  cluster: Cluster,
  group: GroupMetadata,
  offsets: readonly OffsetCommit[],
): Promise<void> {
  if (offsets.length === 0) return
  await cluster.retry(`commit offsets of ${group.groupId}`, {}, async () => {
    const coordinator = await cluster.coordinator('group', group.groupId)
    await coordinator.send(offsetCommitRequest(group, offsets))
  })
}
