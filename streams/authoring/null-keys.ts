import type { SubTopology, Topology, TopologyNode } from '../topology.ts'

/** Decides for a repartition whether records without a key are of use to anybody behind it. */
export interface KeyGate {
  open: boolean
}

/**
 * Repartitions drop records without a key, unless a join that takes them comes after: left and outer stream-stream joins, and left joins of a
 * stream with a table. That is known when the graph is complete.
 */
export class NullKeys {
  readonly #joins = new Set<string>()
  readonly #gates = new Map<string, KeyGate>()

  /** A join joins records without a key, too. */
  acceptedBy(join: string): void {
    this.#joins.add(join)
  }

  /** The gate of a repartition's filter node; closed until `decide`. */
  gateOf(filter: string): KeyGate {
    const gate = { open: false }
    this.#gates.set(filter, gate)
    return gate
  }

  decide(topology: Topology): void {
    if (this.#joins.size === 0) return
    const above = parentsByNode(topology.subTopologies)
    const seen = new Set<string>()
    const open = [...this.#joins]
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (seen.has(name)) continue
      seen.add(name)
      const gate = this.#gates.get(name)
      if (gate !== undefined) gate.open = true
      open.push(...(above.get(name) ?? []))
    }
  }
}

/** Parents of each node; those of a source are the sinks that write its topics. */
function parentsByNode(subTopologies: readonly SubTopology[]): Map<string, readonly string[]> {
  const nodes = subTopologies.flatMap((each) => each.nodes)
  const writers = new Map<string, string[]>()
  for (const node of nodes) {
    if (node.kind !== 'sink' || typeof node.topic !== 'string') continue
    writers.set(node.topic, [...(writers.get(node.topic) ?? []), node.name])
  }
  const parents = (node: TopologyNode): readonly string[] =>
    node.kind === 'source' ? node.topics.flatMap((each) => writers.get(each) ?? []) : node.parents
  return new Map(nodes.map((node) => [node.name, parents(node)]))
}
