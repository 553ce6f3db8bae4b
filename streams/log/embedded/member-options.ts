import type {
  GroupConsumerOptions,
  GroupMember,
  MemberAssignment,
  PartitionAssignor,
} from '../log.ts'

type Assignments = ReadonlyMap<string, MemberAssignment>

/** An assignor that may answer later: that of a member in another thread. */
export interface MemberAssignor extends Pick<PartitionAssignor, 'name'> {
  assign(
    members: readonly GroupMember[],
    partitionCounts: ReadonlyMap<string, number>,
  ): Assignments | Promise<Assignments>
}

/** As the port's, of a member that may live in another thread. */
export interface MemberOptions extends Omit<GroupConsumerOptions, 'assignor' | 'userData'> {
  readonly assignor?: MemberAssignor
  readonly userData?: () => Uint8Array | Promise<Uint8Array>
}
