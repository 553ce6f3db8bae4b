import { z } from 'zod'
import { InstanceProcess } from '../measuring/instance-process.ts'
import { onEachLog } from '../measuring/logs.ts'
import { rounded } from '../measuring/percentiles.ts'
import { pause } from '../measuring/read-topic.ts'
import { runStep } from '../measuring/step.ts'
import { type Bench, logOptions, scenario } from '../scenario.ts'
import type { RestartArgument } from '../steps/restart-main.ts'
import type { RollingArgument, RollingLine } from '../steps/rolling-main.ts'

const NAMES = ['one', 'two', 'three']
const LOOK_MS = 100
const WAIT_MS_MAX = 5 * 60_000
const SLOWEST_MS = 1_000

export const rolling = scenario({
  name: 'rolling',
  question:
    'What is left of the throughput while three instances are restarted one after the other, and is anything restored from zero?',
  options: {
    keys: {
      schema: z.coerce.number().int().min(1_000).max(10_000_000).default(100_000),
      doc: 'Distinct keys in the stores.',
    },
    records: {
      schema: z.coerce.number().int().min(100_000).max(100_000_000).default(6_000_000),
      doc: 'Records after one of each key; they must outlast the restarts.',
    },
    partitions: {
      schema: z.coerce.number().int().min(3).max(64).default(6),
      doc: 'Partitions, each a task with a store of its own.',
    },
    members: {
      schema: z.enum(['static', 'standby']).default('standby'),
      doc: 'static: a stopped instance keeps its place. standby: it leaves, and its standbys take over.',
    },
    steadyMs: {
      schema: z.coerce.number().int().min(1_000).max(600_000).default(10_000),
      doc: 'Measured before the first restart, in ms.',
    },
    ...logOptions,
  },
  run: async (values, bench) => {
    await onEachLog(values, bench, async ({ brokers }) => {
      if (brokers === undefined) {
        throw new Error('three processes need a log that they share: give --kafka or --brokers')
      }
      await measure(values, brokers, bench)
    })
  },
})

interface Sizes {
  readonly keys: number
  readonly records: number
  readonly partitions: number
  readonly members: 'static' | 'standby'
  readonly steadyMs: number
}

/** Records taken by all processes, dead ones too, at a time. */
interface Sample {
  readonly atMs: number
  readonly taken: number
}

async function measure(sizes: Sizes, brokers: string, bench: Bench): Promise<void> {
  const { keys, records, partitions, members } = sizes
  const directory = bench.directory()
  const run = `${process.pid}-rolling`
  bench.progress(`writing ${keys + records} records`)
  const load: RestartArgument = {
    directory,
    brokers,
    run,
    what: 'load',
    keys,
    more: records,
    partitions,
    ends: true,
  }
  await runStep(bench, 'restart', load, { timeoutMs: 2 * WAIT_MS_MAX })
  const cluster = new Cluster(bench, { directory, brokers, run, members }, partitions)
  try {
    for (const name of NAMES) cluster.start(name)
    await cluster.settled()
    bench.progress('measuring the three of them')
    const steady = await cluster.during(() => pause(sizes.steadyMs))
    const zeroBefore = cluster.fromZero
    const restarts = await cluster.during(async () => {
      for (const name of NAMES) {
        bench.progress(`restarting ${name}`)
        await cluster.stop(name)
        cluster.start(name)
        await cluster.settled()
      }
    })
    const outlasted = !cluster.isCaughtUp
    const fromZero = cluster.fromZero - zeroBefore
    bench.progress('waiting for the rest of the input')
    await cluster.until(() => cluster.isCaughtUp)
    const total = await cluster.total()
    const faults: string[] = []
    if (total !== keys + records) faults.push(`${total} of ${keys + records} records are counted`)
    if (!outlasted) faults.push('the input was processed before the restarts were over')
    if (fromZero > 0) faults.push(`${fromZero} stores were restored from zero`)
    const share = rateOf(restarts) / rateOf(steady)
    if (share < 0.5) faults.push(`throughput fell to ${rounded(share)} of what it was`)
    // More while instances are away than with all of them: then there is nothing to compare with.
    if (share > 1.5) faults.push('the steady rate was measured too early: raise --steady-ms')
    bench.report({
      configuration: { log: 'kafka', keys, records, partitions, members, instances: NAMES.length },
      seed: 0,
      warmUp: 'until every instance ran its tasks',
      runs: 1,
      samples: { steady, restarts },
      figures: {
        steadyRecordsPerSecond: Math.round(rateOf(steady)),
        restartingRecordsPerSecond: Math.round(rateOf(restarts)),
        share: rounded(share),
        slowestSecondRecords: slowest(restarts),
        restartsMs: Math.round((restarts.at(-1)?.atMs ?? 0) - (restarts[0]?.atMs ?? 0)),
        storesRestoredFromZero: fromZero,
      },
      outputVerified: faults.length === 0,
      faults,
    })
  } finally {
    cluster.kill()
  }
}

