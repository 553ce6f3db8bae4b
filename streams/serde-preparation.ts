import type { Clock } from './clock.ts'
import type { RegistryWait } from './registry-wait.ts'
import type { Serde } from './serde.ts'
import type { TopologyPlan } from './worker/topology-plan.ts'

/** A start fails when no registry has answered for so long: who started it should know. */
const REGISTRY_AWAY_MS_MAX = 120_000

/**
 * As `prepareSerdes`, repeated while the registry is away, for two minutes at most.
 * @returns false when the wait was ended
 * @throws {StreamsError} REGISTRY_UNAVAILABLE, and what `prepareSerdes` throws
 */
export async function prepareSerdesPatiently(
  plan: TopologyPlan,
  registry: RegistryWait,
  clock: Clock,
): Promise<boolean> {
  const giveUpMs = clock.monotonicMs() + REGISTRY_AWAY_MS_MAX
  return await registry.call(
    () => prepareSerdes(plan),
    () => clock.monotonicMs() < giveUpMs,
  )
}

/**
 * Registers schemas and checks compatibility for every topic that the topology names, before anything is written. A store's serdes are
 * prepared for its changelog, and for nothing else when it has none.
 * @throws {StreamsError} as the serdes do: an incompatible schema stops the start
 */
export async function prepareSerdes(plan: TopologyPlan): Promise<void> {
  const prepare = async (topic: string, key: Serde<unknown>, value: Serde<unknown>) => {
    await key.prepare?.(topic, 'key')
    await value.prepare?.(topic, 'value')
  }
  for (const { subTopology } of plan.subTopologies) {
    for (const node of subTopology.nodes) {
      if (node.kind === 'source') {
        for (const topic of node.topics) {
          await prepare(plan.physicalTopic(topic), node.keySerde, node.valueSerde)
        }
      }
      if (node.kind === 'sink' && typeof node.topic === 'string') {
        await prepare(plan.physicalTopic(node.topic), node.keySerde, node.valueSerde)
      }
    }
    for (const store of subTopology.stores) {
      await prepare(plan.changelogTopic(store.name), store.keySerde, store.valueSerde)
    }
  }
  for (const { topic, keySerde, valueSerde, store } of plan.topology.globalStores) {
    await prepare(topic, keySerde, valueSerde)
    await prepare(topic, store.keySerde, store.valueSerde)
  }
}
