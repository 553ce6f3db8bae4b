/**
 * Kills instances and brokers under load and checks that nothing is lost and nothing is doubled.
 *
 *   npm run crash-matrix -- --kills 200 --seed 1
 */
import { parseArgs } from 'node:util'
import { systemClock } from '#streams'
import { type Blow, planBlows } from './blows.ts'
import { BrokerCluster } from './broker-cluster.ts'
import { resultsOf, roundsIn, writeResults } from './matrix-results.ts'
import { FREEZE_MS, INSTANCES, runRound } from './round.ts'
import { scenarios, WITH_STATIC_MEMBERS } from './scenarios.ts'

const HELP = `Usage: npm run crash-matrix -- [options]

Starts three brokers (replication factor 3, two in sync), runs three instances of a stateful topology under load, and kills -9 instances and
brokers in an order that the seed decides. Every round ends with a comparison: with the input, with a fold of the changelogs, with stores
restored from nothing, and with an uninterrupted run. Needs Java 17 and, the first time, Maven.

  --kills N       in all (default 200); a quarter hits a broker
  --seed S        of the whole run (default 1)
  --round N       kills a round (default 25); a zombie (SIGSTOP beyond its session) comes on top of each
  --rate N        orders a second (default 200)
  --scenario NAME one round of this trouble instead: each-broker-in-turn, rolling-restart, all-brokers-gone (for a minute), frozen-broker, zombie
  --resume FILE   results so far: goes on after the rounds that the file has, and writes there
  --out FILE      where results go (default docs/results/crash-matrix-<seed>.json)
  --minutes N     begin no round after so many minutes
  --help          this text

Exit status: 0 when nothing differed and all rounds are done, 1 else, 2 for wrong options.`

/** Of the load, in a scenario, after all is whole again. */
const LINGER_MS = 5_000

const NUMBERS = { kills: '200', seed: '1', round: '25', rate: '200', minutes: '600' } as const
const OPTIONS = {
  ...(Object.fromEntries(
    Object.entries(NUMBERS).map(([name, value]) => [name, { type: 'string', default: value }]),
  ) as Record<keyof typeof NUMBERS, { type: 'string'; default: string }>),
  scenario: { type: 'string' },
  resume: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean' },
} as const

process.exitCode = await main()

async function main(): Promise<number> {
  let values: Record<string, string | boolean | undefined>
  try {
    values = parseArgs({ options: OPTIONS }).values
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${HELP}\n`)
    return 2
  }
  if (values['help'] === true) {
    process.stdout.write(`${HELP}\n`)
    return 0
  }
  const numbers = {
    kills: Number(values['kills']),
    seed: Number(values['seed']),
    round: Number(values['round']),
    rate: Number(values['rate']),
    minutes: Number(values['minutes']),
  }
  for (const [name, value] of Object.entries(numbers)) {
    if (Number.isInteger(value) && value > 0) continue
    process.stderr.write(`--${name} takes a whole number above 0\n`)
    return 2
  }
  const resume = values['resume'] as string | undefined
  const scenario = values['scenario'] as string | undefined
  const blows = scenario === undefined ? undefined : scenarios()[scenario]
  if (scenario !== undefined && blows === undefined) {
    process.stderr.write(`--scenario takes one of ${Object.keys(scenarios()).join(', ')}\n`)
    return 2
  }
  const name = scenario ?? String(numbers.seed)
  const file =
    resume ?? (values['out'] as string | undefined) ?? `docs/results/crash-matrix-${name}.json`
  const staticMembers = WITH_STATIC_MEMBERS.has(name)
  return runMatrix(numbers, { blows, staticMembers, resume, file })
}

async function runMatrix(
  { kills, seed, round, rate, minutes }: Record<keyof typeof NUMBERS, number>,
  {
    blows,
    staticMembers,
    resume,
    file,
  }: {
    readonly blows: readonly Blow[] | undefined
    readonly staticMembers: boolean
    readonly resume: string | undefined
    readonly file: string
  },
): Promise<number> {
  const rounds = [...roundsIn(resume)]
  const done = () => rounds.reduce((sum, each) => sum + each.kills, 0)
  const doneBefore = done()
  const startedMs = systemClock.monotonicMs()
  const cluster = await BrokerCluster.start((message) => process.stderr.write(`${message}\n`))
  const stop = () => void cluster.close().finally(() => process.exit(1))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    const isDone = () => (blows === undefined ? done() >= kills : rounds.length > 0)
    while (!isDone() && systemClock.monotonicMs() - startedMs < minutes * 60_000) {
      const count = Math.min(round, kills - done())
      const roundSeed = seed * 1_000 + rounds.length
      const planned = planBlows({
        ...{ seed: roundSeed, kills: count, brokerKills: Math.round(count / 4), freezes: 1 },
        ...{ instances: INSTANCES, brokers: cluster.count, freezeMs: FREEZE_MS },
      })
      const result = await runRound({
        cluster,
        seed: roundSeed,
        blows: blows ?? planned,
        ordersPerSecond: rate,
        partitions: 4,
        staticMembers,
        ...(blows === undefined ? {} : { lingerMs: LINGER_MS }),
        onProgress: progress(() => `round ${rounds.length + 1}, ${done()} kills before: `),
      })
      rounds.push(result)
      writeResults(file, resultsOf(seed, rounds))
      const { lost, duplicated, storesDifferent, faults } = result.verdict
      process.stderr.write('\n')
      process.stdout.write(
        `round ${rounds.length}: ${result.kills} kills (${result.brokerKills} of brokers), ${result.orders} orders, ${lost} lost, ${duplicated} duplicated, ${storesDifferent} parts of stores different, ${result.seconds} s\n`,
      )
      for (const fault of faults) process.stdout.write(`  ${fault}\n`)
      if (isDone()) break
      const minutesEach = (systemClock.monotonicMs() - startedMs) / 60_000 / (done() - doneBefore)
      const left = Math.ceil(minutesEach * (kills - done()))
      process.stderr.write(`about ${left} minutes left; ${file} has what is done\n`)
    }
  } catch (error) {
    process.stdout.write(`round ${rounds.length + 1} did not end: ${error}\n`)
    if (blows === undefined) process.stdout.write(`go on with --resume ${file}\n`)
    return 1
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    await cluster.close()
  }
  const { totals } = resultsOf(seed, rounds)
  process.stdout.write(
    `${totals.kills} kills (${totals.brokerKills} of brokers): ${totals.lost} lost, ${totals.duplicated} duplicated, ${totals.storesDifferent} parts of stores different, ${totals.faults} faults; ${file}\n`,
  )
  return totals.faults === 0 && (blows !== undefined || totals.kills >= kills) ? 0 : 1
}

/** One line that is written over on a terminal, lines elsewhere. */
function progress(prefix: () => string): (message: string) => void {
  const [before, after] = process.stderr.isTTY ? ['\r\u001b[K', ''] : ['', '\n']
  return (message) => process.stderr.write(`${before}${prefix()}${message}${after}`)
}
