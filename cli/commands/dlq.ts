import { Command } from 'commander'
import { sayWrong } from '../fail.ts'
import { withOperator } from '../operator/open-operator.ts'
import { printRows } from '../output.ts'
import type { InstallationOptions } from './data-dir.ts'
import { fromZero, installation, positive } from './topics.ts'

export function dlqCommand(): Command {
  const command = new Command('dlq').description(
    'records that were not processed, each with its cause',
  )

  installation(
    command
      .command('list')
      .description('dead letters, newest last')
      .option('--service <name>', 'of one topology or component, e.g. market-data')
      .option('-n, --limit <n>', 'at most this many', positive, 100),
  ).action(async (options: InstallationOptions & { service?: string; limit: number }) => {
    const { service, limit } = options
    await withOperator(options, async (operator) => {
      const count = await printRows(
        operator.dlqList({ limit, ...(service === undefined ? {} : { service }) }),
        options.json,
      )
      if (count === 0 && !options.json) process.stdout.write('no dead letters\n')
    })
  })

  installation(
    command
      .command('show')
      .description('one dead letter, whole')
      .argument('<topic>', 'dead-letter topic, e.g. dev.dlq.market-data.v1')
      .argument('<partition>', 'partition', fromZero)
      .argument('<offset>', 'offset', fromZero),
  ).action(
    async (topic: string, partition: number, offset: number, options: InstallationOptions) => {
      await withOperator(options, async (operator) => {
        if ((await printRows(operator.dlqShow({ topic, partition, offset }), true)) === 0) {
          sayWrong(`there is no dead letter at ${topic}-${partition}@${offset}. See orion dlq list`)
        }
      })
    },
  )
  return command
}
