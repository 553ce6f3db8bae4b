import { Command, InvalidArgumentError, Option } from 'commander'
import { withOperator } from '../operator/open-operator.ts'
import { printRows } from '../output.ts'
import {
  brokersOption,
  dataDirOption,
  envOption,
  type InstallationOptions,
  jsonOption,
  registryOption,
} from './data-dir.ts'

export function topicsCommand(): Command {
  const command = new Command('topics').description(
    'list, describe, create and read topics, beside a running process or without one',
  )

  installation(
    command.command('list').description('every topic with its partitions and records'),
  ).action(async (options: InstallationOptions) => {
    await withOperator(options, async (operator) =>
      printRows(operator.topicsList({}), options.json),
    )
  })

  installation(
    command
      .command('describe')
      .description('offsets and bounds of each partition')
      .argument('<topic>', 'topic, e.g. dev.marketdata.ticks.v1'),
  ).action(async (topic: string, options: InstallationOptions) => {
    await withOperator(options, async (operator) =>
      printRows(operator.topicDescribe({ topic }), options.json),
    )
  })

  installation(
    command
      .command('create')
      .description('create a topic that is kept without bound; one that exists is left as it is')
      .argument('<topic>', 'name of the new topic')
      .option('--partitions <n>', 'number of partitions', positive, 4)
      .addOption(
        new Option('--cleanup <policy>', 'what becomes of old records')
          .choices(['delete', 'compact'])
          .default('delete'),
      ),
  ).action(
    async (
      topic: string,
      options: InstallationOptions & { partitions: number; cleanup: 'delete' | 'compact' },
    ) => {
      await withOperator(options, async (operator) =>
        printRows(
          operator.topicCreate({ topic, partitions: options.partitions, cleanup: options.cleanup }),
          options.json,
        ),
      )
    },
  )

  installation(
    command
      .command('tail')
      .description(
        'committed records as JSON, one a line, decoded where their schema is known; waits for more while a process runs on the data directory (or with --brokers), else ends at the end of the log',
      )
      .argument('<topic>', 'topic, e.g. dev.marketdata.ticks.v1')
      .option(
        '--from <where>',
        'earliest, latest, or a time (ISO 8601 or ms since the epoch)',
        startingPoint,
        'latest',
      )
      .option('-n, --limit <n>', 'end after this many records', positive)
      .option('--no-follow', 'end when what is there now has been printed'),
  ).action(
    async (
      topic: string,
      options: InstallationOptions & {
        from: 'earliest' | 'latest' | number
        limit?: number
        follow: boolean
      },
    ) => {
      await withOperator(options, async (operator) =>
        printRows(
          operator.topicTail({
            topic,
            from: options.from,
            follow: options.follow,
            ...(options.limit === undefined ? {} : { limit: options.limit }),
          }),
          true,
        ),
      )
    },
  )
  return command
}

export function installation(command: Command): Command {
  return command
    .addOption(dataDirOption())
    .addOption(envOption())
    .addOption(brokersOption())
    .addOption(registryOption())
    .addOption(jsonOption())
}

/** A partition or an offset. */
export function fromZero(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('Give a whole number from 0 on')
  return value
}

export function positive(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('Give a whole number from 1 on')
  return value
}

function startingPoint(text: string): 'earliest' | 'latest' | number {
  if (text === 'earliest' || text === 'latest') return text
  const timeMs = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isNaN(timeMs))
    throw new InvalidArgumentError(
      'Give earliest, latest, an ISO 8601 time such as 2026-03-02T09:00:00Z, or ms since the epoch',
    )
  return timeMs
}
