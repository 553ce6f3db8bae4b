import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import { type StoreSpec, StreamsError, type TaskStores, type Topology } from '#streams'
import type { Topics } from '#topics'
import { topologies } from '#topologies'
import type { RunningTopology } from '../start/open-topology.ts'
import { applicationId, streamsDirectory } from '../start/open-topology.ts'
import type { StoreArgs, StoreChecksum } from './operator.ts'
import { type KeptPart, keptPart } from './store-reading.ts'
import { taskDirectories } from './task-directories.ts'
import { unknownTopology } from './topology-tools.ts'

/** Stores of the topologies, of a running process or of a directory. */
export interface StoreAccess {
  topologies(): readonly Topology[]
  /** @throws {StreamsError} when the topology or the store is not there */
  parts(args: StoreArgs): Promise<readonly KeptPart[]>
  checksums(args: StoreArgs): Promise<readonly StoreChecksum[]>
}

/** Stores of the topologies that run in this thread. */
export function runningStores(running: readonly RunningTopology[]): StoreAccess {
  const find = ({ topology }: StoreArgs): RunningTopology => {
    const found = running.find(({ name }) => name === topology)
    if (found === undefined)
      throw unknownTopology(
        topology,
        running.map(({ name }) => name),
      )
    return found
  }
  return {
    topologies: () => running.map(({ topology }) => topology),
    parts: async (args) => {
      const { streams, topology } = find(args)
      const spec = specOf(topology, args.store)
      return streams
        .localStores(args.store)
        .map(({ partition, store }) => keptPart({ partition, spec, store }))
    },
    checksums: async (args) => {
      const { streams, topology } = find(args)
      specOf(topology, args.store)
      return streams.checksum(args.store).map((one) => ({ ...one, offset: one.offset ?? -1 }))
    },
  }
}

/** Stores in a data directory that no process has open. Close it after use. */
export function directoryStores({
  dataDir,
  env,
  topics,
}: {
  readonly dataDir: string
  readonly env: string
  readonly topics: Topics
}): StoreAccess & { close(): Promise<void> } {
  const built = topologies.map((entry) => entry.build(topics))
  /** By directory: a task's stores are opened once, whichever of them is asked for. */
  const open = new Map<string, TaskStores>()
  /** All of a topology's global stores are kept in one place, as one part. */
  const openGlobal = async (topology: Topology, name: string) => {
    const path = join(streamsDirectory(dataDir), applicationId(env, name), 'global')
    if (!existsSync(path)) return []
    const stores =
      open.get(path) ??
      (await createStoreBackend(rocksdbEngine()).open({
        directory: path,
        taskId: 'global',
        specs: topology.globalStores.map(({ store }) => store),
        overlayBytesMax: 1_000_000,
      }))
    open.set(path, stores)
    return [{ partition: 0, stores }]
  }
  const openTasks = async ({
    topology: name,
    store,
  }: StoreArgs): Promise<{ partition: number; stores: TaskStores }[]> => {
    const topology = built.find((one) => one.name === name)
    if (topology === undefined)
      throw unknownTopology(
        name,
        built.map((one) => one.name),
      )
    specOf(topology, store)
    if (isGlobal(topology, store)) return openGlobal(topology, name)
    const sub = topology.subTopologies.find(({ stores }) =>
      stores.some((spec) => spec.name === store),
    )
    if (sub === undefined) return []
    const parts = new Map<number, TaskStores>()
    for (const { path, taskId, partition } of taskDirectories(
      dataDir,
      applicationId(env, name),
      sub.id,
    )) {
      const stores =
        open.get(path) ??
        (await createStoreBackend(rocksdbEngine()).open({
          directory: path,
          taskId,
          specs: sub.stores,
          overlayBytesMax: 1_000_000,
        }))
      open.set(path, stores)
      // A task that has moved from one thread to another has left its state behind: the one that is furthest on is its own.
      const other = parts.get(partition)
      if (other === undefined || furthest(other, store) < furthest(stores, store))
        parts.set(partition, stores)
    }
    return [...parts]
      .map(([partition, stores]) => ({ partition, stores }))
      .sort((a, b) => a.partition - b.partition)
  }
  return {
    topologies: () => built,
    parts: async (args): Promise<KeptPart[]> =>
      (await openTasks(args)).map(({ partition, stores }) => {
        const { spec, store } = stores.get(args.store)
        return keptPart({ partition, spec, store })
      }),
    checksums: async (args): Promise<StoreChecksum[]> =>
      (await openTasks(args)).map(({ partition, stores }) => {
        const managed = stores.get(args.store)
        return {
          store: args.store,
          partition,
          ...managed.digest(),
          offset: managed.checkpoint() ?? -1,
        }
      }),
    close: async () => {
      for (const stores of open.values()) await stores.close()
    },
  }
}

const furthest = (stores: TaskStores, store: string): number => stores.get(store).checkpoint() ?? -1

/** @throws {StreamsError} STORE_UNKNOWN */
export function specOf(topology: Topology, store: string): StoreSpec {
  const specs = [
    ...topology.subTopologies.flatMap(({ stores }) => stores),
    ...topology.globalStores.map(({ store }) => store),
  ]
  const spec = specs.find(({ name }) => name === store)
  if (spec === undefined) {
    throw new StreamsError(
      'STORE_UNKNOWN',
      `${topology.name} has no store ${store}`,
      {},
      `Choose among ${specs.map(({ name }) => name).join(', ')}`,
    )
  }
  return spec
}

/** Kept whole on every instance, and filled from its topic: it has no partitions and no changelog. */
export function isGlobal(topology: Topology, store: string): boolean {
  return topology.globalStores.some((one) => one.store.name === store)
}
