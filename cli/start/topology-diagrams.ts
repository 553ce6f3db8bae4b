import { createHash } from 'node:crypto'
import type { DrawnTopology } from '#gateway'
import type { TopologyDiagram } from '#gateway/protocol'
import { layOut, type Topology } from '#streams'
import type { Topics } from '#topics'
import { topologies } from '#topologies'

/** Boxes of the graph have room for a name and a figure. */
const BOXES = { boxWidth: 230, boxHeight: 46 }

/** The graph of every topology of this version, by name, in the order of the data's way. */
export function drawnTopologies(topics: Topics): ReadonlyMap<string, DrawnTopology> {
  return new Map(topologies.map(({ name, build }) => [name, drawTopology(build(topics))]))
}

export function drawTopology(topology: Topology): DrawnTopology {
  const { frames, ...sizes } = layOut(topology, BOXES)
  const diagram: TopologyDiagram = {
    ...sizes,
    frames: frames.map(({ subTopologyId, ...frame }) => ({
      ...frame,
      subTopologyId: subTopologyId ?? null,
    })),
  }
  return { diagram, digest: createHash('sha256').update(JSON.stringify(diagram)).digest('hex') }
}
