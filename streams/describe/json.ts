import type { Serde } from '../serde.ts'
import type { StoreSpec } from '../store.ts'
import type { Topology, TopologyNode } from '../topology.ts'
import { sinkLabel, topicLabel } from './topic-label.ts'

/** The graph as plain data, for programs and for comparing two versions of a topology. */
export function describeJson(topology: Topology) {
  return {
    name: topology.name,
    subTopologies: topology.subTopologies.map((sub) => ({
      id: sub.id,
      nodes: sub.nodes.map((node) => nodeJson(topology, node)),
      stores: sub.stores.map(storeJson),
    })),
    globalStores: topology.globalStores.map((global) => ({
      subTopologyId: global.subTopologyId,
      source: global.sourceName,
      processor: global.processorName,
      topic: global.topic,
      store: storeJson(global.store),
    })),
    copartitioned: (topology.copartitioned ?? []).map((topics) =>
      topics.map((topic) => topicLabel(topology, topic)),
    ),
    repartitionTopics: topology.repartitions.map(({ name, partitions }) => ({
      topic: topicLabel(topology, name),
      partitions: partitions ?? null,
    })),
    generatedNames: topology.generatedNames ?? [],
    warnings: topology.warnings ?? [],
  }
}

/** Of serdes that name what they write. */
function formatsOf({
  keySerde,
  valueSerde,
}: {
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
}) {
  return {
    ...(keySerde.format === undefined ? {} : { keyFormat: keySerde.format }),
    ...(valueSerde.format === undefined ? {} : { valueFormat: valueSerde.format }),
  }
}

function nodeJson(topology: Topology, node: TopologyNode) {
  const { kind, name, parents, children } = node
  switch (node.kind) {
    case 'source': {
      const topics = node.topics.map((topic) => topicLabel(topology, topic))
      return { kind, name, topics, ...formatsOf(node), parents, children }
    }
    case 'processor': {
      const { stores, globalStores = [] } = node
      return { kind, name, stores, globalStores, parents, children }
    }
    case 'sink':
      return { kind, name, topic: sinkLabel(topology, node), ...formatsOf(node), parents, children }
  }
}

function storeJson(store: StoreSpec) {
  const { name, kind, logged, persistent } = store
  const { reads } = store.valueSerde as Serde<unknown>
  const formats = { ...formatsOf(store), ...(reads === undefined ? {} : { valueReads: reads }) }
  const common = { name, kind, logged, persistent, ...formats }
  switch (store.kind) {
    case 'key-value':
      return store.entriesMax === undefined ? common : { ...common, entriesMax: store.entriesMax }
    case 'window': {
      const { windowSizeMs, retentionMs, retainDuplicates = false } = store
      const window = { ...common, windowSizeMs, retentionMs }
      return retainDuplicates ? { ...window, retainDuplicates } : window
    }
    case 'session':
      return { ...common, retentionMs: store.retentionMs }
    case 'versioned':
      return { ...common, historyRetentionMs: store.historyRetentionMs }
  }
}
