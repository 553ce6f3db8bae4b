import { join } from 'node:path'
import { StreamsError } from '../errors.ts'
import type { Log, TopicPartition } from '../log/log.ts'
import type { Topology } from '../topology.ts'
import { planOnLog, type TopologyPlan } from '../worker/topology-plan.ts'
import { readDeployment, stateDirectories } from './deployment.ts'

/** Where the inputs are read from after a reset. */
export type ResetTarget =
  | { readonly to: 'earliest' }
  | { readonly to: 'latest' }
  /** The first record at or after this time. */
  | { readonly to: 'datetime'; readonly timestampMs: number }
  /** As `datetime`, this long before now. */
  | { readonly to: 'duration'; readonly durationMs: number }
  /** Partitions that are not named are read from their start. */
  | {
      readonly to: 'offsets'
      readonly offsets: readonly (TopicPartition & { readonly offset: number })[]
    }

export interface ResetOptions {
  readonly log: Log
  readonly topology: Topology
  readonly applicationId: string
  /** As of `StreamsOptions`: local state of this machine. That of others is void at their next start. */
  readonly directory: string
  readonly target: ResetTarget
  /** Delete all records of the topics that the topology writes too. */
  readonly truncateOutputs: boolean
  readonly nowMs: number
}

/** One thing that a reset does. Each can be done again without harm. */
export type ResetStep =
  | { readonly step: 'mark'; readonly what: string }
  | { readonly step: 'delete-group'; readonly what: string }
  | { readonly step: 'delete-state'; readonly what: string; readonly path: string }
  | { readonly step: 'delete-topic'; readonly what: string; readonly topic: string }
  | {
      readonly step: 'truncate-topic'
      readonly what: string
      readonly topic: string
      readonly offsets: readonly number[]
    }
  | {
      readonly step: 'set-offset'
      readonly what: string
      readonly topic: string
      readonly partition: number
      readonly offset: number
    }
  | { readonly step: 'done'; readonly what: string }

export interface ResetPlan {
  readonly applicationId: string
  readonly generation: number
  /** An earlier reset was interrupted: this one ends it. */
  readonly resumed: boolean
  readonly steps: readonly ResetStep[]
  /** What the operator should know beside the steps. */
  readonly notes: readonly string[]
}

/**
 * What a reset would do now, in the order in which it would do it.
 * @throws {StreamsError} TOPOLOGY_RUNNING naming the members, TOPOLOGY_RESET_OFFSET, STREAMS_MISSING_TOPIC
 */
export async function planReset(options: ResetOptions): Promise<ResetPlan> {
  const { log, topology, applicationId, directory, truncateOutputs } = options
  await refuseWhileRunning(log, applicationId)
  const plan = await planOnLog(topology, applicationId, log.admin)
  const existing = new Set(await log.admin.listTopics())
  const { running, reset } = await readDeployment(log, applicationId)
  const resumed = reset?.unfinished === true
  const generation = (reset?.generation ?? 0) + (resumed ? 0 : 1)
  const internal = internalTopics(plan, Object.keys(running?.partitions ?? {}), existing)
  const outputs = outputTopics(plan).filter((topic) => existing.has(topic))
  const notes: string[] = []
  if (resumed) notes.push('a reset was begun before and has not ended: this one ends it')
  if (!truncateOutputs && outputs.length > 0 && options.target.to !== 'latest')
    notes.push(
      `outputs are kept: what is processed again is written again to ${outputs.join(', ')}`,
    )
  if (
    topology.subTopologies.some(({ nodes }) =>
      nodes.some((node) => node.kind === 'sink' && typeof node.topic !== 'string'),
    )
  )
    notes.push('topics that are chosen per record are not known here: they are kept')
  const steps: ResetStep[] = [
    { step: 'mark', what: 'note that a reset is under way: nothing can start until it has ended' },
    { step: 'delete-group', what: `delete the committed offsets of ${applicationId}` },
    ...stateDirectories(join(directory, applicationId)).map((path) => ({
      step: 'delete-state' as const,
      what: `delete the local state in ${path}`,
      path,
    })),
    ...internal.map((topic) => ({
      step: 'delete-topic' as const,
      what: `delete the internal topic ${topic}`,
      topic,
    })),
    ...(truncateOutputs ? await truncations(log, outputs) : []),
    ...(await offsetSteps(plan, options)),
    { step: 'done', what: 'note that the reset has ended' },
  ]
  return { applicationId, generation, resumed, steps, notes }
}

/** @throws {StreamsError} TOPOLOGY_RUNNING */
async function refuseWhileRunning(log: Log, applicationId: string): Promise<void> {
  const { state, members } = await log.admin.describeGroup(applicationId)
  if (members.length === 0 && state !== 'stable' && state !== 'rebalancing') return
  const names = members.map(({ memberId, clientId }) => `${clientId} (${memberId})`)
  throw new StreamsError(
    'TOPOLOGY_RUNNING',
    `instances of ${applicationId} are running: ${names.join(', ') || 'a rebalance is under way'}`,
    {},
    'Stop them all, wait until the session time-out of killed ones has passed, then run it again.',
  )
}

