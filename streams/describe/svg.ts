import type { SubTopology, Topology, TopologyNode } from '../topology.ts'
import { sinkLabel, topicLabel } from './topic-label.ts'

const BOX = { width: 230, height: 34, gapX: 26, gapY: 40, margin: 24, title: 24 } as const

type Shape = 'topic' | 'node' | 'store'

interface Placed {
  readonly shape: Shape
  readonly label: string
  readonly layer: number
  readonly links: readonly string[]
}

/**
 * A diagram without a library: each sub-topology a frame, its nodes in layers by the longest way from a topic, edges downwards. Colours
 * follow the viewer's light or dark scheme.
 */
export function describeSvg(topology: Topology): string {
  const frames: string[] = []
  let top: number = BOX.margin
  let width = 0
  for (const sub of topology.subTopologies) {
    const frame = drawFrame(`Sub-topology ${sub.id}`, placeSub(topology, sub), top)
    frames.push(frame.svg)
    top += frame.height + BOX.margin
    width = Math.max(width, frame.width)
  }
  for (const { topic, store } of topology.globalStores) {
    const placed = new Map<string, Placed>([
      ['topic', { shape: 'topic', label: topic, layer: 0, links: ['store'] }],
      ['store', { shape: 'store', label: store.name, layer: 1, links: [] }],
    ])
    const frame = drawFrame('Global store', placed, top)
    frames.push(frame.svg)
    top += frame.height + BOX.margin
    width = Math.max(width, frame.width)
  }
  const size = `width="${width + 2 * BOX.margin}" height="${top}" viewBox="0 0 ${width + 2 * BOX.margin} ${top}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="Topology ${escaped(topology.name)}">
<style>${STYLE}</style>
${frames.join('\n')}
</svg>
`
}

const STYLE = `
text{font:12px system-ui,sans-serif;fill:#1b2430;text-anchor:middle;dominant-baseline:central}
.title{font-weight:600;text-anchor:start}
.frame{fill:#f4f6f9;stroke:#c3ccd8}.node{fill:#ffffff;stroke:#5b6b80}.topic{fill:#dcebff;stroke:#2f6fc4}.store{fill:#fff1d6;stroke:#b97a0a}
path{fill:none;stroke:#5b6b80;stroke-width:1.4}.arrow{fill:#5b6b80;stroke:none}
@media (prefers-color-scheme:dark){text{fill:#e6ebf2}.frame{fill:#161c25;stroke:#37424f}.node{fill:#222b37;stroke:#8fa0b5}
.topic{fill:#17324f;stroke:#6aa5ef}.store{fill:#42320f;stroke:#e0a83a}path{stroke:#8fa0b5}.arrow{fill:#8fa0b5}}
`

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
  const add = (key: string, shape: Shape, label: string, layer: number, link?: string) => {
    const before = placed.get(key)
    const links = [...(before?.links ?? []), ...(link === undefined ? [] : [link])]
    placed.set(key, { shape, label, layer: Math.max(layer, before?.layer ?? 0), links })
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

function drawFrame(title: string, placed: ReadonlyMap<string, Placed>, top: number) {
  const rows = new Map<number, string[]>()
  for (const [key, { layer }] of placed) rows.set(layer, [...(rows.get(layer) ?? []), key])
  const columns = Math.max(...[...rows.values()].map((row) => row.length))
  const width = columns * (BOX.width + BOX.gapX) + BOX.gapX
  const places = new Map<string, { readonly x: number; readonly y: number }>()
  for (const [layer, row] of rows) {
    const indent = (width - row.length * (BOX.width + BOX.gapX) + BOX.gapX) / 2
    row.forEach((key, column) => {
      const x = BOX.margin + indent + column * (BOX.width + BOX.gapX)
      places.set(key, { x, y: top + BOX.title + BOX.margin + layer * (BOX.height + BOX.gapY) })
    })
  }
  const layers = Math.max(...rows.keys()) + 1
  const height = BOX.title + BOX.margin * 2 + layers * (BOX.height + BOX.gapY) - BOX.gapY
  const parts = [
    `<rect class="frame" x="${BOX.margin}" y="${top}" width="${width}" height="${height}" rx="8"/>`,
    `<text class="title" x="${BOX.margin + 12}" y="${top + 18}">${escaped(title)}</text>`,
  ]
  for (const [key, { links }] of placed) {
    for (const link of links) parts.push(edge(places.get(key), places.get(link)))
  }
  for (const [key, { shape, label }] of placed) parts.push(box(places.get(key), shape, label))
  return { svg: parts.join('\n'), height, width }
}

type Place = { readonly x: number; readonly y: number } | undefined

function edge(from: Place, to: Place): string {
  if (from === undefined || to === undefined) return ''
  const x1 = from.x + BOX.width / 2
  const y1 = from.y + BOX.height
  const x2 = to.x + BOX.width / 2
  const bend = (to.y - y1) / 2
  const line = `<path d="M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${to.y - bend} ${x2} ${to.y - 6}"/>`
  return `${line}<polygon class="arrow" points="${x2 - 4},${to.y - 7} ${x2 + 4},${to.y - 7} ${x2},${to.y}"/>`
}

const CORNERS: Readonly<Record<Shape, number>> = { topic: 17, node: 3, store: 10 }
const LABEL_MAX = 34

function box(place: Place, shape: Shape, label: string): string {
  if (place === undefined) return ''
  const short = label.length > LABEL_MAX ? `${label.slice(0, LABEL_MAX - 1)}…` : label
  const { x, y } = place
  return (
    `<g><title>${escaped(label)}</title>` +
    `<rect class="${shape}" x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="${CORNERS[shape]}"/>` +
    `<text x="${x + BOX.width / 2}" y="${y + BOX.height / 2}">${escaped(short)}</text></g>`
  )
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
