import type { NetworkFaults, Service } from '../log/network.ts'
import { type Hazards, SAFE } from '../machine.ts'
import type { SeededRandom } from '../random.ts'

/** How much more likely a process dies, or stands still, in the middle of a commit. */
export const COMMIT_HAZARD = 10

type FaultKind =
  | 'crash'
  | 'crash-and-lose-disk'
  | 'pause'
  | 'close'
  | 'start'
  | 'away'
  | 'clock'
  | 'compact'
  | 'all-crash'
  | 'add-thread'
  | 'remove-thread'

export interface Fault {
  readonly atMs: number
  readonly kind: FaultKind
  /** Which instance; taken modulo the number of instances. */
  readonly instance: number
  /** How long it is down, paused or away. */
  readonly forMs: number
  /** By how much a clock jumps. */
  readonly jumpMs: number
  readonly services: readonly Service[]
}

/** Everything that goes wrong in one run. */
export interface FaultPlan {
  readonly endMs: number
  readonly events: readonly Fault[]
  readonly network: NetworkFaults
  readonly retryForMs: number
  readonly markDelayMs: number
  readonly fetchRecordsMax: number
  /** Of each step. At a point of a commit, or at the write of a store, it is `COMMIT_HAZARD` times as likely. */
  readonly hazards: Hazards
}

const KINDS: readonly (readonly [FaultKind, weight: number])[] = [
  ['crash', 5],
  ['crash-and-lose-disk', 1],
  ['pause', 4],
  ['close', 2],
  ['start', 3],
  ['away', 3],
  ['clock', 2],
  ['compact', 3],
  ['all-crash', 1],
  ['add-thread', 2],
  ['remove-thread', 2],
]

const SERVICES: readonly (readonly Service[])[] = [
  ['groups'],
  ['transactions'],
  ['data'],
  ['groups', 'transactions'],
  ['admin', 'data', 'groups', 'transactions'],
]

/** Nothing goes wrong: the run that others are compared with. */
export function noFaults(): FaultPlan {
  return {
    endMs: 0,
    events: [],
    network: { loss: 0, duplicates: 0, givenUp: 0, slow: 0, slowMs: 0 },
    retryForMs: 2_000,
    markDelayMs: 1,
    fetchRecordsMax: 1_000,
    hazards: SAFE,
  }
}

/** Each seed has some kinds of faults and not others, so that one does not hide what another would show. */
export function planFaults(random: SeededRandom, endMs: number): FaultPlan {
  const kinds = KINDS.filter(() => random.chance(0.5))
  const events: Fault[] = []
  const spacingMs = random.pick([250, 500, 1_000, 2_000])
  if (kinds.length > 0) {
    for (let atMs = random.next() * spacingMs; atMs < endMs; ) {
      events.push(planFault(random, kinds, atMs))
      atMs += random.next() * 2 * spacingMs
    }
  }
  const isLossy = random.chance(0.6)
  return {
    endMs,
    events,
    network: {
      loss: isLossy ? random.pick([0.01, 0.05, 0.1]) : 0,
      duplicates: random.chance(0.5) ? random.pick([0.02, 0.1]) : 0,
      givenUp: random.chance(0.5) ? random.pick([0.005, 0.02]) : 0,
      slow: random.chance(0.4) ? random.pick([0.01, 0.1]) : 0,
      slowMs: random.pick([20, 100, 400]),
    },
    retryForMs: random.pick([300, 1_000, 3_000]),
    markDelayMs: random.pick([1, 5, 50]),
    fetchRecordsMax: random.pick([3, 10, 1_000]),
    hazards: {
      death: random.chance(0.5) ? random.pick([0.0005, 0.002]) : 0,
      pause: random.chance(0.5) ? random.pick([0.0005, 0.002]) : 0,
      pauseMs: random.pick([300, 1_500, 3_000]),
    },
  }
}

function planFault(
  random: SeededRandom,
  kinds: readonly (readonly [FaultKind, number])[],
  atMs: number,
): Fault {
  let draw = random.next() * kinds.reduce((sum, [, weight]) => sum + weight, 0)
  const [kind] = kinds.find(([, weight]) => {
    draw -= weight
    return draw < 0
  }) ?? ['compact']
  return {
    atMs,
    kind,
    instance: random.below(100),
    forMs: random.pick([20, 200, 600, 1_500, 2_500]) * (0.5 + random.next()),
    jumpMs: random.pick([-3_600_000, -500, 500, 5_000, 3_600_000]),
    services: random.pick(SERVICES),
  }
}
