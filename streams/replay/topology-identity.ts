import { createHash } from 'node:crypto'
import { describeText } from '../describe/text.ts'
import type { Topology } from '../topology.ts'

/**
 * Short hash of the description: nodes, topics, stores by name, and how they hang together. What nodes do is not in it: the same graph with
 * another function or window size follows the same schedule, which is what a what-if replay asks for.
 */
export function topologyIdentity(topology: Topology): string {
  return createHash('sha256').update(describeText(topology)).digest('hex').slice(0, 16)
}
