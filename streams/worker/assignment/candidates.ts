import type { GroupMember, TopicPartition } from '../../log/log.ts'
import { decodeHeldTasks, type HeldTasks } from './held-tasks.ts'

/** A sub-topology on one partition of its inputs, to be placed. */
export interface PlaceableTask {
  readonly id: string
  readonly subTopologyId: number
  readonly partitions: readonly TopicPartition[]
  /** Has stores that are restored from changelogs. */
  readonly stateful: boolean
}

/** A member of the group: a stream thread. */
export interface Thread {
  readonly memberId: string
  readonly topics: ReadonlySet<string>
  readonly held: HeldTasks
}

/** Threads that share a state directory. */
export interface Process {
  readonly processId: string
  readonly applicationServer: string
  readonly threads: readonly Thread[]
}

/** The members by process, both in the order of their ids. */
export function processesOf(members: readonly GroupMember[]): readonly Process[] {
  const threads = members.map(threadOf).sort((a, b) => compareText(a.memberId, b.memberId))
  const byProcess = new Map<string, Thread[]>()
  for (const thread of threads) {
    const same = byProcess.get(thread.held.processId) ?? []
    byProcess.set(thread.held.processId, same)
    same.push(thread)
  }
  return [...byProcess]
    .sort(([a], [b]) => compareText(a, b))
    .map(([processId, own]) => ({
      processId,
      applicationServer: own[0]?.held.applicationServer ?? '',
      threads: own,
    }))
}

export function reads({ topics }: Thread, task: PlaceableTask): boolean {
  return task.partitions.every(({ topic }) => topics.has(topic))
}

function threadOf({ memberId, topics, userData }: GroupMember): Thread {
  const held = decodeHeldTasks(userData) ?? nothingHeld(memberId)
  return { memberId, topics: new Set(topics), held }
}

/** A member that is not understood is a process of its own. */
function nothingHeld(memberId: string): HeldTasks {
  return {
    processId: memberId,
    applicationServer: '',
    active: [],
    restoring: [],
    standby: [],
    stored: new Map(),
    joins: 0,
  }
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
