import { Command, Option } from 'commander'
import { sayWrong } from '../fail.ts'
import { withOperator } from '../operator/open-operator.ts'
import type { StoreComparison } from '../operator/operator.ts'
import { QueriedStores } from '../operator/queried-stores.ts'
import { printRows } from '../output.ts'
import type { InstallationOptions } from './data-dir.ts'
import { timeText } from './time-text.ts'
import { fromZero, installation, positive } from './topics.ts'

interface PartOptions extends InstallationOptions {
  readonly partition?: number
  readonly fromChangelog?: true
}

/** Of instances that answer queries. */
interface QueryOptions extends PartOptions {
  readonly queryHost?: string
}

interface TimeOptions extends QueryOptions {
  readonly fromTime?: number
  readonly toTime?: number
}

export function storeCommand(): Command {
  const command = new Command('store').description('read and compare state stores')

  installation(
    command
      .command('list')
      .description('stores of the topologies, with the partitions that are kept here')
      .argument('[topology]', 'only of this one'),
  ).action(async (topology: string | undefined, options: InstallationOptions) => {
    await withOperator(options, async (operator) =>
      printRows(operator.storeList(topology === undefined ? {} : { topology }), options.json),
    )
  })

  times(
    ofStore(
      command
        .command('get')
        .description(
          'the value of one key; of a window or session store every window of the key, of a versioned store the latest version, or with times its history',
        ),
    ).argument('<key>', 'key, e.g. platform|EURUSD.SIMFX'),
  ).action(async (topology: string, store: string, key: string, options: TimeOptions) => {
    const args = { topology, store, key, ...timesOf(options) }
    const print = async (rows: AsyncIterable<object>) => {
      if ((await printRows(rows, true)) > 0) return
      sayWrong(
        `${topology}/${store} has no value for ${key}. Keys look like tenantId|entityId, e.g. platform|EURUSD.SIMFX; see orion store range ${topology} ${store}`,
      )
    }
    const queried = queriedStores(options)
    if (queried === undefined)
      await withOperator(options, (operator) => print(operator.storeGet(args)))
    else await print(queried.get(args))
  })

  times(
    ofStore(
      command
        .command('range')
        .description('keys and values in key order, partition by partition; windows by key'),
    )
      .option('--from <key>', 'first key')
      .option('--to <key>', 'last key')
      .option('--prefix <text>', 'keys that begin with this')
      .option('-n, --limit <n>', 'at most this many', positive, 100),
  ).action(
    async (
      topology: string,
      store: string,
      options: TimeOptions & { from?: string; to?: string; prefix?: string; limit: number },
    ) => {
      const { from, to, prefix, limit } = options
      if (prefix !== undefined && (from !== undefined || to !== undefined)) {
        sayWrong('--prefix is a range of its own. Leave --from and --to out')
        return
      }
      const args = {
        topology,
        store,
        limit,
        ...timesOf(options),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...(prefix === undefined ? {} : { prefix }),
      }
      const queried = queriedStores(options)
      if (queried === undefined)
        await withOperator(options, (operator) => printRows(operator.storeRange(args), true))
      else await printRows(queried.range(args), true)
    },
  )

  ofStore(
    command
      .command('checksum')
      .description('order-independent digest of each partition, to compare replicas and replays'),
  )
    .option(
      '--compare',
      'compare each partition with a copy made from its changelog; fails when they differ',
    )
    .action(async (topology: string, store: string, options: PartOptions & { compare?: true }) => {
      const args = { topology, store, ...partOf(options) }
      await withOperator(options, async (operator) => {
        if (options.compare !== true) {
          await printRows(operator.storeChecksum(args), options.json)
          return
        }
        const wrong: StoreComparison[] = []
        const rows = (async function* () {
          for await (const row of operator.storeCompare(args)) {
            if (row.result !== 'equal') wrong.push(row)
            yield row
          }
        })()
        await printRows(rows, options.json)
        if (wrong.some(({ result }) => result === 'differs'))
          sayWrong(
            `${topology}/${store} differs from its changelog. Stop the application, delete the local state of these partitions (${partitionsOf(wrong)}) and start: it is restored from the changelog`,
          )
        else if (wrong.length > 0)
          sayWrong(
            `${topology}/${store} went on all the while, so it could not be compared. Ask again when less is written`,
          )
      })
    })
  return command
}

function ofStore(command: Command): Command {
  return installation(command)
    .argument('<topology>', 'topology, e.g. snapshots')
    .argument('<store>', 'store of it; see orion store list')
    .option('--partition <n>', 'only this partition', fromZero)
    .option(
      '--from-changelog',
      'read a temporary copy made from the changelog: works wherever the store is kept, and takes as long as a restore',
    )
}

function times(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--query-host <list>',
        'query ports of running instances, host:port separated by commas: whoever has the partition answers, a standby where its owner is gone, then marked stale. With the bearer token in ORION_TOKEN',
      ).env('ORION_QUERY_HOSTS'),
    )
    .option(
      '--from-time <time>',
      'windows that start, sessions that end, versions that hold at or after this time',
      timeText,
    )
    .option('--to-time <time>', 'and at or before this time', timeText)
}

function queriedStores(options: TimeOptions): QueriedStores | undefined {
  const { queryHost, env, fromChangelog } = options
  if (queryHost === undefined || fromChangelog === true) return undefined
  return new QueriedStores(queryHost, env, process.env)
}

function partOf({ partition, fromChangelog }: PartOptions) {
  return {
    ...(partition === undefined ? {} : { partition }),
    ...(fromChangelog === undefined ? {} : { fromChangelog }),
  }
}

function timesOf(options: TimeOptions) {
  const { fromTime, toTime } = options
  return {
    ...partOf(options),
    ...(fromTime === undefined ? {} : { fromTimeMs: fromTime }),
    ...(toTime === undefined ? {} : { toTimeMs: toTime }),
  }
}

function partitionsOf(rows: readonly StoreComparison[]): string {
  return rows.map(({ partition }) => partition).join(', ')
}
