import type { GlobalStoreNode, SubTopology, Topology, TopologyNode } from '../topology.ts'
import { topicLabel } from './topic-label.ts'

/** Kafka Streams' `TopologyDescription`, character for character, but for a topic that is chosen per record. */
export function describeText(topology: Topology): string {
  const parts = [
    ...topology.subTopologies.map((sub) => ({ id: sub.id, text: subTopologyText(topology, sub) })),
    ...topology.globalStores.map((global) => ({
      id: global.subTopologyId ?? Number.MAX_SAFE_INTEGER,
      text: globalStoreText(global),
    })),
  ]
  const inOrder = parts.sort((left, right) => left.id - right.id)
  return `Topologies:\n ${inOrder.map(({ text }) => `  ${text}`).join('')}`
}

function subTopologyText(topology: Topology, sub: SubTopology): string {
  const order = readingOrder(sub)
  const inOrder = [...sub.nodes].sort((left, right) => order(left.name, right.name))
  const lines = inOrder.map((node) => `    ${nodeText(topology, node, order)}\n`)
  return `Sub-topology: ${sub.id}\n${lines.join('')}\n`
}

type Order = (left: string, right: string) => number

/** Upstream first: by the number of ways down to a descendant, then by name. */
function readingOrder(sub: SubTopology): Order {
  const nodes = new Map(sub.nodes.map((node) => [node.name, node]))
  const sizes = new Map<string, number>()
  const sizeOf = (name: string): number => {
    const known = sizes.get(name)
    if (known !== undefined) return known
    const children = nodes.get(name)?.children ?? []
    const size = children.reduce((sum, child) => sum + sizeOf(child), 1)
    sizes.set(name, size)
    return size
  }
  return (left, right) => sizeOf(right) - sizeOf(left) || (left < right ? -1 : left > right ? 1 : 0)
}

function nodeText(topology: Topology, node: TopologyNode, order: Order): string {
  const children = `\n      --> ${namesText([...node.children].sort(order))}`
  const parents = `\n      <-- ${namesText([...node.parents].sort(order))}`
  switch (node.kind) {
    case 'source': {
      const topics = node.topics.map((topic) => topicLabel(topology, topic)).sort()
      return `Source: ${node.name} (topics: [${topics.join(', ')}])${children}`
    }
    case 'processor':
      return `Processor: ${node.name} (stores: [${[...node.stores].sort().join(', ')}])${children}${parents}`
    case 'sink': {
      const target =
        typeof node.topic === 'string'
          ? `topic: ${topicLabel(topology, node.topic)}`
          : 'extractor class: function'
      return `Sink: ${node.name} (${target})${parents}`
    }
  }
}

function globalStoreText(global: GlobalStoreNode): string {
  const { sourceName, processorName, topic, store, subTopologyId } = global
  return (
    `Sub-topology: ${subTopologyId ?? '?'} for global store (will not generate tasks)\n` +
    `    Source: ${sourceName} (topics: [${topic}])\n      --> ${processorName}\n` +
    `    Processor: ${processorName} (stores: [${store.name}])\n      --> none\n      <-- ${sourceName}\n`
  )
}

function namesText(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ')
}
