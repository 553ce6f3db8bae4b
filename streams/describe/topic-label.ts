import type { SinkNode, Topology } from '../topology.ts'

/** A topic as a reader knows it: internal ones carry their suffix. The application id comes in front of it when the topology runs. */
export function topicLabel(topology: Topology, topic: string): string {
  const internal = topology.repartitions.find((each) => each.name === topic)
  return internal === undefined ? topic : `${topic}-${internal.suffix ?? 'repartition'}`
}

export function sinkLabel(topology: Topology, sink: SinkNode): string {
  return typeof sink.topic === 'string' ? topicLabel(topology, sink.topic) : 'chosen per record'
}
