import { type PlaceableTask, type Process, reads, type Thread } from './candidates.ts'
import { Quota, type Seat, share } from './quota.ts'

/** Of each thread by member id, what it runs and what it follows. */
export interface ThreadPlaces {
  readonly active: ReadonlyMap<string, string>
  readonly standby: ReadonlyMap<string, string>
}

/**
 * Shares a process's tasks out among its threads: what runs stays, a standby is promoted in the thread that has it, and tasks with state are
 * spread before the others are.
 */
export function spreadOverThreads(
  { threads }: Process,
  active: readonly PlaceableTask[],
  standby: readonly PlaceableTask[],
): ThreadPlaces {
  const seats = threads.map(
    (thread): Seat => ({
      id: thread.memberId,
      capacity: 1,
      reads: (task) => reads(thread, task),
    }),
  )
  const byId = new Map(threads.map((thread) => [thread.memberId, thread]))
  const holds = (tasks: (thread: Thread) => readonly string[]) => {
    const held = new Map(threads.map((thread) => [thread.memberId, new Set(tasks(thread))]))
    return ({ id: taskId }: PlaceableTask, { id }: Seat) =>
      byId.has(id) && held.get(id)?.has(taskId) === true ? [] : undefined
  }
  const runs = holds(({ held }) => held.active)
  const follows = holds(({ held }) => held.standby)
  const anywhere = () => []
  const stateful = active.filter((task) => task.stateful)
  const places = share(new Quota(stateful.length, seats), stateful, [runs, follows, anywhere])
  const quota = new Quota(active.length, seats)
  for (const task of stateful) {
    const seat = seats.find(({ id }) => id === places.get(task.id))
    if (seat !== undefined) quota.give(task, seat)
  }
  const stateless = active.filter((task) => !task.stateful)
  const rest = share(quota, stateless, [runs, anywhere])
  return {
    active: new Map([...places, ...rest]),
    standby: share(new Quota(standby.length, seats), standby, [follows, runs, anywhere]),
  }
}
