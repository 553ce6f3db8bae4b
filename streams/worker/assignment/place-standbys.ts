import type { PlaceableTask } from './candidates.ts'
import { Quota, type Seat } from './quota.ts'
import type { RecoveryLag } from './recovery-lag.ts'

export interface StandbyRequest {
  readonly tasks: readonly PlaceableTask[]
  readonly seats: readonly Seat[]
  readonly lag: RecoveryLag
  readonly active: ReadonlyMap<string, string>
  readonly warmups: ReadonlyMap<string, string>
  readonly numStandbyReplicas: number
}

/** Of each task with state, the processes that follow it beside the one that runs it. Warm-ups come on top. */
export function placeStandbys(request: StandbyRequest): ReadonlyMap<string, ReadonlySet<string>> {
  const { seats, lag, active, warmups, numStandbyReplicas: replicas } = request
  const places = new Map<string, Set<string>>()
  const tasks = request.tasks.filter(({ id, stateful }) => stateful && active.has(id))
  if (replicas === 0) return places
  const perTask = Math.min(replicas, Math.max(0, seats.length - 1))
  const quota = new Quota(tasks.length * perTask, seats)
  for (const { id } of tasks) places.set(id, new Set())
  const isTaken = (task: PlaceableTask, seat: Seat) =>
    active.get(task.id) === seat.id ||
    warmups.get(task.id) === seat.id ||
    places.get(task.id)?.has(seat.id) === true
  const fill = (
    prefers: (task: PlaceableTask, seat: Seat) => readonly number[] | undefined,
    overfull = false,
  ) => {
    for (const task of tasks) {
      const chosen = places.get(task.id)
      while (chosen !== undefined && chosen.size < perTask) {
        const seat = quota.choose(
          task,
          (each) => (isTaken(task, each) ? undefined : prefers(task, each)),
          overfull,
        )
        if (seat === undefined) break
        quota.give(task, seat)
        chosen.add(seat.id)
      }
    }
  }
  // Who follows it already, or has its state; then who has least.
  fill((task, { id }) => {
    const near = lag.stores(task.id, id) && lag.isCaughtUp(task.id, id)
    if (!near && !lag.standsBy(task.id, id)) return undefined
    return [near ? 0 : 1, lag.standsBy(task.id, id) ? 0 : 1, lag.of(task.id, id)]
  })
  fill(() => [])
  fill(() => [], true)
  even(places, tasks, seats, isTaken)
  return places
}

/** Moves standbys as long as that brings two processes nearer to each other: they may not have been free to go where there was room. */
function even(
  places: ReadonlyMap<string, Set<string>>,
  tasks: readonly PlaceableTask[],
  seats: readonly Seat[],
  isTaken: (task: PlaceableTask, seat: Seat) => boolean,
): void {
  const counts = new Map(seats.map(({ id }) => [id, 0]))
  for (const chosen of places.values()) {
    for (const id of chosen) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const count = ({ id }: Seat) => counts.get(id) ?? 0
  const improves = (from: Seat, to: Seat) =>
    (count(from) - 1) / from.capacity >= (count(to) + 1) / to.capacity
  const moveOne = (): boolean => {
    for (const from of seats) {
      for (const to of seats) {
        if (from === to || !improves(from, to)) continue
        const task = tasks.find(
          (each) =>
            places.get(each.id)?.has(from.id) === true && to.reads(each) && !isTaken(each, to),
        )
        if (task === undefined) continue
        places.get(task.id)?.delete(from.id)
        places.get(task.id)?.add(to.id)
        counts.set(from.id, count(from) - 1)
        counts.set(to.id, count(to) + 1)
        return true
      }
    }
    return false
  }
  while (moveOne());
}
