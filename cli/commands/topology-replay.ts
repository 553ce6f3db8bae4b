import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { z } from 'zod'
import { StreamsError } from '#streams'
import { sayWrong } from '../fail.ts'
import { withOperator } from '../operator/open-operator.ts'
import type { RecordChange, ReplayRow, TopologyReplayArgs } from '../operator/replay-tools.ts'
import { printRows } from '../output.ts'
import type { InstallationOptions } from './data-dir.ts'
import { timeText } from './time-text.ts'
import { installation } from './topics.ts'

interface ReplayFlags extends InstallationOptions {
  readonly from?: number
  readonly to?: number
  readonly shadow?: string
  readonly whatIf?: string
  readonly dryRun?: true
}

const place = {
  topic: z.string().min(1),
  partition: z.number().int().min(0),
  offset: z.number().int().min(0),
}
const changesSchema = z
  .array(
    z.discriminatedUnion('action', [
      z.strictObject({ ...place, action: z.literal('remove') }),
      z.strictObject({
        ...place,
        action: z.literal('replace'),
        key: z.string().exactOptional(),
        valueBase64: z.base64().exactOptional(),
        timestampMs: z.number().int().min(0).exactOptional(),
      }),
    ]),
  )
  .min(1)
  .max(1_000)

export function replayCommand(): Command {
  return installation(
    new Command('replay')
      .description(
        'run a topology again as it was recorded, in temporary stores, and compare stores and outputs with the recorded ones; follows the schedule that each transaction left, so that races and timers repeat; status 1 when they differ',
      )
      .argument('<name>', 'topology'),
  )
    .option(
      '--from <time>',
      'compare (and write) outputs from this wall-clock time on (ISO 8601 or ms since the epoch); state is always rebuilt from the first transaction',
      timeText,
    )
    .option('--to <time>', 'end before the first transaction after this time', timeText)
    .option(
      '--shadow <application-id>',
      'also write outputs to the log, those that --from and --to leave, to new topics that begin with this application id',
    )
    .option(
      '--what-if <file>',
      'what would have come of it with records of the inputs otherwise: JSON, a list of {topic, partition, offset, action: "remove" or "replace", key, valueBase64, timestampMs}',
    )
    .option('--dry-run', 'print what would be done, and do nothing')
    .action(async (topology: string, flags: ReplayFlags) => {
      if (flags.whatIf !== undefined && (flags.shadow ?? flags.from ?? flags.to) !== undefined) {
        sayWrong('--what-if replays and compares all of it. Leave --shadow, --from and --to out')
        return
      }
      const args: TopologyReplayArgs = {
        topology,
        dryRun: flags.dryRun === true,
        ...(flags.from === undefined ? {} : { fromMs: flags.from }),
        ...(flags.to === undefined ? {} : { toMs: flags.to }),
        ...(flags.shadow === undefined ? {} : { shadow: flags.shadow }),
        ...(flags.whatIf === undefined ? {} : { changes: readChanges(flags.whatIf) }),
      }
      await withOperator(flags, async (operator) => {
        const rows: ReplayRow[] = []
        for await (const row of operator.topologyReplay(args)) {
          if (flags.json) process.stdout.write(`${JSON.stringify(row)}\n`)
          else if ('what' in row && row.row === 'plan') process.stdout.write(`${row.what}\n`)
          else if (row.row === 'progress')
            process.stderr.isTTY && process.stderr.write(`${row.what}\n`)
          else rows.push(row)
        }
        if (!flags.json) await print(rows)
        const result = rows.find((row) => row.row === 'result')
        if (result?.isEqual === false && flags.whatIf === undefined)
          sayWrong(
            `the replay of ${topology} differs from what was recorded. See the rows that differ, and the notes`,
          )
      })
    })
}

async function print(rows: readonly ReplayRow[]): Promise<void> {
  for (const kind of ['store', 'output'] as const) {
    const table = rows.filter((row) => row.row === kind).map(({ row: _row, ...rest }) => rest)
    await printRows(table, false)
  }
  for (const row of rows) {
    if (row.row === 'difference') process.stdout.write(`${row.what}\n`)
    if (row.row === 'note') process.stdout.write(`note: ${row.what}\n`)
    if (row.row === 'result')
      process.stdout.write(`${row.mode}: ${row.isEqual ? 'equal' : 'differs'}\n`)
  }
}

function readChanges(file: string): readonly RecordChange[] {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw invalid(file, (cause as Error).message, cause)
  }
  const parsed = changesSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw invalid(file, `${issue?.path.join('.')}: ${issue?.message}`)
}

function invalid(file: string, what: string, cause?: unknown): StreamsError {
  return new StreamsError(
    'REPLAY_CHANGES_INVALID',
    `${file} is no list of changes: ${what}`,
    {},
    'Write it as orion topology replay --help says',
    cause,
  )
}
