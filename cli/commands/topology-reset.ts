import { createInterface } from 'node:readline/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { ResetTarget } from '#streams/tools'
import { sayWrong } from '../fail.ts'
import { withOperator } from '../operator/open-operator.ts'
import type { ResetArgs, ResetRow } from '../operator/topology-tools.ts'
import { printRows } from '../output.ts'
import type { InstallationOptions } from './data-dir.ts'
import { timeText } from './time-text.ts'
import { installation } from './topics.ts'

interface ResetFlags extends InstallationOptions {
  readonly toEarliest?: true
  readonly toLatest?: true
  readonly toDatetime?: number
  readonly byDuration?: number
  readonly toOffset?: readonly GivenOffset[]
  readonly truncateOutputs?: true
  readonly dryRun?: true
  readonly yes?: true
}

interface GivenOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

const TARGETS = ['toEarliest', 'toLatest', 'toDatetime', 'byDuration', 'toOffset'] as const

export function resetCommand(): Command {
  const target = (flags: string, text: string): Option => {
    const option = new Option(flags, text)
    return option.conflicts(TARGETS.filter((name) => name !== option.attributeName()))
  }
  return installation(
    new Command('reset')
      .description(
        'let a topology begin anew: deletes its local state, its internal topics (changelogs, repartition, schedule) and its committed offsets, and says from where its inputs are read; refused while instances run; interrupted, run it again',
      )
      .argument('<name>', 'topology'),
  )
    .addOption(target('--to-earliest', 'read inputs from their start (the default)'))
    .addOption(target('--to-latest', 'read inputs from their end: only what comes from now on'))
    .addOption(
      target(
        '--to-datetime <time>',
        'read inputs from the first record at or after this time (ISO 8601 or ms since the epoch)',
      ).argParser(timeText),
    )
    .addOption(
      target(
        '--by-duration <duration>',
        'read inputs from this long before now, e.g. 90s, 15m, 2h, 7d or PT1H30M',
      ).argParser(duration),
    )
    .addOption(
      target(
        '--to-offset <topic:partition=n>',
        'read a partition from this offset (repeat it); those that are not named from their start',
      ).argParser(offsets),
    )
    .addOption(
      new Option(
        '--truncate-outputs',
        'delete the records of the topics that it writes too; other readers of them lose what they have not read',
      ),
    )
    .addOption(
      new Option(
        '--keep-outputs',
        'keep them (the default): what is processed again is written again',
      ).conflicts('truncateOutputs'),
    )
    .option('--dry-run', 'print what would be done, and do nothing')
    .option('-y, --yes', 'do not ask')
    .action(async (topology: string, flags: ResetFlags) => {
      await withOperator(flags, async (operator) => {
        const args = {
          topology,
          target: targetOf(flags),
          truncateOutputs: flags.truncateOutputs === true,
        }
        const reset = (dryRun: boolean): AsyncIterable<ResetRow> =>
          operator.topologyReset({ ...args, dryRun } satisfies ResetArgs)
        if (flags.dryRun === true || flags.yes !== true) await print(reset(true), flags.json)
        if (flags.dryRun === true) return
        if (flags.yes !== true && !(await confirmed(topology, flags))) return
        await print(reset(false), flags.json)
        if (!flags.json) process.stdout.write(`${topology} begins anew at its next start\n`)
      })
    })
}

async function print(rows: AsyncIterable<ResetRow>, json: boolean): Promise<void> {
  if (json) {
    await printRows(rows, true)
    return
  }
  for await (const { index, count, step, what } of rows)
    process.stdout.write(step === 'note' ? `note: ${what}\n` : `[${index}/${count}] ${what}\n`)
}

async function confirmed(topology: string, { json }: ResetFlags): Promise<boolean> {
  if (json || !process.stdin.isTTY) {
    sayWrong(
      `nothing was done: a reset of ${topology} has to be confirmed. Look at the steps above, then add --yes`,
    )
    return false
  }
  const asking = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await asking.question(`Reset ${topology}? This cannot be undone. [y/N] `)
  asking.close()
  if (/^y(es)?$/i.test(answer.trim())) return true
  sayWrong('nothing was done: the answer was not yes')
  return false
}

function targetOf({ toLatest, toDatetime, byDuration, toOffset }: ResetFlags): ResetTarget {
  if (toLatest === true) return { to: 'latest' }
  if (toDatetime !== undefined) return { to: 'datetime', timestampMs: toDatetime }
  if (byDuration !== undefined) return { to: 'duration', durationMs: byDuration }
  if (toOffset !== undefined) return { to: 'offsets', offsets: toOffset }
  return { to: 'earliest' }
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
const ISO_DURATION = /^P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/** @throws InvalidArgumentError */
function duration(text: string): number {
  const [, amount, unit = ''] = /^(\d+)\s*(ms|s|m|h|d)$/.exec(text) ?? []
  if (amount !== undefined) return Number(amount) * (UNIT_MS[unit] ?? 0)
  const iso = text === 'P' ? null : ISO_DURATION.exec(text.toUpperCase())
  if (iso === null)
    throw new InvalidArgumentError('Give a duration such as 90s, 15m, 2h, 7d or PT1H30M')
  const [days, hours, minutes, seconds] = iso.slice(1).map((part) => Number(part ?? 0))
  return (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60_000 + (seconds ?? 0) * 1_000
}

function offsets(text: string, before: readonly GivenOffset[] | undefined): readonly GivenOffset[] {
  const [, topic = '', partition, offset] = /^([\w.-]+):(\d+)=(\d+)$/.exec(text) ?? []
  if (offset === undefined)
    throw new InvalidArgumentError(
      'Give topic:partition=offset, e.g. dev.marketdata.ticks.v1:0=1200',
    )
  const given = { topic, partition: Number(partition), offset: Number(offset) }
  return [...(before ?? []), given]
}
