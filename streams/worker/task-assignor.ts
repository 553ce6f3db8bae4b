import type { GroupMember, MemberAssignment, PartitionAssignor } from '../log/log.ts'
import { compareTaskIds, taskIdOf } from '../task/task-id.ts'
import { type PlaceableTask, type Process, processesOf, reads } from './assignment/candidates.ts'
import { decodeHeldTasks } from './assignment/held-tasks.ts'
import { placeActive } from './assignment/place-active.ts'
import { placeStandbys } from './assignment/place-standbys.ts'
import type { Seat } from './assignment/quota.ts'
import { RecoveryLag } from './assignment/recovery-lag.ts'
import { spreadOverThreads } from './assignment/spread-over-threads.ts'
import { encodeTaskAssignment, type ProcessTasks } from './assignment/task-assignment.ts'
import type { TopologyPlan } from './topology-plan.ts'

export interface AssignableSubTopology {
  readonly id: number
  /** As the log names them. */
  readonly topics: readonly string[]
  /** Has stores that are restored from changelogs. */
  readonly stateful: boolean
}

/** What there is to assign of a topology. */
export function assignableSubTopologies({
  subTopologies,
}: Pick<TopologyPlan, 'subTopologies'>): readonly AssignableSubTopology[] {
  return subTopologies.map(({ subTopology, inputs }) => ({
    id: subTopology.id,
    topics: inputs.map(({ topic }) => topic),
    stateful: subTopology.stores.some(({ logged }) => logged),
  }))
}

export interface AssignmentLimits {
  readonly numStandbyReplicas: number
  /** Changelog records that a process may be behind and still count as caught up. */
  readonly acceptableRecoveryLag: number
  /** Tasks that are warmed up at a time, over all processes. */
  readonly maxWarmupReplicas: number
}

/** Where every task is, by process. */
interface Places {
  readonly active: ReadonlyMap<string, string>
  readonly warmups: ReadonlyMap<string, string>
  readonly standbys: ReadonlyMap<string, ReadonlySet<string>>
}

/**
 * Gives whole tasks, as Kafka Streams' high availability assignor: balanced over threads, tasks with state first; to who has the state, with a
 * warm-up where balance asks for somebody who has not; standbys where the task does not run.
 */
export class TaskAssignor implements PartitionAssignor {
  readonly name = 'orion-tasks'
  readonly #subTopologies: readonly AssignableSubTopology[]
  readonly #limits: AssignmentLimits

  constructor(subTopologies: readonly AssignableSubTopology[], limits: AssignmentLimits) {
    this.#subTopologies = subTopologies
    this.#limits = limits
  }

  assign(
    members: readonly GroupMember[],
    partitionCounts: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, MemberAssignment> {
    const { acceptableRecoveryLag, maxWarmupReplicas, numStandbyReplicas } = this.#limits
    const processes = processesOf(members)
    const tasks = this.#tasks(partitionCounts)
    const lag = new RecoveryLag(processes, acceptableRecoveryLag)
    const seats = processes.map(seatOf)
    const { active, warmups, probing } = placeActive(tasks, seats, lag, maxWarmupReplicas)
    const request = { tasks, seats, lag, active, warmups, numStandbyReplicas }
    const places = { active, warmups, standbys: placeStandbys(request) }
    const told = processes.map((process) => tasksOf(process, tasks, places))
    const isShutdown = members.some(({ userData }) => decodeHeldTasks(userData)?.shutdown)
    const shutdown = isShutdown ? ({ shutdown: true } as const) : {}
    return new Map(
      processes.flatMap((process) => {
        const removable = removableOf(process, processes, tasks, places, lag)
        return assignThreads(process, tasks, places, {
          probing,
          removable,
          processes: told,
          ...shutdown,
        })
      }),
    )
  }

  #tasks(partitionCounts: ReadonlyMap<string, number>): PlaceableTask[] {
    const tasks: PlaceableTask[] = []
    for (const { id: subTopologyId, topics, stateful } of this.#subTopologies) {
      const count = Math.max(0, ...topics.map((topic) => partitionCounts.get(topic) ?? 0))
      for (let partition = 0; partition < count; partition++) {
        const partitions = topics
          .filter((topic) => partition < (partitionCounts.get(topic) ?? 0))
          .map((topic) => ({ topic, partition }))
        tasks.push({ id: taskIdOf(subTopologyId, partition), subTopologyId, partitions, stateful })
      }
    }
    return tasks.sort((a, b) => compareTaskIds(a.id, b.id))
  }
}

function seatOf({ processId, threads }: Process): Seat {
  return {
    id: processId,
    capacity: threads.length,
    reads: (task) => threads.some((thread) => reads(thread, task)),
  }
}

function follows(processId: string, { id }: PlaceableTask, { standbys, warmups }: Places): boolean {
  return warmups.get(id) === processId || standbys.get(id)?.has(processId) === true
}

function tasksOf(
  { processId, applicationServer }: Process,
  tasks: readonly PlaceableTask[],
  places: Places,
): ProcessTasks {
  const active = tasks.filter(({ id }) => places.active.get(id) === processId)
  const standby = tasks.filter((task) => follows(processId, task, places))
  const ids = (some: readonly PlaceableTask[]) => some.map(({ id }) => id)
  return { processId, applicationServer, active: ids(active), standby: ids(standby) }
}

function assignThreads(
  process: Process,
  tasks: readonly PlaceableTask[],
  places: Places,
  told: {
    readonly probing: boolean
    readonly removable: readonly string[]
    readonly processes: readonly ProcessTasks[]
    readonly shutdown?: true
  },
): (readonly [string, MemberAssignment])[] {
  const { processId, threads } = process
  const active = tasks.filter(({ id }) => places.active.get(id) === processId)
  const standby = tasks.filter((task) => follows(processId, task, places))
  const spread = spreadOverThreads(process, active, standby)
  return threads.map(({ memberId }) => {
    const own = active.filter(({ id }) => spread.active.get(id) === memberId)
    const followed = standby
      .filter(({ id }) => spread.standby.get(id) === memberId)
      .map(({ id }) => id)
    const userData = encodeTaskAssignment({
      ...told,
      active: own.map(({ id }) => id),
      standby: followed,
      warmup: followed.filter((id) => places.warmups.get(id) === processId),
    })
    return [memberId, { partitions: own.flatMap(({ partitions }) => partitions), userData }]
  })
}

/** Stored here and assigned elsewhere, where the task runs and a further process is at least as near. */
function removableOf(
  { processId }: Process,
  processes: readonly Process[],
  tasks: readonly PlaceableTask[],
  places: Places,
  lag: RecoveryLag,
): string[] {
  const isNearer = (taskId: string, other: string) => {
    const [own, its] = [lag.of(taskId, processId), lag.of(taskId, other)]
    return lag.stores(taskId, other) && (its < own || (its === own && other < processId))
  }
  return tasks
    .filter((task) => {
      const owner = places.active.get(task.id)
      if (owner === undefined || owner === processId || follows(processId, task, places))
        return false
      if (!lag.stores(task.id, processId) || lag.of(task.id, owner) > 0) return false
      return processes.some(
        (other) =>
          other.processId !== processId &&
          other.processId !== owner &&
          isNearer(task.id, other.processId),
      )
    })
    .map(({ id }) => id)
}
