import { partitionFor } from '../log/partitioner.ts'
import type { StoreSpec } from '../store.ts'
import type { HostInfo, StreamsClientMetadata } from '../streams-client-metadata.ts'
import { taskIdOf } from '../task/task-id.ts'
import type { StreamPartitioner } from '../topology.ts'
import type { TopologyPlan } from '../worker/topology-plan.ts'

/** How a store is spread over partitions. */
export interface StoreLayout {
  readonly spec: StoreSpec
  /** What the store's serdes are told. */
  readonly topic: string
  /** A global store is whole on every instance, and has one part. */
  readonly isGlobal: boolean
  readonly partitionCount: number
  /** The topics that its positions speak of. */
  readonly inputTopics: readonly string[]
  /** The task that keeps a partition of it; undefined for a global store. */
  taskOf(partition: number): string | undefined
}

/** Where a key is. As Kafka Streams' class. */
export interface KeyQueryMetadata {
  /** Undefined while nobody has it, or its owner answers no queries. */
  readonly activeHost: HostInfo | undefined
  readonly standbyHosts: readonly HostInfo[]
  readonly partition: number
}

/** Every store of a topology, processors' and global ones, by name. */
export function storeLayouts(plan: TopologyPlan): ReadonlyMap<string, StoreLayout> {
  const layouts = new Map<string, StoreLayout>()
  for (const { subTopology, inputs, partitionCount } of plan.subTopologies) {
    for (const spec of subTopology.stores) {
      layouts.set(spec.name, {
        spec,
        topic: plan.changelogTopic(spec.name),
        isGlobal: false,
        partitionCount,
        inputTopics: inputs.map(({ topic }) => topic),
        taskOf: (partition) => taskIdOf(subTopology.id, partition),
      })
    }
  }
  for (const { store: spec, topic } of plan.topology.globalStores) {
    layouts.set(spec.name, {
      spec,
      topic,
      isGlobal: true,
      partitionCount: 1,
      inputTopics: [topic],
      taskOf: () => undefined,
    })
  }
  return layouts
}

/** The partition of a key: that of its bytes as producers choose it, unless a partitioner says otherwise. */
export function partitionOfKey(
  layout: StoreLayout,
  key: unknown,
  partitioner?: StreamPartitioner,
): number {
  if (layout.isGlobal) return 0
  if (partitioner !== undefined) return partitioner(key, undefined, layout.partitionCount)
  return partitionFor(layout.spec.keySerde.serialize(layout.topic, key), layout.partitionCount)
}

/** Who has a partition of a store, as of the last assignment. */
export function hostsOfPartition(
  layout: StoreLayout,
  partition: number,
  clients: readonly StreamsClientMetadata[],
): KeyQueryMetadata {
  const taskId = layout.taskOf(partition)
  const having = (tasks: 'activeTasks' | 'standbyTasks') =>
    clients.flatMap(({ host, [tasks]: ids }) =>
      host !== undefined && (taskId === undefined || ids.includes(taskId)) ? [host] : [],
    )
  const [activeHost] = having('activeTasks')
  const standbyHosts = taskId === undefined ? [] : having('standbyTasks')
  return { activeHost, standbyHosts, partition }
}

/** The instances that have a part of a store, active or standby. */
export function clientsWithStore(
  layout: StoreLayout,
  clients: readonly StreamsClientMetadata[],
): readonly StreamsClientMetadata[] {
  if (layout.isGlobal) return clients
  const tasks = new Set(
    Array.from({ length: layout.partitionCount }, (_, partition) => layout.taskOf(partition)),
  )
  return clients.filter(({ activeTasks, standbyTasks }) =>
    [...activeTasks, ...standbyTasks].some((task) => tasks.has(task)),
  )
}
