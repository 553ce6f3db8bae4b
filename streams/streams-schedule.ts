import { topologyIdentity } from './replay/topology-identity.ts'
import type { StreamsOptions } from './streams-options.ts'
import type { ScheduleTarget } from './task/schedule-recorder.ts'
import type { ScheduleRetention, TopologyPlan } from './worker/topology-plan.ts'

/** Where an application's tasks write their schedules; undefined where it wants none. */
export function scheduleTarget(
  { exactReplay }: StreamsOptions,
  plan: TopologyPlan,
): ScheduleTarget | undefined {
  if (exactReplay === false) return undefined
  return { topic: plan.scheduleTopic, topology: topologyIdentity(plan.topology) }
}

/** How long schedules are kept: for ever, unless bounded. */
export function scheduleRetention(options: StreamsOptions): ScheduleRetention | 'none' {
  const { exactReplay, scheduleRetentionMs = -1, scheduleRetentionBytes = -1 } = options
  if (exactReplay === false) return 'none'
  return { retentionMs: scheduleRetentionMs, retentionBytes: scheduleRetentionBytes }
}

/** Repartition topics that are truncated behind their readers: none where they are the inputs of a replay that is possible for ever. */
export function purgedTopics(options: StreamsOptions, plan: TopologyPlan): readonly string[] {
  const kept = scheduleRetention(options)
  const isKept = kept !== 'none' && kept.retentionMs < 0 && kept.retentionBytes < 0
  return isKept ? [] : plan.repartitionTopics
}
