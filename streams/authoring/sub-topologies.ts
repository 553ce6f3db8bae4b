import { StreamsError } from '../errors.ts'
import type { StoreSpec } from '../store.ts'
import type {
  GlobalStoreNode,
  ProcessorNode,
  RepartitionTopic,
  SinkNode,
  SourceNode,
  SubTopology,
  Topology,
  TopologyNode,
  TopologyWarning,
} from '../topology.ts'

type Unlinked<T> = Omit<T, 'parents' | 'children'>

/** A node while the graph grows. */
export interface NodeDraft {
  readonly node: Unlinked<SourceNode> | Unlinked<ProcessorNode> | Unlinked<SinkNode>
  readonly parents: string[]
  readonly children: string[]
  /** Connected stores, global ones among them. */
  readonly stores: string[]
}

export interface TopologyDraft {
  readonly name: string
  /** Names of all nodes, those of global stores too, as they were added. */
  readonly order: readonly string[]
  readonly nodes: ReadonlyMap<string, NodeDraft>
  readonly stores: ReadonlyMap<string, StoreSpec>
  readonly globals: readonly GlobalStoreNode[]
  readonly repartitions: readonly RepartitionTopic[]
  /** Names of sources whose topics must be partitioned alike. */
  readonly copartitions: readonly (readonly string[])[]
  readonly warnings: readonly TopologyWarning[]
}

/**
 * Splits the graph into sub-topologies: nodes belong together when an edge or a shared store connects them. They are numbered as Kafka
 * Streams does, in the order in which their first nodes were added; a global store takes a number too. So task ids agree with Kafka Streams'.
 */
export function compile(draft: TopologyDraft): Topology {
  if (draft.nodes.size === 0 && draft.globals.length === 0) {
    throw new StreamsError(
      'TOPOLOGY_EMPTY',
      `topology "${draft.name}" has no source`,
      {},
      'Begin with stream() or table().',
    )
  }
  const groupOf = connectedGroups(draft)
  const ids = new Map<string, number>()
  const ofGlobals = new Set(draft.globals.map((each) => each.processorName))
  for (const name of draft.order) {
    if (ofGlobals.has(name)) continue
    const group = groupOf(name)
    if (!ids.has(group)) ids.set(group, ids.size)
  }
  return {
    name: draft.name,
    subTopologies: subTopologies(draft, groupOf, ids),
    globalStores: draft.globals.map((each) => ({
      ...each,
      subTopologyId: ids.get(groupOf(each.sourceName)) ?? 0,
    })),
    repartitions: draft.repartitions,
    copartitioned: draft.copartitions.map((sources) =>
      sources.flatMap((source) => topicsOf(draft, source)),
    ),
    warnings: [...draft.warnings, ...unconnectedStores(draft)],
  }
}

function subTopologies(
  draft: TopologyDraft,
  groupOf: (name: string) => string,
  ids: ReadonlyMap<string, number>,
): SubTopology[] {
  const members = new Map<number, TopologyNode[]>()
  for (const [name, each] of draft.nodes) {
    const id = ids.get(groupOf(name)) ?? 0
    const nodes = members.get(id)
    if (nodes === undefined) members.set(id, [linked(each, draft.stores)])
    else nodes.push(linked(each, draft.stores))
  }
  const inOrder = [...members].sort(([left], [right]) => left - right)
  return inOrder.map(([id, nodes]) => ({
    id,
    nodes,
    sources: nodes.filter((node) => node.kind === 'source').map((node) => node.name),
    stores: storesOf(nodes, draft.stores),
  }))
}

function topicsOf(draft: TopologyDraft, source: string): readonly string[] {
  const node = draft.nodes.get(source)?.node
  return node?.kind === 'source' ? node.topics : []
}

function linked(draft: NodeDraft, locals: ReadonlyMap<string, StoreSpec>): TopologyNode {
  const { stores, node } = draft
  const links = { parents: [...draft.parents], children: [...draft.children] }
  if (node.kind !== 'processor') return { ...node, ...links }
  const globalStores = stores.filter((name) => !locals.has(name))
  return { ...node, ...links, stores: stores.filter((name) => locals.has(name)), globalStores }
}

function storesOf(
  nodes: readonly TopologyNode[],
  stores: ReadonlyMap<string, StoreSpec>,
): StoreSpec[] {
  const connected = new Map<string, StoreSpec>()
  for (const node of nodes) {
    if (node.kind !== 'processor') continue
    for (const name of node.stores) {
      const spec = stores.get(name)
      if (spec !== undefined) connected.set(name, spec)
    }
  }
  return [...connected.values()]
}

/** Union-find over node names; the answer maps a node to the representative of its group. */
function connectedGroups(draft: TopologyDraft): (name: string) => string {
  const parent = new Map<string, string>()
  const root = (name: string): string => {
    let at = name
    for (let up = parent.get(at); up !== undefined; up = parent.get(at)) at = up
    return at
  }
  const unite = (left: string, right: string): void => {
    const [a, b] = [root(left), root(right)]
    if (a !== b) parent.set(b, a)
  }
  const firstUser = new Map<string, string>()
  for (const [name, each] of draft.nodes) {
    for (const above of each.parents) unite(above, name)
    for (const store of each.stores) {
      // A global store is everywhere and connects nothing.
      if (!draft.stores.has(store)) continue
      const user = firstUser.get(store)
      if (user === undefined) firstUser.set(store, name)
      else unite(user, name)
    }
  }
  return root
}

function unconnectedStores(draft: TopologyDraft): TopologyWarning[] {
  const connected = new Set([...draft.nodes.values()].flatMap((each) => each.stores))
  return [...draft.stores.keys()]
    .filter((name) => !connected.has(name))
    .map((name) => ({
      code: 'STORE_NOT_CONNECTED',
      name,
      message: `Store "${name}" is connected to no processor and will not exist.`,
    }))
}