type Common = Omit<RollingArgument, 'name'>

class Cluster {
  readonly #bench: Bench
  readonly #common: Common
  readonly #partitions: number
  readonly #running = new Map<string, InstanceProcess<RollingLine>>()
  #takenBefore = 0
  #zeroBefore = 0

  constructor(bench: Bench, common: Common, partitions: number) {
    this.#bench = bench
    this.#common = common
    this.#partitions = partitions
  }

  get fromZero(): number {
    return this.#zeroBefore + this.#sum(({ fromZero }) => fromZero)
  }

  get isCaughtUp(): boolean {
    return this.#lines().length === NAMES.length && this.#lines().every((one) => one.isCaughtUp)
  }

  start(name: string): void {
    const argument: RollingArgument = { ...this.#common, name }
    this.#running.set(name, new InstanceProcess(this.#bench, 'rolling', argument))
  }

  async stop(name: string): Promise<void> {
    const last = await this.#running.get(name)?.end()
    this.#running.delete(name)
    this.#takenBefore += last?.taken ?? 0
    this.#zeroBefore += last?.fromZero ?? 0
  }

  /** Until every instance runs its share of the tasks. */
  async settled(): Promise<void> {
    await this.until(
      () =>
        this.#lines().length === NAMES.length &&
        this.#lines().every(({ runningTasks }) => runningTasks > 0) &&
        this.#sum(({ runningTasks }) => runningTasks) === this.#partitions &&
        (this.#common.members === 'static' ||
          this.#sum(({ standbyTasks }) => standbyTasks) === this.#partitions),
    )
  }

  /** Notes what all of them took while something is done. */
  async during(what: () => Promise<void>): Promise<readonly Sample[]> {
    const samples: Sample[] = []
    const note = () => {
      const taken = this.#takenBefore + this.#sum((one) => one.taken)
      samples.push({ atMs: performance.now(), taken: Math.max(taken, samples.at(-1)?.taken ?? 0) })
    }
    note()
    const timer = setInterval(note, LOOK_MS)
    try {
      await what()
    } finally {
      clearInterval(timer)
    }
    note()
    return samples
  }

  async until(holds: () => boolean): Promise<void> {
    const endMs = performance.now() + WAIT_MS_MAX
    while (!holds()) {
      if ([...this.#running.values()].some(({ hasEnded }) => hasEnded)) {
        throw new Error('an instance ended by itself')
      }
      if (performance.now() > endMs) throw new Error('the instances did not get there in time')
      await pause(LOOK_MS)
    }
  }

  /** Ends all. @returns the sum of all counts */
  async total(): Promise<number> {
    let total = 0
    // All tell what they have before the first one leaves its tasks to the others.
    const last = await Promise.all([...this.#running.values()].map((one) => one.end()))
    for (const line of last) total += line.total ?? 0
    this.#running.clear()
    return total
  }

  kill(): void {
    for (const one of this.#running.values()) one.kill()
  }

  #lines(): readonly RollingLine[] {
    return [...this.#running.values()].flatMap(({ line }) => line ?? [])
  }

  #sum(of: (line: RollingLine) => number): number {
    return this.#lines().reduce((sum, line) => sum + of(line), 0)
  }
}

function rateOf(samples: readonly Sample[]): number {
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined || last.atMs === first.atMs) return 0
  return ((last.taken - first.taken) * 1_000) / (last.atMs - first.atMs)
}

/** Records of the second in which the fewest were taken. */
function slowest(samples: readonly Sample[]): number {
  const seconds = samples.flatMap((from) => {
    const to = samples.find(({ atMs }) => atMs >= from.atMs + SLOWEST_MS)
    return to === undefined ? [] : [to.taken - from.taken]
  })
  return seconds.length === 0 ? 0 : Math.min(...seconds)
}
