import assert from 'node:assert/strict'
import type { SubTopology, TopologyNode } from '../topology.ts'
import { ProcessorRunner } from './processor-runner.ts'
import { SinkRunner } from './sink-runner.ts'
import { SourceRunner } from './source-runner.ts'
import type { RecordReceiver, TaskHost } from './task-host.ts'

/** The nodes of one task, linked. */
export interface TaskGraph {
  /** By logical topic, as the topology names it. */
  readonly sources: ReadonlyMap<string, SourceRunner>
  /** In the order of the topology. */
  readonly processors: readonly ProcessorRunner[]
  /** All nodes, for their counts. */
  readonly receivers: readonly RecordReceiver[]
}

/** Links the nodes of a sub-topology for one task: children first, so that each node is made with direct references. */
export function compileGraph(
  subTopology: SubTopology,
  host: TaskHost,
  physicalTopic: (topic: string) => string,
): TaskGraph {
  const nodes = new Map(subTopology.nodes.map((node) => [node.name, node]))
  const receivers = new Map<string, RecordReceiver>()
  const processors = new Map<string, ProcessorRunner>()

  const receiverOf = (name: string): RecordReceiver => {
    const made = receivers.get(name)
    if (made !== undefined) return made
    const node = nodes.get(name)
    assert(node !== undefined, `sub-topology ${subTopology.id} has no node ${name}`)
    const receiver = makeReceiver(node)
    receivers.set(name, receiver)
    return receiver
  }
  const makeReceiver = (node: TopologyNode): RecordReceiver => {
    switch (node.kind) {
      case 'source':
        return assert.fail(`source ${node.name} is a child of another node`)
      case 'processor': {
        const runner = new ProcessorRunner(host, node, node.children.map(receiverOf))
        processors.set(node.name, runner)
        return runner
      }
      case 'sink':
        return new SinkRunner(host, node, physicalTopic)
    }
  }

  const sources = new Map<string, SourceRunner>()
  for (const node of subTopology.nodes) {
    if (node.kind !== 'source') receiverOf(node.name)
    else {
      const runner = new SourceRunner(node, node.children.map(receiverOf))
      for (const topic of node.topics) sources.set(topic, runner)
    }
  }
  const ordered = subTopology.nodes.flatMap((node) => processors.get(node.name) ?? [])
  const all = [...new Set(sources.values()), ...receivers.values()]
  return { sources, processors: ordered, receivers: all }
}
