import type { MemberAssignment, TopicPartition } from './log.ts'

/** What a member says it holds on to while it joins. */
export interface OwnershipClaim {
  readonly memberId: string
  /** In which the member got it. Of two claims to one partition the older one is out of date. */
  readonly generationId: number
  readonly owned: readonly TopicPartition[]
}

/**
 * Takes from an assignment what another living member still owns: it is handed out by the next rebalance, after its owner has given it up.
 * `withheld` says what that is.
 */
export function withholdOwned(
  assignment: ReadonlyMap<string, MemberAssignment>,
  claims: readonly OwnershipClaim[],
): {
  readonly assignment: ReadonlyMap<string, MemberAssignment>
  readonly withheld: readonly TopicPartition[]
} {
  const owners = ownersOf(claims)
  const withheld: TopicPartition[] = []
  const granted = new Map<string, MemberAssignment>()
  for (const [memberId, assigned] of assignment) {
    const partitions = assigned.partitions.filter((at) => {
      const holders = owners.get(nameOf(at))?.memberIds ?? []
      const free = holders.length === 0 || (holders.length === 1 && holders[0] === memberId)
      if (!free) withheld.push(at)
      return free
    })
    granted.set(memberId, { ...assigned, partitions })
  }
  return { assignment: granted, withheld }
}

/** Those of `partitions` that are not among `others`. */
export function without(
  partitions: readonly TopicPartition[],
  others: readonly TopicPartition[],
): readonly TopicPartition[] {
  const names = new Set(others.map(nameOf))
  return partitions.filter((at) => !names.has(nameOf(at)))
}

interface Owners {
  readonly generationId: number
  readonly memberIds: string[]
}

function ownersOf(claims: readonly OwnershipClaim[]): ReadonlyMap<string, Owners> {
  const owners = new Map<string, Owners>()
  for (const { memberId, generationId, owned } of claims) {
    for (const at of owned) {
      const known = owners.get(nameOf(at))
      if (known === undefined || known.generationId < generationId) {
        owners.set(nameOf(at), { generationId, memberIds: [memberId] })
      } else if (known.generationId === generationId) {
        known.memberIds.push(memberId)
      }
    }
  }
  return owners
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}\0${partition}`
