import type { SubTopology, Topology, TopologyNode } from '../topology.ts'
import { sinkLabel, topicLabel } from './topic-label.ts'

/** A Mermaid flowchart: topics are rounded, stores are cylinders, sub-topologies are boxes. */
export function describeMermaid(topology: Topology): string {
  const ids = new Ids()
  const lines = ['flowchart TD']
  for (const sub of topology.subTopologies) {
    lines.push(`  subgraph S${sub.id}["Sub-topology ${sub.id}"]`)
    for (const line of inside(sub, ids)) lines.push(`    ${line}`)
    lines.push('  end')
  }
  for (const global of topology.globalStores) {
    lines.push(`  ${topicNode(global.topic, ids)} --> ${storeNode(global.store.name, ids)}`)
  }
  for (const sub of topology.subTopologies) {
    for (const line of acrossTheBorder(topology, sub, ids)) lines.push(`  ${line}`)
  }
  return `${lines.join('\n')}\n`
}

function inside(sub: SubTopology, ids: Ids): string[] {
  const nodes = sub.nodes.map((node) => `${ids.of('node', node.name)}["${node.name}"]`)
  const edges = sub.nodes.flatMap((node) =>
    node.children.map((child) => `${ids.of('node', node.name)} --> ${ids.of('node', child)}`),
  )
  const stores = sub.nodes.flatMap((node) =>
    node.kind === 'processor'
      ? node.stores.map((store) => `${ids.of('node', node.name)} --- ${storeNode(store, ids)}`)
      : [],
  )
  return [...nodes, ...edges, ...stores]
}

function acrossTheBorder(topology: Topology, sub: SubTopology, ids: Ids): string[] {
  return sub.nodes.flatMap((node) => linksOutside(topology, node, ids))
}

function linksOutside(topology: Topology, node: TopologyNode, ids: Ids): string[] {
  const id = ids.of('node', node.name)
  switch (node.kind) {
    case 'source':
      return node.topics.map((topic) => `${topicNode(topicLabel(topology, topic), ids)} --> ${id}`)
    case 'processor':
      return (node.globalStores ?? []).map((store) => `${id} -.- ${storeNode(store, ids)}`)
    case 'sink':
      return [`${id} --> ${topicNode(sinkLabel(topology, node), ids)}`]
  }
}

function topicNode(topic: string, ids: Ids): string {
  return `${ids.of('topic', topic)}(["${topic}"])`
}

function storeNode(store: string, ids: Ids): string {
  return `${ids.of('store', store)}[("${store}")]`
}

/** Mermaid's ids are plain words; names are not. */
class Ids {
  readonly #known = new Map<string, string>()

  of(kind: 'node' | 'topic' | 'store', name: string): string {
    const key = `${kind} ${name}`
    const id = this.#known.get(key) ?? `${kind}${this.#known.size}`
    this.#known.set(key, id)
    return id
  }
}
