import { StreamsError } from '../errors.ts'
import type { LogAdmin, NewTopic, TopicPartition } from '../log/log.ts'
import { taskIdOf } from '../task/task-id.ts'
import type { RepartitionTopic, SubTopology, Topology, TopologyNode } from '../topology.ts'
import { partitionCountsOf, sourceTopics } from './partition-counts.ts'

/** A sub-topology with its topics as the log names them. */
interface SubTopologyPlan {
  readonly subTopology: SubTopology
  /** In the order of physical names, by logical name as the topology has it. */
  readonly inputs: readonly { readonly topic: string; readonly logicalTopic: string }[]
  /** One task each. */
  readonly partitionCount: number
}

/** A topology on the topics of one log: which tasks there are, what they read, which topics the runtime has to make. */
export interface TopologyPlan {
  readonly applicationId: string
  readonly topology: Topology
  readonly subTopologies: readonly SubTopologyPlan[]
  readonly inputTopics: readonly string[]
  /** By physical topic: external and internal ones, sinks too. */
  readonly partitionCounts: ReadonlyMap<string, number>
  readonly internalTopics: readonly NewTopic[]
  readonly repartitionTopics: readonly string[]
  /** Where the tasks write what an exact replay needs; among the internal topics only where one is asked for. */
  readonly scheduleTopic: string
  physicalTopic(logicalTopic: string): string
  changelogTopic(store: string): string
  taskOf(input: TopicPartition): string | undefined
  inputsOf(subTopologyId: number, partition: number): readonly PlannedInput[]
}

export interface PlannedInput extends TopicPartition {
  readonly logicalTopic: string
}

function changelogTopicOf(applicationId: string, store: string): string {
  return `${applicationId}-${store}-changelog`
}

function repartitionTopicOf(
  applicationId: string,
  { name, suffix = 'repartition' }: RepartitionTopic,
): string {
  return `${applicationId}-${name}-${suffix}`
}

/** How long the schedule of an exact replay is kept; -1: for ever, as changelogs are. */
export interface ScheduleRetention {
  readonly retentionMs: number
  /** Of one partition. */
  readonly retentionBytes: number
}

const KEPT_FOR_EVER: ScheduleRetention = { retentionMs: -1, retentionBytes: -1 }

function scheduleTopicOf(applicationId: string): string {
  return `${applicationId}-schedule`
}

/** Topics outside of the runtime that the topology names: they must exist. */
export function externalTopics(topology: Topology): readonly string[] {
  const internal = new Set(topology.repartitions.map((topic) => topic.name))
  const topics = new Set<string>()
  for (const node of allNodes(topology)) {
    if (node.kind === 'source') for (const topic of node.topics) topics.add(topic)
    if (node.kind === 'sink' && typeof node.topic === 'string') topics.add(node.topic)
  }
  for (const global of topology.globalStores) topics.add(global.topic)
  return [...topics].filter((topic) => !internal.has(topic)).sort()
}

/**
 * @param schedule how long the topic of the schedule is kept, or that there is none
 * @throws {StreamsError} STREAMS_MISSING_TOPIC with every name that is missing
 */
export async function planOnLog(
  topology: Topology,
  applicationId: string,
  admin: LogAdmin,
  schedule: ScheduleRetention | 'none' = KEPT_FOR_EVER,
): Promise<TopologyPlan> {
  const topics = externalTopics(topology)
  const existing = new Set(await admin.listTopics())
  const missing = topics.filter((topic) => !existing.has(topic))
  if (missing.length > 0) {
    throw new StreamsError(
      'STREAMS_MISSING_TOPIC',
      `topology ${topology.name} reads or writes topics that do not exist: ${missing.join(', ')}`,
      {},
      'Create them first; the runtime creates its own internal topics only.',
    )
  }
  const counts = new Map<string, number>()
  for (const { topic, partitions } of await admin.describeTopics(topics)) {
    counts.set(topic, partitions)
  }
  return planTopology(topology, applicationId, counts, schedule)
}

/**
 * @param externalCounts partitions of every external topic
 * @throws {StreamsError} STREAMS_NOT_COPARTITIONED, STREAMS_UNKNOWN_PARTITIONS
 */
