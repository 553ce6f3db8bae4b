import { createStoreBackend, memoryEngine } from '#state-stores'
import type { StoreSpec } from '#streams'
import type { World } from '../world/world.ts'

/** Every part of every store has one owner, and holds what its changelog folds to. @returns what is wrong */
export async function storeFaults(world: World): Promise<readonly string[]> {
  const faults: string[] = []
  for (const { stores: specs } of world.scenario.topology.subTopologies) {
    for (const spec of specs) faults.push(...(await faultsOf(world, spec)))
  }
  return faults
}

async function faultsOf(world: World, spec: StoreSpec): Promise<string[]> {
  const faults: string[] = []
  const topic = `${world.applicationId}-${spec.name}-changelog`
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

async function fold(
  spec: StoreSpec,
  records: Parameters<import('#streams').ManagedStore['restore']>[0],
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
