import type { Header, PartitionAppend, ProducerRecord } from '../log/log.ts'
import { positionHeader } from '../queries/position.ts'
import type { ManagedStore } from '../store.ts'
import type { InputPosition } from './transaction-schedule.ts'

export type ChangelogAppend = PartitionAppend & { readonly store: string }

/**
 * What a transaction changed in each logged store, one record a key. The last record of each store carries in a header what the store then
 * reflects of the inputs: standbys answer with it.
 */
export function changelogAppends(
  stores: readonly ManagedStore[],
  place: {
    readonly topicOf: (store: string) => string
    readonly partition: number
    readonly timestampMs: number
    readonly positions: readonly InputPosition[]
  },
): ChangelogAppend[] {
  const { topicOf, partition, timestampMs, positions } = place
  const appends: ChangelogAppend[] = []
  let header: Header | undefined
  for (const managed of stores) {
    const { name, logged } = managed.spec
    if (!logged || managed.changeCount === 0) continue
    const records: ProducerRecord[] = []
    for (const { key, value } of managed.changes()) records.push({ key, value, timestampMs })
    const last = records.pop()
    header ??= positionHeader(positions)
    if (last !== undefined) records.push({ ...last, headers: [header] })
    appends.push({ store: name, topic: topicOf(name), partition, records })
  }
  return appends
}
