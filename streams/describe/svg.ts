import type { Topology } from '../topology.ts'
import { type Diagram, type DiagramBox, type DiagramFrame, layOut } from './diagram.ts'

/** A diagram without a library. Colours follow the viewer's light or dark scheme. */
export function describeSvg(topology: Topology): string {
  const diagram = layOut(topology)
  const { width, height } = diagram
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  const frames = diagram.frames.map((frame) => drawFrame(frame, diagram))
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

function drawFrame(frame: DiagramFrame, diagram: Diagram): string {
  const { title, x, y, width, height, boxes, edges } = frame
  return [
    `<rect class="frame" x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>`,
    `<text class="title" x="${x + 12}" y="${y + 18}">${escaped(title)}</text>`,
    ...edges.map(({ from, to }) => drawEdge(boxes[from], boxes[to], diagram)),
    ...boxes.map((box) => drawBox(box, diagram)),
  ].join('\n')
}

function drawEdge(
  from: DiagramBox | undefined,
  to: DiagramBox | undefined,
  { boxWidth, boxHeight }: Diagram,
): string {
  if (from === undefined || to === undefined) return ''
  const x1 = from.x + boxWidth / 2
  const y1 = from.y + boxHeight
  const x2 = to.x + boxWidth / 2
  const bend = (to.y - y1) / 2
  const line = `<path d="M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${to.y - bend} ${x2} ${to.y - 6}"/>`
  return `${line}<polygon class="arrow" points="${x2 - 4},${to.y - 7} ${x2 + 4},${to.y - 7} ${x2},${to.y}"/>`
}

const CORNERS: Readonly<Record<DiagramBox['shape'], number>> = { topic: 17, node: 3, store: 10 }
const LABEL_MAX = 34

function drawBox({ shape, name, x, y }: DiagramBox, { boxWidth, boxHeight }: Diagram): string {
  const short = name.length > LABEL_MAX ? `${name.slice(0, LABEL_MAX - 1)}…` : name
  return (
    `<g><title>${escaped(name)}</title>` +
    `<rect class="${shape}" x="${x}" y="${y}" width="${boxWidth}" height="${boxHeight}" rx="${CORNERS[shape]}"/>` +
    `<text x="${x + boxWidth / 2}" y="${y + boxHeight / 2}">${escaped(short)}</text></g>`
  )
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