export function planTopology(
  topology: Topology,
  applicationId: string,
  externalCounts: ReadonlyMap<string, number>,
  schedule: ScheduleRetention | 'none' = 'none',
): TopologyPlan {
  const internal = new Map(
    topology.repartitions.map((topic) => [topic.name, repartitionTopicOf(applicationId, topic)]),
  )
  const physicalTopic = (topic: string) => internal.get(topic) ?? topic
  const changelogTopic = (store: string) => changelogTopicOf(applicationId, store)
  const counts = partitionCountsOf(topology, externalCounts)
  const subTopologies = topology.subTopologies.map((subTopology) => {
    const logical = sourceTopics(subTopology)
    const inputs = logical.map((topic) => ({ topic: physicalTopic(topic), logicalTopic: topic }))
    inputs.sort((a, b) => (a.topic < b.topic ? -1 : 1))
    const partitionCount = Math.max(0, ...logical.map((topic) => counts.get(topic) ?? 0))
    return { subTopology, inputs, partitionCount }
  })
  const partitionCounts = new Map<string, number>()
  for (const [topic, count] of counts) partitionCounts.set(physicalTopic(topic), count)
  const subTopologyOf = new Map<string, number>()
  for (const { subTopology, inputs } of subTopologies) {
    for (const { topic } of inputs) subTopologyOf.set(topic, subTopology.id)
  }
  return {
    applicationId,
    topology,
    subTopologies,
    inputTopics: [...subTopologyOf.keys()].sort(),
    partitionCounts,
    internalTopics: [
      ...internalTopics(subTopologies, topology, counts, { physicalTopic, changelogTopic }),
      ...scheduleTopics(subTopologies, scheduleTopicOf(applicationId), schedule),
    ],
    repartitionTopics: topology.repartitions.map((topic) => physicalTopic(topic.name)),
    scheduleTopic: scheduleTopicOf(applicationId),
    physicalTopic,
    changelogTopic,
    taskOf: ({ topic, partition }) => {
      const id = subTopologyOf.get(topic)
      return id === undefined ? undefined : taskIdOf(id, partition)
    },
    inputsOf: (subTopologyId, partition) => {
      const plan = subTopologies.find((one) => one.subTopology.id === subTopologyId)
      if (plan === undefined) return []
      return plan.inputs
        .filter(({ topic }) => partition < (partitionCounts.get(topic) ?? 0))
        .map((input) => ({ ...input, partition }))
    },
  }
}

function internalTopics(
  subTopologies: readonly SubTopologyPlan[],
  topology: Topology,
  counts: ReadonlyMap<string, number>,
  names: Pick<TopologyPlan, 'physicalTopic' | 'changelogTopic'>,
): NewTopic[] {
  const topics: NewTopic[] = []
  for (const { name } of topology.repartitions) {
    // Never by time: records keep the event time of what they came from. The runtime truncates what every task has passed.
    topics.push({
      topic: names.physicalTopic(name),
      partitions: counts.get(name) ?? 0,
      cleanup: 'delete',
      retentionMs: -1,
      retentionBytes: -1,
    })
  }
  for (const { subTopology, partitionCount } of subTopologies) {
    for (const store of subTopology.stores) {
      if (!store.logged) continue
      topics.push({
        topic: names.changelogTopic(store.name),
        partitions: partitionCount,
        cleanup: 'compact',
        retentionMs: -1,
        retentionBytes: -1,
      })
    }
  }
  return topics
}

/** One partition for the tasks of each partition. */
function scheduleTopics(
  subTopologies: readonly SubTopologyPlan[],
  topic: string,
  retention: ScheduleRetention | 'none',
): NewTopic[] {
  const partitions = Math.max(0, ...subTopologies.map(({ partitionCount }) => partitionCount))
  if (retention === 'none' || partitions === 0) return []
  return [{ topic, partitions, cleanup: 'delete', ...retention }]
}

function allNodes(topology: Topology): readonly TopologyNode[] {
  return topology.subTopologies.flatMap((sub) => sub.nodes)
}
