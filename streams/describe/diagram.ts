import type { SubTopology, Topology, TopologyNode } from '../topology.ts'
import { sinkLabel, topicLabel } from './topic-label.ts'

type DiagramShape = 'topic' | 'node' | 'store'

/** One box, in px from the diagram's upper left corner. */
export interface DiagramBox {
  readonly shape: DiagramShape
  /** Of the node, store or topic, as the topology has it. */
  readonly name: string
  readonly x: number
  readonly y: number
}

/** From the lower edge of a box to the upper edge of another, by index. */
interface DiagramEdge {
  readonly from: number
  readonly to: number
}

/** A sub-topology, or a global store. */
export interface DiagramFrame {
  readonly title: string
  /** Undefined: a global store. */
  readonly subTopologyId: number | undefined
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly boxes: readonly DiagramBox[]
  readonly edges: readonly DiagramEdge[]
}

export interface Diagram {
  readonly width: number
  readonly height: number
  readonly boxWidth: number
  readonly boxHeight: number
  readonly frames: readonly DiagramFrame[]
}

export interface DiagramSizes {
  readonly boxWidth: number
  readonly boxHeight: number
}

const SIZES: DiagramSizes = { boxWidth: 230, boxHeight: 34 }
const GAP = { x: 26, y: 40, margin: 24, title: 24 } as const

interface Placed {
  readonly shape: DiagramShape
  readonly name: string
  readonly layer: number
  readonly links: readonly string[]
}

/** Where everything of a topology goes: a frame for each sub-topology, its nodes in layers by the longest way from a topic, edges downwards. */
export function layOut(topology: Topology, sizes: DiagramSizes = SIZES): Diagram {
  const frames: DiagramFrame[] = []
  let y: number = GAP.margin
  let width = 0
  const add = (
    title: string,
    subTopologyId: number | undefined,
    placed: ReadonlyMap<string, Placed>,
  ) => {
    const frame = { title, subTopologyId, ...arrange(placed, y, sizes) }
    frames.push(frame)
    y += frame.height + GAP.margin
    width = Math.max(width, frame.width)
  }
  for (const sub of topology.subTopologies) {
    add(`Sub-topology ${sub.id}`, sub.id, placeSub(topology, sub))
  }
  for (const { topic, store } of topology.globalStores) {
    const placed = new Map<string, Placed>([
      ['topic', { shape: 'topic', name: topic, layer: 0, links: ['store'] }],
      ['store', { shape: 'store', name: store.name, layer: 1, links: [] }],
    ])
    add('Global store', undefined, placed)
  }
  return { ...sizes, width: width + 2 * GAP.margin, height: y, frames }
}

/** Topics above their sources, nodes by depth, stores and sinks' topics below what uses them. */
function placeSub(topology: Topology, sub: SubTopology): Map<string, Placed> {
  const nodes = new Map(sub.nodes.map((node) => [node.name, node]))
  const layers = new Map<string, number>()
  const layerOf = (node: TopologyNode): number => {
    const known = layers.get(node.name)
    if (known !== undefined) return known
    const above = node.parents.flatMap((name) => nodes.get(name) ?? [])
    const layer = above.reduce((deepest, each) => Math.max(deepest, layerOf(each) + 1), 1)
    layers.set(node.name, layer)
    return layer
  }
  const placed = new Map<string, Placed>()
  const add = (key: string, shape: DiagramShape, name: string, layer: number, link?: string) => {
    const before = placed.get(key)
    const links = [...(before?.links ?? []), ...(link === undefined ? [] : [link])]
    placed.set(key, { shape, name, layer: Math.max(layer, before?.layer ?? 0), links })
  }
  for (const node of sub.nodes) {
    const layer = layerOf(node)
    const own = `node ${node.name}`
    add(own, 'node', node.name, layer)
    for (const child of node.children) add(own, 'node', node.name, layer, `node ${child}`)
    if (node.kind === 'source') {
      for (const topic of node.topics) {
        add(`from ${topic}`, 'topic', topicLabel(topology, topic), 0, own)
      }
    } else if (node.kind === 'sink') {
      const label = sinkLabel(topology, node)
      add(`to ${label}`, 'topic', label, layer + 1)
      add(own, 'node', node.name, layer, `to ${label}`)
    } else {
      for (const store of node.stores) {
        add(`store ${store}`, 'store', store, layer + 1)
        add(own, 'node', node.name, layer, `store ${store}`)
      }
    }
  }
  return placed
}

function arrange(
  placed: ReadonlyMap<string, Placed>,
  y: number,
  { boxWidth, boxHeight }: DiagramSizes,
) {
  const rows = new Map<number, string[]>()
  for (const [key, { layer }] of placed) rows.set(layer, [...(rows.get(layer) ?? []), key])
  const columns = Math.max(...[...rows.values()].map((row) => row.length))
  const width = columns * (boxWidth + GAP.x) + GAP.x
  const boxes = new Map<string, DiagramBox>()
  for (const [layer, row] of rows) {
    const indent = (width - row.length * (boxWidth + GAP.x) + GAP.x) / 2
    row.forEach((key, column) => {
      const { shape, name } = placed.get(key) as Placed
      boxes.set(key, {
        shape,
        name,
        x: GAP.margin + indent + column * (boxWidth + GAP.x),
        y: y + GAP.title + GAP.margin + layer * (boxHeight + GAP.y),
      })
    })
  }
  const layers = Math.max(...rows.keys()) + 1
  const height = GAP.title + GAP.margin * 2 + layers * (boxHeight + GAP.y) - GAP.y
  const order = [...placed.keys()]
  const edges = [...placed].flatMap(([key, { links }]) =>
    links.map((link) => ({ from: order.indexOf(key), to: order.indexOf(link) })),
  )
  const inOrder = order.map((key) => boxes.get(key) as DiagramBox)
  return { x: GAP.margin, y, width, height, boxes: inOrder, edges }
}
