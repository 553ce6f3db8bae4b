import { Command, InvalidArgumentError } from 'commander'
import { sayWrong } from '../fail.ts'
import type { DeadLetterDetail } from '../operator/dead-letter-tools.ts'
import type { DeadLetterFilter } from '../operator/dead-letters.ts'
import { withOperator } from '../operator/open-operator.ts'
import { printRows } from '../output.ts'
import type { InstallationOptions } from './data-dir.ts'
import { fromZero, installation, positive } from './topics.ts'

export function dlqCommand(): Command {
  const command = new Command('dlq').description(
    'records that were not processed, each with its cause',
  )

  filtered(installation(command.command('list').description('dead letters, newest last')))
    .option('-n, --limit <n>', 'at most this many', positive, 100)
    .action(async (options: FilterOptions & { limit: number }) => {
      const args = { ...filterOf(options), limit: options.limit }
      await withOperator(options, async (operator) => {
        const count = await printRows(operator.dlqList(args), options.json)
        if (count === 0 && !options.json) process.stdout.write('no dead letters\n')
      })
    })

  placed(
    installation(
      command
        .command('show')
        .description(
          'one dead letter, whole: cause, stack, headers, and the value by its schema, else in hex',
        ),
    ),
    true,
  ).action(
    async (topic: string, partition: number, offset: number, options: InstallationOptions) => {
      await withOperator(options, async (operator) => {
        let count = 0
        for await (const letter of operator.dlqShow({ topic, partition, offset })) {
          count += 1
          process.stdout.write(options.json ? `${JSON.stringify(letter)}\n` : textOf(letter))
        }
        if (count === 0) sayMissing(topic, partition, offset)
      })
    },
  )

  placed(
    filtered(
      installation(
        command
          .command('replay')
          .description(
            'put dead letters back on the topics they came from, each once; tells what it would do unless --yes is given',
          ),
      ),
    ),
    false,
  )
    .option('--dry-run', 'only tell what would be sent; so without --yes')
    .option('--yes', 'send', false)
    .action(replay)
  return command
}

async function replay(
  topic: string | undefined,
  partition: number | undefined,
  offset: number | undefined,
  options: FilterOptions & { yes: boolean; dryRun?: boolean },
): Promise<void> {
  const filter = filterOf(options)
  if (topic !== undefined && (partition === undefined || offset === undefined)) {
    sayWrong('one dead letter is named by topic, partition and offset. See orion dlq list')
    return
  }
  if (topic !== undefined && Object.keys(filter).length > 0) {
    sayWrong('name one dead letter, or choose by filters, not both')
    return
  }
  const place =
    topic === undefined || partition === undefined || offset === undefined
      ? {}
      : { place: { topic, partition, offset } }
  const send = options.yes && options.dryRun !== true
  await withOperator(options, async (operator) => {
    const count = await printRows(operator.dlqReplay({ ...filter, ...place, send }), options.json)
    if (count === 0 && topic !== undefined) sayMissing(topic, partition ?? 0, offset ?? 0)
    else if (!options.json && count === 0) process.stdout.write('no dead letters\n')
    else if (!options.json && !send) process.stdout.write('nothing was sent: give --yes to send\n')
  })
}

interface FilterOptions extends InstallationOptions {
  readonly service?: string
  readonly code?: string
  readonly from?: number
  readonly to?: number
  readonly sourceTopic?: string
  readonly tenant?: string
  readonly correlationId?: string
}

function filtered(command: Command): Command {
  return command
    .option('--service <name>', 'of one topology or component, e.g. market-data')
    .option('--code <code>', 'with this cause, e.g. SERDE_DECODE_FAILED')
    .option('--from <time>', 'failed at this time or later (ISO 8601 or ms since the epoch)', time)
    .option('--to <time>', 'failed before this time', time)
    .option('--source-topic <topic>', 'records of this topic')
    .option('--tenant <tenant>', 'records of this tenant')
    .option('--correlation-id <id>', 'of the dead letter, or of the record where it can be read')
}

function placed(command: Command, required: boolean): Command {
  const name = (argument: string) => (required ? `<${argument}>` : `[${argument}]`)
  return command
    .argument(name('topic'), 'dead-letter topic, e.g. dev.dlq.market-data.v1')
    .argument(name('partition'), 'partition', fromZero)
    .argument(name('offset'), 'offset', fromZero)
}

function filterOf(options: FilterOptions): DeadLetterFilter {
  const { service, code, from, to, sourceTopic, tenant, correlationId } = options
  return {
    ...(service === undefined ? {} : { service }),
    ...(code === undefined ? {} : { code }),
    ...(from === undefined ? {} : { fromMs: from }),
    ...(to === undefined ? {} : { toMs: to }),
    ...(sourceTopic === undefined ? {} : { sourceTopic }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(correlationId === undefined ? {} : { correlationId }),
  }
}

function time(text: string): number {
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isSafeInteger(ms)) return ms
  throw new InvalidArgumentError('It is no time: give ISO 8601 or ms since the epoch.')
}

function sayMissing(topic: string, partition: number, offset: number): void {
  sayWrong(`there is no dead letter at ${topic}-${partition}@${offset}. See orion dlq list`)
}

/** A line for each part; what has lines of its own comes last. */
function textOf({
  value,
  valueHex,
  stack,
  headers,
  valueBase64: _,
  ...parts
}: DeadLetterDetail): string {
  const lines = Object.entries(parts).map(([name, part]) => `${name.padEnd(16)}${part ?? '-'}`)
  for (const { name, text } of headers) lines.push(`header          ${name}: ${text ?? 'null'}`)
  if (valueHex !== null) lines.push(`value (hex)     ${valueHex}`)
  else lines.push(`value           ${JSON.stringify(value, undefined, 2)}`)
  if (stack !== null) lines.push('stack', ...stack.split('\n').map((line) => `  ${line}`))
  return `${lines.join('\n')}\n`
}
