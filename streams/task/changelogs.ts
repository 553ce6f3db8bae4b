import type { PartitionAppend } from '../log/log.ts'
import type { ManagedStore } from '../store.ts'

export type ChangelogAppend = PartitionAppend & { readonly store: string }

/** What a transaction changed in each logged store, one record a key. */
export function changelogAppends(
  stores: readonly ManagedStore[],
  place: {
    readonly topicOf: (store: string) => string
    readonly partition: number
    readonly timestampMs: number
  },
): ChangelogAppend[] {
  const { topicOf, partition, timestampMs } = place
  const appends: ChangelogAppend[] = []
  for (const managed of stores) {
    const { name, logged } = managed.spec
    if (!logged || managed.changeCount === 0) continue
    const records = []
    for (const { key, value } of managed.changes()) records.push({ key, value, timestampMs })
    appends.push({ store: name, topic: topicOf(name), partition, records })
  }
  return appends
}
