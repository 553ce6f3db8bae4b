import { StreamsError } from '../errors.ts'
import type { Log } from '../log/log.ts'
import type { Topology } from '../topology.ts'
import { planOnLog } from '../worker/topology-plan.ts'
import { readDeployment, versionOf } from './deployment.ts'
import { describeTopology } from './topology-description.ts'
import { diffTopologies, type TopologyChange, type TopologyDiff, worstOf } from './topology-diff.ts'

export interface DeployedDiff extends TopologyDiff {
  /** The version that ran last; null where none has. */
  readonly deployed: string | null
}

/**
 * This topology against the version that ran last on this log, and against the internal topics that are there. `refused` also where it could not
 * start at all: a topic that it reads is missing, or joined topics differ in their partitions.
 */
export async function diffWithDeployed(
  log: Log,
  topology: Topology,
  applicationId: string,
): Promise<DeployedDiff> {
  const { running } = await readDeployment(log, applicationId)
  const changes: TopologyChange[] = []
  let now = { description: describeTopology(topology) }
  try {
    const plan = await planOnLog(topology, applicationId, log.admin)
    now = versionOf(plan)
    const existing = new Set(await log.admin.listTopics())
    const wanted = plan.internalTopics.filter(({ topic }) => existing.has(topic))
    const found = await log.admin.describeTopics(wanted.map(({ topic }) => topic))
    for (const [index, { topic, partitions }] of wanted.entries()) {
      const there = found[index]?.partitions ?? partitions
      if (there === partitions) continue
      const what = `the log has it with ${there} partitions, this version needs ${partitions}`
      const name = topic.slice(applicationId.length + 1)
      changes.push({
        subject: 'internal-topic',
        name,
        change: 'changed',
        what,
        verdict: 'needs-reset',
      })
    }
  } catch (error) {
    if (!(error instanceof StreamsError) || !error.code.startsWith('STREAMS_')) throw error
    const what = `it cannot start: ${error.message}`
    changes.push({
      subject: 'topology',
      name: topology.name,
      change: 'changed',
      what,
      verdict: 'refused',
    })
  }
  if (running !== undefined)
    for (const change of diffTopologies(running, now).changes)
      if (!changes.some(({ subject, name }) => subject === change.subject && name === change.name))
        changes.push(change)
  const verdict = worstOf(changes.map((one) => one.verdict))
  return { deployed: running?.version ?? null, verdict, changes }
}
