import type { Topology } from '../topology.ts'
import { describeJson } from './json.ts'
import { describeMermaid } from './mermaid.ts'
import { describeSvg } from './svg.ts'
import { describeText } from './text.ts'

export const DESCRIPTION_FORMATS = ['text', 'json', 'mermaid', 'svg'] as const

export type DescriptionFormat = (typeof DESCRIPTION_FORMATS)[number]

/** The graph for a reader: as Kafka Streams prints it, for a program, or as a diagram. The same topology gives the same characters. */
export function describe(topology: Topology, format: DescriptionFormat = 'text'): string {
  switch (format) {
    case 'text':
      return describeText(topology)
    case 'json':
      return `${JSON.stringify(describeJson(topology), undefined, 2)}\n`
    case 'mermaid':
      return describeMermaid(topology)
    case 'svg':
      return describeSvg(topology)
  }
}
