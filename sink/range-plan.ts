import type { OffsetCommit, TopicPartition } from '#streams/log'

/** A fixed range of a partition, remembered before it is inserted and never cut otherwise. */
export interface RangePlan extends TopicPartition {
  /** Inclusive. */
  readonly from: number
  /** Exclusive. */
  readonly to: number
  /** When it was planned: the rows' `inserted_at`, so that a repetition falls into the same partition of the table. */
  readonly plannedAtMs: number
  /** Parts of it may be rows already under tokens of their own: a repetition leaves out what is there. */
  readonly cut?: true
}

/** The commit that remembers a plan: the range is not done, so its start is the next offset. */
export function planCommit(plan: RangePlan): OffsetCommit {
  const { topic, partition, from, to, plannedAtMs, cut } = plan
  const metadata = JSON.stringify({ to, at: plannedAtMs, ...(cut === true ? { cut } : {}) })
  return { topic, partition, offset: from, metadata }
}

/** The plan that a group offset carries; undefined if the offset only says where to go on. */
export function plannedRange(commit: OffsetCommit): RangePlan | undefined {
  const { topic, partition, offset: from, metadata } = commit
  if (metadata === undefined || metadata === '') return undefined
  let found: unknown
  try {
    found = JSON.parse(metadata)
  } catch {
    return undefined
  }
  if (typeof found !== 'object' || found === null || !('to' in found) || !('at' in found))
    return undefined
  const { to, at } = found
  if (!Number.isSafeInteger(to) || !Number.isSafeInteger(at)) return undefined
  if (Number(to) <= from) return undefined
  const cut = 'cut' in found && found.cut === true ? { cut: true as const } : {}
  return { topic, partition, from, to: Number(to), plannedAtMs: Number(at), ...cut }
}

/** Equal for equal ranges only: ClickHouse drops a block whose token it has seen. */
export function deduplicationToken({ topic, partition, from, to }: RangePlan): string {
  return `${topic}-${partition}-${from}-${to}`
}
