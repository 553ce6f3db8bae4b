import { createStoreBackend, memoryEngine } from '#state-stores'
import type { LocalStorePart, ManagedStore, StateStore, StoreSpec } from '#streams'
import { changelogOf, type World } from '../world/world.ts'

/** Every part of every store has one owner, and holds what its changelog folds to. @returns what is wrong */
export async function storeFaults(world: World): Promise<readonly string[]> {
  const faults: string[] = []
  for (const { stores: specs } of world.scenario.topology.subTopologies) {
    for (const spec of specs) {
      faults.push(...(await faultsOf(world, spec)), ...standbyFaults(world, spec))
    }
  }
  return faults
}

async function faultsOf(world: World, spec: StoreSpec): Promise<string[]> {
  const faults: string[] = []
  const topic = changelogOf(world.applicationId, spec.name)
  const parts = world.instances.flatMap(({ name, streams }) =>
    (streams?.checksum(spec.name) ?? []).map((part) => ({ name, ...part })),
  )
  for (const partition of world.broker.partitions(topic)) {
    const own = parts.filter((part) => part.partition === partition.partition)
    const place = `${spec.name}-${partition.partition}`
    if (own.length !== 1) {
      faults.push(`${place} has ${own.length} owners: ${own.map(({ name }) => name).join(', ')}`)
    }
    const folded = await fold(spec, partition.committedRecords(), partition.endOffset)
    for (const { name, entries, digest } of own) {
      if (digest === folded.digest && entries === folded.entries) continue
      faults.push(
        `${place} of ${name} has ${entries} entries (${digest}), its changelog ${folded.entries} (${folded.digest})`,
      )
    }
  }
  return faults
}

/** Whoever follows a store holds the same as its owner. */
function standbyFaults(world: World, spec: StoreSpec): string[] {
  const parts = world.instances.flatMap(({ name, streams }) =>
    partsOf(() => streams?.localStores(spec.name, { standbys: true }) ?? []).map((part) => ({
      ...part,
      name,
    })),
  )
  const owners = new Map<number, string>()
  for (const { role, partition, store } of parts) {
    if (role === 'active') owners.set(partition, contentsOf(store))
  }
  return parts.flatMap(({ role, name, partition, store }) => {
    if (role === 'active' || contentsOf(store) === owners.get(partition)) return []
    return [`${spec.name}-${partition}, which ${name} follows, is not what its owner has`]
  })
}

/** An instance may have none. */
function partsOf(parts: () => readonly LocalStorePart[]): readonly LocalStorePart[] {
  try {
    return parts()
  } catch {
    return []
  }
}

function contentsOf(store: StateStore): string {
  return 'all' in store ? JSON.stringify([...store.all()]) : ''
}

async function fold(
  spec: StoreSpec,
  records: Parameters<ManagedStore['restore']>[0],
  endOffset: number,
) {
  const stores = await createStoreBackend(memoryEngine()).open({
    directory: '/fold',
    taskId: 'fold',
    specs: [spec],
    overlayBytesMax: 1_000_000,
  })
  const store = stores.get(spec.name)
  store.restore(records, endOffset)
  const digest = store.digest()
  await stores.close()
  return digest
}
