import type {
  GroupMember,
  MemberAssignment,
  PartitionAssignor,
  TopicPartition,
} from '../log/log.ts'
import { compareTaskIds, taskIdOf } from '../task/task-id.ts'

/** What a thread tells the group about itself. */
export interface HeldTasks {
  /** Tasks that the thread runs. */
  readonly active: readonly string[]
  /** Tasks whose state lies in the directory. */
  readonly stored: readonly string[]
}

const NOTHING_HELD: HeldTasks = { active: [], stored: [] }

export function encodeHeldTasks(held: HeldTasks): Uint8Array {
  return Buffer.from(JSON.stringify({ version: 1, ...held }))
}

/** Text of another version counts as nothing held: the assignment is then merely less sticky. */
export function decodeHeldTasks(bytes: Uint8Array): HeldTasks {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(bytes).toString())
    if (typeof parsed !== 'object' || parsed === null) return NOTHING_HELD
    if (!('version' in parsed) || parsed.version !== 1) return NOTHING_HELD
    const active = 'active' in parsed ? strings(parsed.active) : []
    const stored = 'stored' in parsed ? strings(parsed.stored) : []
    return { active, stored }
  } catch {
    return NOTHING_HELD
  }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

export interface AssignableSubTopology {
  readonly id: number
  /** As the log names them. */
  readonly topics: readonly string[]
}

interface Task {
  readonly id: string
  readonly subTopologyId: number
  readonly partitions: readonly TopicPartition[]
}

interface Candidate {
  readonly memberId: string
  readonly topics: ReadonlySet<string>
  readonly held: HeldTasks
  readonly tasks: Task[]
}

/**
 * Gives whole tasks: all inputs of a sub-topology with the same partition go to one member. A task stays where it runs, else goes where its
 * state lies, else to the member with the least; nobody gets more than one task above another.
 */
export class TaskAssignor implements PartitionAssignor {
  readonly name = 'orion-tasks'
  readonly #subTopologies: readonly AssignableSubTopology[]

  constructor(subTopologies: readonly AssignableSubTopology[]) {
    this.#subTopologies = subTopologies
  }

  assign(
    members: readonly GroupMember[],
    partitionCounts: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, MemberAssignment> {
    const candidates = members
      .map(candidateOf)
      .sort((a, b) => (a.memberId < b.memberId ? -1 : a.memberId > b.memberId ? 1 : 0))
    const quota = new Quota(this.#tasks(partitionCounts), candidates)
    quota.place((task, candidate) => candidate.held.active.includes(task.id))
    quota.place((task, candidate) => candidate.held.stored.includes(task.id))
    quota.place(() => true)
    return new Map(
      candidates.map(({ memberId, tasks }) => [
        memberId,
        { partitions: tasks.flatMap((task) => task.partitions) },
      ]),
    )
  }

  #tasks(partitionCounts: ReadonlyMap<string, number>): Task[] {
    const tasks: Task[] = []
    for (const { id: subTopologyId, topics } of this.#subTopologies) {
      const count = Math.max(0, ...topics.map((topic) => partitionCounts.get(topic) ?? 0))
      for (let partition = 0; partition < count; partition++) {
        const partitions = topics
          .filter((topic) => partition < (partitionCounts.get(topic) ?? 0))
          .map((topic) => ({ topic, partition }))
        tasks.push({ id: taskIdOf(subTopologyId, partition), subTopologyId, partitions })
      }
    }
    return tasks.sort((a, b) => compareTaskIds(a.id, b.id))
  }
}

/** Tasks a member; `remainder` members may have one more than `floor`. */
class Quota {
  readonly #candidates: readonly Candidate[]
  readonly #floor: number
  #remainder: number
  #open: Task[]

  constructor(tasks: readonly Task[], candidates: readonly Candidate[]) {
    this.#open = [...tasks]
    this.#candidates = candidates
    this.#floor = candidates.length === 0 ? 0 : Math.floor(tasks.length / candidates.length)
    this.#remainder = candidates.length === 0 ? 0 : tasks.length % candidates.length
  }

  /** Places every open task that a member with room prefers, on the one with the least among those. */
  place(prefers: (task: Task, candidate: Candidate) => boolean): void {
    this.#open = this.#open.filter((task) => {
      const candidate = this.#least(task, prefers)
      if (candidate === undefined) return true
      if (candidate.tasks.length >= this.#floor) this.#remainder--
      candidate.tasks.push(task)
      return false
    })
  }

  #least(
    task: Task,
    prefers: (task: Task, candidate: Candidate) => boolean,
  ): Candidate | undefined {
    let least: Candidate | undefined
    for (const candidate of this.#candidates) {
      if (!this.#hasRoom(candidate) || !reads(candidate, task) || !prefers(task, candidate))
        continue
      if (least === undefined || isLess(candidate, least, task)) least = candidate
    }
    return least
  }

  #hasRoom({ tasks }: Candidate): boolean {
    return tasks.length < this.#floor || (tasks.length === this.#floor && this.#remainder > 0)
  }
}

function isLess(left: Candidate, right: Candidate, task: Task): boolean {
  if (left.tasks.length !== right.tasks.length) return left.tasks.length < right.tasks.length
  return ofSubTopology(left, task) < ofSubTopology(right, task)
}

function ofSubTopology({ tasks }: Candidate, { subTopologyId }: Task): number {
  let count = 0
  for (const task of tasks) if (task.subTopologyId === subTopologyId) count++
  return count
}

function reads({ topics }: Candidate, task: Task): boolean {
  return task.partitions.every(({ topic }) => topics.has(topic))
}

function candidateOf({ memberId, topics, userData }: GroupMember): Candidate {
  return { memberId, topics: new Set(topics), held: decodeHeldTasks(userData), tasks: [] }
}
