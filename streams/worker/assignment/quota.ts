import type { PlaceableTask } from './candidates.ts'

/** Who can be given tasks: a process with as many threads as it has, or a thread. */
export interface Seat {
  readonly id: string
  /** Threads. */
  readonly capacity: number
  readonly reads: (task: PlaceableTask) => boolean
}

/** How much a candidate is wanted: the first number that differs decides, the smaller first. */
export type Preference = readonly number[]

/**
 * Shares tasks out so that no thread has more than one above another. Tasks are offered in rounds, those that should stay where they are
 * first; within a round a seat is chosen by the caller's preference, then by its load.
 */
export class Quota {
  readonly #seats: readonly Seat[]
  readonly #given = new Map<string, PlaceableTask[]>()
  readonly #floor: number
  #remainder: number

  constructor(taskCount: number, seats: readonly Seat[]) {
    this.#seats = seats
    const threads = seats.reduce((sum, { capacity }) => sum + capacity, 0)
    this.#floor = threads === 0 ? 0 : Math.floor(taskCount / threads)
    this.#remainder = threads === 0 ? 0 : taskCount % threads
    for (const { id } of seats) this.#given.set(id, [])
  }

  of(seatId: string): readonly PlaceableTask[] {
    return this.#given.get(seatId) ?? []
  }

  load({ id, capacity }: Seat): number {
    return this.of(id).length / capacity
  }

  hasRoom({ id, capacity }: Seat): boolean {
    const count = this.of(id).length
    const full = capacity * this.#floor
    return count < full || (count < full + capacity && this.#remainder > 0)
  }

  give(task: PlaceableTask, { id, capacity }: Seat): void {
    const given = this.#given.get(id)
    if (given === undefined) return
    if (given.length >= capacity * this.#floor && this.#remainder > 0) this.#remainder--
    given.push(task)
  }

  /**
   * The seat with room that is preferred, or undefined. `prefers` answers undefined for a seat that is out of the question. `overfull`: room
   * does not count.
   */
  choose(
    task: PlaceableTask,
    prefers: (seat: Seat) => Preference | undefined,
    overfull = false,
  ): Seat | undefined {
    let best: Seat | undefined
    let bestRank: Preference = []
    for (const seat of this.#seats) {
      if (!seat.reads(task) || !(overfull || this.hasRoom(seat))) continue
      const preference = prefers(seat)
      if (preference === undefined) continue
      const same = this.of(seat.id).filter((each) => each.subTopologyId === task.subTopologyId)
      const rank = [...preference, this.load(seat), same.length / seat.capacity]
      if (best !== undefined && !isBefore(rank, bestRank)) continue
      best = seat
      bestRank = rank
    }
    return best
  }
}

function isBefore(left: Preference, right: Preference): boolean {
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? 0
    if (value !== other) return value < other
  }
  return false
}

type Round = (task: PlaceableTask, seat: Seat) => Preference | undefined

/**
 * Gives every task to a seat: round by round, each for all tasks that have none yet, the last one without regard to room. Tasks that no
 * seat reads are left out.
 */
export function share(
  quota: Quota,
  tasks: readonly PlaceableTask[],
  rounds: readonly Round[],
): Map<string, string> {
  const seats = new Map<string, string>()
  const give = (prefers: Round, overfull: boolean) => {
    for (const task of tasks) {
      if (seats.has(task.id)) continue
      const seat = quota.choose(task, (each) => prefers(task, each), overfull)
      if (seat === undefined) continue
      quota.give(task, seat)
      seats.set(task.id, seat.id)
    }
  }
  for (const prefers of rounds) give(prefers, false)
  give(() => [], true)
  return seats
}
