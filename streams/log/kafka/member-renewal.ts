import { StreamsError } from '../../errors.ts'
import type { GroupMetadata, OffsetCommit, TopicPartition } from '../log.ts'

/** The member's identity in the generation that was made meanwhile; undefined when it, or one of the partitions, is lost. */
export type MemberRenewal = (
  stale: GroupMetadata,
  partitions: readonly TopicPartition[],
) => Promise<GroupMetadata | undefined>

/**
 * Sends offsets of a member. The coordinator counts a generation before its members know of it: offsets under way just then are refused,
 * and sent again when the member knows the new generation and still holds their partitions.
 */
export async function withRenewal(
  group: GroupMetadata,
  offsets: readonly OffsetCommit[],
  renewal: MemberRenewal,
  send: (group: GroupMetadata) => Promise<void>,
): Promise<void> {
  for (let current = group; ; ) {
    try {
      await send(current)
      return
    } catch (error) {
      if (!(error instanceof StreamsError) || error.code !== 'LOG_STALE_MEMBER') throw error
      const renewed = await renewal(current, offsets)
      if (renewed === undefined) throw error
      current = renewed
    }
  }
}
