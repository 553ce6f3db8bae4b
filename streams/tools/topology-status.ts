import type { Log } from '../log/log.ts'
import type { Topology } from '../topology.ts'
import { externalTopics, planOnLog, type TopologyPlan } from '../worker/topology-plan.ts'
import { readDeployment } from './deployment.ts'
import { resetInputs } from './reset-plan.ts'

/** What the log knows of an application. */
export interface TopologyStatus {
  readonly topology: string
  readonly applicationId: string
  readonly running: boolean
  /** Threads of all instances, as they named themselves. */
  readonly members: readonly string[]
  /** Null while topics that it reads are missing. */
  readonly tasks: number | null
  /** Records of its inputs that wait to be read; null before its first commit. */
  readonly lag: number | null
  /** The version that ran last; null before its first start. */
  readonly version: string | null
  readonly resetUnfinished: boolean
}

export async function topologyStatus(
  log: Log,
  topology: Topology,
  applicationId: string,
): Promise<TopologyStatus> {
  const [{ members }, { running, reset }, existing] = await Promise.all([
    log.admin.describeGroup(applicationId),
    readDeployment(log, applicationId),
    log.admin.listTopics(),
  ])
  const common = {
    topology: topology.name,
    applicationId,
    running: members.length > 0,
    members: members.map(({ clientId }) => clientId),
    version: running?.version ?? null,
    resetUnfinished: reset?.unfinished === true,
  }
  if (externalTopics(topology).some((topic) => !existing.includes(topic)))
    return { ...common, tasks: null, lag: null }
  const plan = await planOnLog(topology, applicationId, log.admin)
  const tasks = plan.subTopologies.reduce((sum, { partitionCount }) => sum + partitionCount, 0)
  const { records, isNew } = await unread(log, applicationId, plan)
  return { ...common, tasks, lag: isNew ? null : records }
}

/** Records of an application's inputs that it has not committed, whichever instances run it and whether any does. */
export async function unreadRecords(
  log: Log,
  topology: Topology,
  applicationId: string,
): Promise<number> {
  const plan = await planOnLog(topology, applicationId, log.admin)
  return (await unread(log, applicationId, plan)).records
}

async function unread(
  log: Log,
  applicationId: string,
  plan: TopologyPlan,
): Promise<{ readonly records: number; readonly isNew: boolean }> {
  const places = resetInputs(plan)
  const [committed, earliest, ends] = await Promise.all([
    log.admin.groupOffsets(applicationId, places),
    log.admin.offsets(places, 'earliest'),
    log.admin.offsets(places, 'stable'),
  ])
  const records = ends.reduce(
    (sum, end, index) =>
      sum + Math.max(0, end - Math.max(committed[index]?.offset ?? 0, earliest[index] ?? 0)),
    0,
  )
  return { records, isNew: committed.every((offset) => offset === undefined) }
}
