import type { Bug, Nuisance } from './bugs/bugs.ts'
import { outputFaults, sequenceFaults } from './invariants/outputs.ts'
import { storeFaults } from './invariants/stores.ts'
import { SeededRandom } from './random.ts'
import { deduplicatedJoins } from './topologies/deduplicated-joins.ts'
import { repartitionedTotals } from './topologies/repartitioned-totals.ts'
import type { MakeScenario, Results, Scenario } from './topologies/scenario.ts'
import { windowedCounts } from './topologies/windowed-counts.ts'
import type { Trace } from './trace.ts'
import { InvariantBroken } from './world/broken.ts'
import { noFaults, planFaults } from './world/fault-plan.ts'
import { World, type WorldOptions } from './world/world.ts'

export const SCENARIOS: Readonly<Record<string, MakeScenario>> = {
  'repartitioned-totals': repartitionedTotals,
  'deduplicated-joins': deduplicatedJoins,
  'windowed-counts': windowedCounts,
}

export interface SimulateOptions {
  readonly bug?: Bug | Nuisance | undefined
  /** One of `SCENARIOS`; the seed chooses unless given. */
  readonly scenario?: string | undefined
}

export interface Outcome {
  readonly seed: number
  readonly scenario: string
  /** Undefined: everything held. */
  readonly broken: { readonly invariant: string; readonly what: string } | undefined
  readonly hash: string
  readonly trace: Trace
  readonly steps: number
  readonly virtualMs: number
}

/** One run of one seed: the same seed, the same run, step by step. */
export async function simulate(seed: number, options: SimulateOptions = {}): Promise<Outcome> {
  const random = new SeededRandom(String(seed))
  const names = Object.keys(SCENARIOS)
  const drawn = random.pick(names)
  const name = options.scenario ?? drawn
  const scenario = makeScenario(name, random)
  const inputMs = Math.max(...scenario.inputs.map(({ atMs }) => atMs))
  const world = new World({
    scenario,
    plan: planFaults(random.branch('faults'), inputMs + random.between(0, 1_500)),
    random: random.branch('world'),
    instances: random.pick([1, 2, 2, 3]),
    bug: options.bug,
    isStatic: random.chance(0.3),
    streams: drawLimits(random.branch('limits'), scenario),
  })
  const broken = await check(world, scenario, random)
  return {
    seed,
    scenario: name,
    broken: broken && { invariant: broken.invariant, what: broken.message },
    hash: world.trace.hash(),
    trace: world.trace,
    steps: world.scheduler.steps,
    virtualMs: world.scheduler.nowMs,
  }
}

function makeScenario(name: string, random: SeededRandom): Scenario {
  const make = SCENARIOS[name]
  if (make === undefined) throw new RangeError(`there is no scenario ${name}`)
  const own = random.branch('inputs')
  return make({
    partitions: own.between(1, 3),
    records: own.between(20, 140),
    inputMs: own.between(300, 5_000),
    random: own,
  })
}

function drawLimits(
  random: SeededRandom,
  { recordCacheBytesMax }: Scenario,
): WorldOptions['streams'] {
  return {
    recordCacheBytesMax,
    threads: random.pick([1, 1, 2]),
    commitIntervalMs: random.pick([10, 50, 200]),
    drainedCommitSpacingMs: random.pick([0, 5, 50]),
    transactionTimeoutMs: random.pick([1_000, 3_000]),
    sessionTimeoutMs: random.pick([1_000, 2_000]),
    batchRecordsMax: random.pick([1, 5, 1_000]),
    bufferedRecordsMax: random.pick([4, 5_000]),
    pollRecordsMax: random.pick([5, 5_000]),
    maxTaskIdleMs: random.pick([0, -1, 50]),
    numStandbyReplicas: random.pick([0, 0, 1, 2]),
    acceptableRecoveryLag: random.pick([0, 5, 10_000]),
    probingRebalanceIntervalMs: random.pick([300, 1_500]),
    stateCleanupDelayMs: random.pick([0, 500, 600_000]),
  }
}

async function check(
  world: World,
  scenario: Scenario,
  random: SeededRandom,
): Promise<InvariantBroken | undefined> {
  try {
    await world.run()
    requireNone('outputs follow from the inputs', outputFaults(scenario, world.results()))
    if (scenario.isSequenceFixed) {
      const reference = await withoutFaults(scenario, random)
      requireNone(
        'outputs are those of a run without faults',
        sequenceFaults(scenario, world.results(), reference),
      )
    }
    requireNone('stores are what their changelogs fold to', await storeFaults(world))
    await world.close()
    return undefined
  } catch (error) {
    if (error instanceof InvariantBroken) return error
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return new InvariantBroken('no error escapes', what)
  }
}

async function withoutFaults(scenario: Scenario, random: SeededRandom): Promise<Results> {
  const world = new World({
    scenario,
    plan: noFaults(),
    random: random.branch('reference'),
    instances: 1,
    bug: undefined,
    isStatic: false,
    streams: { recordCacheBytesMax: scenario.recordCacheBytesMax },
  })
  await world.run()
  return world.results()
}

function requireNone(invariant: string, faults: readonly string[]): void {
  if (faults.length > 0) throw new InvariantBroken(invariant, faults.join('; '))
}
