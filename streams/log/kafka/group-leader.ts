import type { GroupMember, MemberAssignment, PartitionAssignor } from '../log.ts'
import { withholdOwned } from '../ownership.ts'
import { decodeSubscription, encodeAssignment } from './group-protocol.ts'
import type { JoinedMember } from './group-requests.ts'

const NOTHING: MemberAssignment = { partitions: [] }

export interface Division {
  readonly topics: readonly string[]
  readonly counts: ReadonlyMap<string, number>
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[]
}

/** What the leader of a group does: asks the assignor, and withholds from it what others still own. */
export async function divide(
  members: readonly JoinedMember[],
  assignor: PartitionAssignor,
  countsOf: (topics: readonly string[]) => Promise<ReadonlyMap<string, number>>,
): Promise<Division> {
  const joined = members
    .map(({ memberId, groupInstanceId, subscription }) => ({
      memberId,
      groupInstanceId,
      ...decodeSubscription(subscription),
    }))
    .sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const topics = topicsOf(members)
  const counts = await countsOf(topics)
  const group = joined.map(
    ({ memberId, groupInstanceId, topics, userData, owned }): GroupMember => {
      const member = { memberId, topics, userData, owned }
      return groupInstanceId === null ? member : { ...member, groupInstanceId }
    },
  )
  const { assignment, withheld } = withholdOwned(assignor.assign(group, counts), joined)
  const assignments = joined.map(({ memberId }) => {
    const { partitions, userData = new Uint8Array() } = assignment.get(memberId) ?? NOTHING
    return {
      memberId,
      assignment: encodeAssignment({ partitions, userData, incomplete: withheld.length > 0 }),
    }
  })
  return { topics, counts, assignments }
}

export function topicsOf(members: readonly JoinedMember[]): readonly string[] {
  const topics = members.flatMap(({ subscription }) => decodeSubscription(subscription).topics)
  return [...new Set(topics)].sort()
}
