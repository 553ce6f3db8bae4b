import type { GroupMember, MemberAssignment, TopicPartition } from './log.ts'

/**
 * The assignor of groups that bring none: members get equal shares of what they subscribe to, and keep what they had as far
 * as that allows.
 */
export function assignBalanced(
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
  previous: ReadonlyMap<string, readonly TopicPartition[]>,
): ReadonlyMap<string, MemberAssignment> {
  const assignment = new Map<string, TopicPartition[]>(
    members.map(({ memberId }) => [memberId, []]),
  )
  const owners = new Map<string, string>()
  for (const [memberId, partitions] of previous) {
    for (const at of partitions) owners.set(nameOf(at), memberId)
  }
  for (const [topic, count] of [...partitionCounts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const subscribed = members.filter(({ topics }) => topics.includes(topic))
    if (subscribed.length === 0) continue
    // Shares of one topic are equal; who got more of the topics before gets less of what is left over.
    const share = Math.floor(count / subscribed.length)
    const free: TopicPartition[] = []
    const taken = new Map<string, number>()
    for (let partition = 0; partition < count; partition++) {
      const at = { topic, partition }
      const owner = owners.get(nameOf(at))
      const keeps = subscribed.some(({ memberId }) => memberId === owner)
      if (owner !== undefined && keeps && (taken.get(owner) ?? 0) < share) {
        taken.set(owner, (taken.get(owner) ?? 0) + 1)
        assignment.get(owner)?.push(at)
      } else {
        free.push(at)
      }
    }
    for (const at of free) {
      const next = leastLoaded(subscribed, taken, assignment, owners.get(nameOf(at)))
      if (next === undefined) continue
      taken.set(next, (taken.get(next) ?? 0) + 1)
      assignment.get(next)?.push(at)
    }
  }
  return new Map([...assignment].map(([memberId, partitions]) => [memberId, { partitions }]))
}

function leastLoaded(
  members: readonly GroupMember[],
  taken: ReadonlyMap<string, number>,
  assignment: ReadonlyMap<string, readonly TopicPartition[]>,
  owner: string | undefined,
): string | undefined {
  let best: { memberId: string; taken: number; total: number } | undefined
  for (const { memberId } of members) {
    const load = {
      memberId,
      taken: taken.get(memberId) ?? 0,
      total: assignment.get(memberId)?.length ?? 0,
    }
    if (
      best === undefined ||
      load.taken < best.taken ||
      (load.taken === best.taken && load.total < best.total) ||
      (load.taken === best.taken && load.total === best.total && memberId === owner)
    ) {
      best = load
    }
  }
  return best?.memberId
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`