/** Topics that the topology reads and does not make: those whose offsets are set. */
export function resetInputs(plan: TopologyPlan): TopicPartition[] {
  const internal = new Set(plan.internalTopics.map(({ topic }) => topic))
  return plan.inputTopics
    .filter((topic) => !internal.has(topic))
    .flatMap((topic) =>
      Array.from({ length: plan.partitionCounts.get(topic) ?? 0 }, (_, partition) => ({
        topic,
        partition,
      })),
    )
}

/** Those of this version, and those that the version before has recorded; never by a prefix, which other applications may share. */
function internalTopics(
  { internalTopics: own, applicationId, inputTopics }: TopologyPlan,
  recorded: readonly string[],
  existing: ReadonlySet<string>,
): string[] {
  const names = new Set([
    ...own.map(({ topic }) => topic),
    ...recorded
      .filter((name) => !inputTopics.includes(name))
      .map((name) => `${applicationId}-${name}`),
    `${applicationId}-schedule`,
  ])
  return [...names].filter((topic) => existing.has(topic)).sort()
}

function outputTopics({ topology }: TopologyPlan): string[] {
  const internal = new Set(topology.repartitions.map(({ name }) => name))
  const topics = topology.subTopologies.flatMap(({ nodes }) =>
    nodes.flatMap((node) =>
      node.kind === 'sink' && typeof node.topic === 'string' && !internal.has(node.topic)
        ? [node.topic]
        : [],
    ),
  )
  return [...new Set(topics)].sort()
}

async function truncations(log: Log, outputs: readonly string[]): Promise<ResetStep[]> {
  const steps: ResetStep[] = []
  for (const { topic, partitions } of await log.admin.describeTopics(outputs)) {
    const places = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
    const offsets = await log.admin.offsets(places, 'latest')
    const records = offsets.reduce((sum, end) => sum + end, 0)
    const what = `delete the records of the output topic ${topic}, in ${partitions} partitions up to offset ${offsets.join(', ')}`
    if (records > 0) steps.push({ step: 'truncate-topic', what, topic, offsets })
  }
  return steps
}

async function offsetSteps(
  plan: TopologyPlan,
  { log, applicationId, target, nowMs }: ResetOptions,
): Promise<ResetStep[]> {
  const places = resetInputs(plan)
  const [earliest, latest, committed] = await Promise.all([
    log.admin.offsets(places, 'earliest'),
    log.admin.offsets(places, 'latest'),
    log.admin.groupOffsets(applicationId, places),
  ])
  const wanted = await targetOffsets(log, places, { target, nowMs, earliest, latest })
  return places.map(({ topic, partition }, index) => {
    const offset = wanted[index] ?? 0
    const was = committed[index]?.offset
    const what = `read ${topic}-${partition} from offset ${offset} (now ${was ?? 'not read'}; there are ${earliest[index]} to ${latest[index]})`
    return { step: 'set-offset' as const, what, topic, partition, offset }
  })
}

async function targetOffsets(
  log: Log,
  places: readonly TopicPartition[],
  context: {
    readonly target: ResetTarget
    readonly nowMs: number
    readonly earliest: readonly number[]
    readonly latest: readonly number[]
  },
): Promise<readonly number[]> {
  const { target, nowMs, earliest, latest } = context
  switch (target.to) {
    case 'earliest':
      return earliest
    case 'latest':
      return log.admin.offsets(places, 'stable')
    case 'datetime':
      return log.admin.offsets(places, { timestampMs: target.timestampMs })
    case 'duration':
      return log.admin.offsets(places, { timestampMs: nowMs - target.durationMs })
    case 'offsets': {
      const faults = target.offsets.flatMap(({ topic, partition, offset }) => {
        const index = places.findIndex((at) => at.topic === topic && at.partition === partition)
        if (index < 0) return [`${topic}-${partition} is no input`]
        const [first, end] = [earliest[index] ?? 0, latest[index] ?? 0]
        if (offset >= first && offset <= end) return []
        return [`${topic}-${partition} has offsets ${first} to ${end}, not ${offset}`]
      })
      if (faults.length > 0) {
        throw new StreamsError(
          'TOPOLOGY_RESET_OFFSET',
          faults.join('; '),
          {},
          'Give offsets of input partitions that are there: orion topics describe TOPIC.',
        )
      }
      return places.map(({ topic, partition }, index) => {
        const given = target.offsets.find((at) => at.topic === topic && at.partition === partition)
        return given?.offset ?? earliest[index] ?? 0
      })
    }
  }
}
