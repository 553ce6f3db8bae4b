import type { Notification } from '#sdk'

/** What a user has read: everything raised until a time, and some by id since. */
export interface ReadMarks {
  readonly until: string
  readonly ids: readonly string[]
}

export const NOTHING_READ: ReadMarks = { until: '', ids: [] }
const IDS_MAX = 1_000

type Marked = Pick<Notification, 'notificationId' | 'raisedAt'>

export function isRead({ until, ids }: ReadMarks, item: Marked): boolean {
  return item.raisedAt <= until || ids.includes(item.notificationId)
}

/** With these read as well. Of too many ids the earlier become a time: what was raised until then counts as read. */
export function withRead(
  marks: ReadMarks,
  read: readonly Marked[],
  known: readonly Marked[],
): ReadMarks {
  const added = read
    .filter((item) => !isRead(marks, item))
    .map(({ notificationId }) => notificationId)
  const ids = [...marks.ids, ...added]
  if (ids.length <= IDS_MAX) return { until: marks.until, ids }
  const kept = ids.slice(-IDS_MAX / 2)
  const left = new Set(ids.slice(0, -IDS_MAX / 2))
  const times = known.flatMap((item) => (left.has(item.notificationId) ? [item.raisedAt] : []))
  const until = [marks.until, ...times].sort().at(-1) ?? marks.until
  return { until, ids: kept }
}

/** What is kept may be of another version, or spoiled: then nothing is read. */
export function parseMarks(text: string | null): ReadMarks {
  try {
    const { until, ids } = JSON.parse(text ?? '') as Partial<ReadMarks>
    if (typeof until !== 'string' || !Array.isArray(ids)) return NOTHING_READ
    return { until, ids: ids.filter((id) => typeof id === 'string').slice(-IDS_MAX) }
  } catch {
    return NOTHING_READ
  }
}
