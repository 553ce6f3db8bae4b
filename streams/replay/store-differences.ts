import { join } from 'node:path'
import type { StoreSpec, TaskStores } from '../store.ts'
import { isKeyValueStore } from '../store-kind.ts'
import { bytesText } from './record-text.ts'
import type { ReplayContext } from './replay-context.ts'

/** An entry of a key-value store that is not the same in both. */
export interface EntryDifference {
  readonly key: string
  readonly recorded: string | undefined
  readonly rebuilt: string | undefined
}

export interface StoreDifference {
  readonly taskId: string
  readonly store: string
  readonly isEqual: boolean
  readonly entries: { readonly recorded: number; readonly rebuilt: number }
  /** Entries that differ, of a key-value store; undefined for other kinds, whose digests alone are compared. */
  readonly differing: number | undefined
  /** The first ones. */
  readonly differences: readonly EntryDifference[]
}

interface Entry {
  readonly key: Uint8Array
  readonly value: unknown
}

/** Stores of two replays of one task, entry by entry where their kind allows it. */
export async function storeDifferences(
  base: ReplayContext,
  changed: ReplayContext,
  taskId: string,
  differencesMax: number,
): Promise<StoreDifference[]> {
  const specs = specsOf(base, taskId)
  if (specs.length === 0) return []
  const left = await opened(base, taskId, specs)
  const right = await opened(changed, taskId, specsOf(changed, taskId))
  try {
    return left.names.map((store) => {
      const [one, other] = [left.get(store).digest(), right.get(store).digest()]
      const entries = { recorded: one.entries, rebuilt: other.entries }
      const isEqual = one.digest === other.digest && one.entries === other.entries
      const told = isEqual
        ? { differing: 0, differences: [] }
        : entryDifferences(left, right, store, differencesMax)
      return { taskId, store, isEqual, entries, ...told }
    })
  } finally {
    await left.close()
    await right.close()
  }
}

function entryDifferences(
  left: TaskStores,
  right: TaskStores,
  store: string,
  differencesMax: number,
): { readonly differing: number | undefined; readonly differences: readonly EntryDifference[] } {
  const recorded = entriesOf(left, store)
  const rebuilt = entriesOf(right, store)
  if (recorded === undefined || rebuilt === undefined)
    return { differing: undefined, differences: [] }
  const differences: EntryDifference[] = []
  let differing = 0
  let one = recorded.next()
  let other = rebuilt.next()
  while (one.done !== true || other.done !== true) {
    const order =
      one.done === true
        ? 1
        : other.done === true
          ? -1
          : Buffer.compare(one.value.key, other.value.key)
    const before = order <= 0 && one.done !== true ? one.value : undefined
    const after = order >= 0 && other.done !== true ? other.value : undefined
    const [was, is] = [textOf(before), textOf(after)]
    if (was !== is) {
      differing++
      const key = bytesText((before ?? after)?.key ?? null)
      if (differences.length < differencesMax) differences.push({ key, recorded: was, rebuilt: is })
    }
    if (order <= 0) one = recorded.next()
    if (order >= 0) other = rebuilt.next()
  }
  return { differing, differences }
}

/** In byte order of the keys. */
function entriesOf(stores: TaskStores, name: string): Generator<Entry, undefined> | undefined {
  const { store, spec } = stores.get(name)
  if (!isKeyValueStore(store)) return undefined
  return (function* () {
    for (const [key, value] of store.all()) yield { key: spec.keySerde.serialize(name, key), value }
    return undefined
  })()
}

function textOf(entry: Entry | undefined): string | undefined {
  if (entry === undefined) return undefined
  const text = JSON.stringify(entry.value, (_name, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
  return text ?? String(entry.value)
}

function specsOf({ plan }: ReplayContext, taskId: string): readonly StoreSpec[] {
  const id = Number(taskId.split('_')[0])
  return (
    plan.subTopologies.find(({ subTopology }) => subTopology.id === id)?.subTopology.stores ?? []
  )
}

function opened(
  { stores, directory, plan }: ReplayContext,
  taskId: string,
  specs: readonly StoreSpec[],
): Promise<TaskStores> {
  return stores.open({
    directory: join(directory, taskId),
    taskId,
    specs,
    overlayBytesMax: Number.MAX_SAFE_INTEGER,
    changelogTopic: plan.changelogTopic,
  })
}
