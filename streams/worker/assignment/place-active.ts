import type { PlaceableTask } from './candidates.ts'
import { Quota, type Seat, share } from './quota.ts'
import type { RecoveryLag } from './recovery-lag.ts'

export interface ActivePlaces {
  /** The process that runs each task from now on. */
  readonly active: ReadonlyMap<string, string>
  /** The process that is to run it once it has caught up; it gets a standby until then. */
  readonly warmups: ReadonlyMap<string, string>
  /** Some task waits for another place. */
  readonly probing: boolean
}

/**
 * Where tasks run. First a target: balanced, a task stays with its owner as long as that has not too many, else goes to a process that is caught
 * up, else to the least behind. Where the target is not caught up and somebody else is nearer, that one runs the task meanwhile.
 */
export function placeActive(
  tasks: readonly PlaceableTask[],
  seats: readonly Seat[],
  lag: RecoveryLag,
  maxWarmupReplicas: number,
): ActivePlaces {
  const stateful = tasks.filter((task) => task.stateful)
  const targets = statefulTargets(stateful, seats, lag)
  const active = new Map(statelessPlaces(tasks, targets, seats, lag))
  const warmups = new Map<string, string>()
  let probing = false
  for (const task of stateful) {
    const target = targets.get(task.id)
    if (target === undefined) continue
    const nearer = nearerProcess(task, target, seats, lag)
    active.set(task.id, nearer ?? target)
    if (nearer === undefined) continue
    probing = true
    if (warmups.size < maxWarmupReplicas) warmups.set(task.id, target)
  }
  return { active, warmups, probing }
}

function statefulTargets(
  tasks: readonly PlaceableTask[],
  seats: readonly Seat[],
  lag: RecoveryLag,
): ReadonlyMap<string, string> {
  const quota = new Quota(tasks.length, seats)
  const kept = keepOwned(quota, tasks, seats, lag)
  // Those with the least choice first.
  const choice = (task: PlaceableTask) =>
    seats.filter((seat) => seat.reads(task) && lag.isCaughtUp(task.id, seat.id)).length
  const open = tasks
    .filter(({ id }) => !kept.has(id))
    .map((task) => ({ task, choice: choice(task) }))
    .sort((a, b) => a.choice - b.choice)
    .map(({ task }) => task)
  const behind = (task: PlaceableTask, seat: Seat) => lag.of(task.id, seat.id)
  const given = share(quota, open, [
    (task, seat) => (lag.isCaughtUp(task.id, seat.id) ? [behind(task, seat)] : undefined),
    (task, seat) => [behind(task, seat)],
  ])
  return new Map([...kept, ...given])
}

/** What an owner has too many of are the tasks that those with too few are nearest to. */
function keepOwned(
  quota: Quota,
  tasks: readonly PlaceableTask[],
  seats: readonly Seat[],
  lag: RecoveryLag,
): Map<string, string> {
  const kept = new Map<string, string>()
  const threads = seats.reduce((sum, { capacity }) => sum + capacity, 0)
  const owned = (seat: Seat) => tasks.filter((task) => lag.owns(task.id, seat.id))
  const needy = seats.filter((seat) => owned(seat).length * threads < tasks.length * seat.capacity)
  for (const seat of seats) {
    const inSubTopology = new Map<number, number>()
    const ranked = owned(seat)
      .filter((task) => seat.reads(task) && !kept.has(task.id))
      .filter((task) => !isBetterElsewhere(task, seat, seats, lag))
      .map((task) => {
        const others = needy.filter((each) => each !== seat && each.reads(task))
        const index = inSubTopology.get(task.subTopologyId) ?? 0
        inSubTopology.set(task.subTopologyId, index + 1)
        const lags = others.map(({ id }) => (lag.isCaughtUp(task.id, id) ? 0 : lag.of(task.id, id)))
        return { task, index, elsewhere: Math.min(...lags) }
      })
      .sort((a, b) => (a.elsewhere === b.elsewhere ? a.index - b.index : b.elsewhere - a.elsewhere))
    for (const { task } of ranked) {
      if (!quota.hasRoom(seat)) break
      quota.give(task, seat)
      kept.set(task.id, seat.id)
    }
  }
  return kept
}

function isBetterElsewhere(
  task: PlaceableTask,
  owner: Seat,
  seats: readonly Seat[],
  lag: RecoveryLag,
): boolean {
  if (lag.isCaughtUp(task.id, owner.id)) return false
  return seats.some(
    (seat) => seat !== owner && seat.reads(task) && lag.isCaughtUp(task.id, seat.id),
  )
}

/** A task without state goes anywhere, but stays where it runs. */
function statelessPlaces(
  tasks: readonly PlaceableTask[],
  targets: ReadonlyMap<string, string>,
  seats: readonly Seat[],
  lag: RecoveryLag,
): ReadonlyMap<string, string> {
  const quota = new Quota(tasks.length, seats)
  for (const task of tasks) {
    const seat = seats.find(({ id }) => id === targets.get(task.id))
    if (seat !== undefined) quota.give(task, seat)
  }
  const stateless = tasks.filter((task) => !task.stateful)
  return share(quota, stateless, [
    (task, seat) => (lag.owns(task.id, seat.id) ? [] : undefined),
    () => [],
  ])
}

/** Who is nearer to the task's state than a target that is not caught up: its owner before others that are caught up, else the least behind. */
function nearerProcess(
  task: PlaceableTask,
  target: string,
  seats: readonly Seat[],
  lag: RecoveryLag,
): string | undefined {
  if (lag.isCaughtUp(task.id, target)) return undefined
  const targetLag = lag.of(task.id, target)
  let nearest: { readonly id: string; readonly rank: number } | undefined
  for (const seat of seats) {
    const behind = lag.of(task.id, seat.id)
    if (!seat.reads(task) || behind >= targetLag) continue
    const isOwner = lag.owns(task.id, seat.id) && lag.isCaughtUp(task.id, seat.id)
    const rank = isOwner ? -1 : behind
    if (nearest === undefined || rank < nearest.rank) nearest = { id: seat.id, rank }
  }
  return nearest?.id
}
