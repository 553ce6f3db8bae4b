import { Command } from 'commander'
import { sayWrong } from '../fail.ts'
import { withOperator } from '../operator/open-operator.ts'
import { printRows } from '../output.ts'
import type { InstallationOptions } from './data-dir.ts'
import { installation, positive } from './topics.ts'

export function storeCommand(): Command {
  const command = new Command('store').description('read and compare state stores')

  installation(
    command
      .command('list')
      .description('stores of the topologies')
      .argument('[topology]', 'only of this one'),
  ).action(async (topology: string | undefined, options: InstallationOptions) => {
    await withOperator(options, async (operator) =>
      printRows(operator.storeList(topology === undefined ? {} : { topology }), options.json),
    )
  })

  installation(
    command
      .command('get')
      .description('the value of one key')
      .argument('<topology>', 'topology, e.g. snapshots')
      .argument('<store>', 'store of it; see orion store list')
      .argument('<key>', 'key, e.g. platform|EURUSD.SIMFX'),
  ).action(async (topology: string, store: string, key: string, options: InstallationOptions) => {
    await withOperator(options, async (operator) => {
      if ((await printRows(operator.storeGet({ topology, store, key }), true)) === 0) {
        sayWrong(
          `${topology}/${store} has no value for ${key}. Keys look like tenantId|entityId, e.g. platform|EURUSD.SIMFX; see orion store range ${topology} ${store}`,
        )
      }
    })
  })

  installation(
    command
      .command('range')
      .description('keys and values in key order, partition by partition')
      .argument('<topology>', 'topology, e.g. snapshots')
      .argument('<store>', 'store of it; see orion store list')
      .option('--from <key>', 'first key')
      .option('--to <key>', 'last key')
      .option('-n, --limit <n>', 'at most this many', positive, 100),
  ).action(
    async (
      topology: string,
      store: string,
      options: InstallationOptions & { from?: string; to?: string; limit: number },
    ) => {
      const { from, to, limit } = options
      await withOperator(options, async (operator) =>
        printRows(
          operator.storeRange({
            topology,
            store,
            limit,
            ...(from === undefined ? {} : { from }),
            ...(to === undefined ? {} : { to }),
          }),
          true,
        ),
      )
    },
  )

  installation(
    command
      .command('checksum')
      .description('order-independent digest of each partition, to compare replicas and replays')
      .argument('<topology>', 'topology, e.g. snapshots')
      .argument('<store>', 'store of it; see orion store list'),
  ).action(async (topology: string, store: string, options: InstallationOptions) => {
    await withOperator(options, async (operator) =>
      printRows(operator.storeChecksum({ topology, store }), options.json),
    )
  })
  return command
}
