import type { Serde } from './serde.ts'
import type { TopologyPlan } from './worker/topology-plan.ts'

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
