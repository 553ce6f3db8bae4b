import { Command, Option } from 'commander'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import { noMetrics, Streams, systemClock } from '#streams'
import { openKafkaLog } from '#streams/log'
import { createLogger } from '../logging.ts'
import type { PeerTopology } from '../peer-app/peer-topology.ts'
import { peerPositionsTopology } from '../peer-app/positions-app.ts'
import { peerSnapshotTopology } from '../peer-app/snapshot-app.ts'
import { peerWindowTopology } from '../peer-app/window-app.ts'

interface PeerFlags {
  readonly broker: string
  readonly appId: string
  readonly guarantee: 'at_least_once' | 'exactly_once_v2'
  readonly threads: number
  readonly stateDir: string
  readonly in: string
  readonly out: string
  readonly expect: number
  readonly commitMs?: number
  readonly caching: 'on' | 'off'
  readonly suppress: 'on' | 'off'
}

const CLOSE_MS_MAX = 60_000

/** The programs that are measured beside Kafka Streams on the JVM: same topics, same bytes, marks on stdout in epoch microseconds. */
export function peerAppCommand(): Command {
  const command = new Command('peer-app').description(
    'programs measured beside Kafka Streams on the JVM; they print PEER marks and end on SIGTERM',
  )
  for (const program of PROGRAMS) add(command, program)
  return command
}

interface Program {
  readonly name: string
  readonly does: string
  readonly topology: PeerTopology
  readonly input: string
  readonly output: string
}

const PROGRAMS: readonly Program[] = [
  {
    name: 'snapshot',
    does: 'ticks to the latest state of each instrument, every update emitted',
    topology: peerSnapshotTopology,
    input: 'bench.marketdata.ticks.v1',
    output: 'bench.marketdata.snapshots.v1',
  },
  {
    name: 'positions',
    does: 'fills, each counted once, to positions by portfolio and instrument, through a repartition topic',
    topology: peerPositionsTopology,
    input: 'bench.orders.fills.v1',
    output: 'bench.portfolio.updated.v1',
  },
  {
    name: 'window',
    does: 'ticks to bars of a minute: every update, or with --suppress on the closed ones only',
    topology: peerWindowTopology,
    input: 'bench.marketdata.ticks.v1',
    output: 'bench.marketdata.ohlc1m.v1',
  },
]

function add(command: Command, program: Program): void {
  command
    .command(program.name)
    .description(program.does)
    .requiredOption('--broker <host:port>', 'Kafka broker')
    .requiredOption('--app-id <id>', 'application id')
    .addOption(
      new Option('--guarantee <mode>', 'processing guarantee')
        .choices(['at_least_once', 'exactly_once_v2'])
        .default('at_least_once'),
    )
    .option('--threads <n>', 'stream threads', Number, 1)
    .addOption(
      new Option(
        '--caching <on|off>',
        'record cache: tables tell their updates once a commit; stores write theirs once a commit in any case',
      )
        .choices(['on', 'off'])
        .default('off'),
    )
    .addOption(
      new Option('--suppress <on|off>', 'window: closed bars only')
        .choices(['on', 'off'])
        .default('off'),
    )
    .requiredOption('--state-dir <directory>', 'directory of the state stores')
    .option('--in <topic>', 'input', program.input)
    .option('--out <topic>', 'output', program.output)
    .option('--expect <n>', 'record at which the last mark is printed', Number, 0)
    .option('--commit-ms <ms>', 'commit interval', Number)
    .option('--linger-ms <ms>', 'accepted: records leave with the commit')
    .action((flags: PeerFlags) => run(program, flags))
}

async function run({ topology }: Program, flags: PeerFlags): Promise<void> {
  const logger = createLogger('warn', { entity: flags.appId })
  let taken = false
  const onTaken = (): void => {
    if (taken) return
    taken = true
    mark('first')
  }
  let done = 0
  const onDone = (): void => {
    if (++done === flags.expect) mark('last')
  }
  const caching = flags.caching === 'on'
  const log = await openKafkaLog({
    brokers: flags.broker.split(','),
    clientId: flags.appId,
    logger,
    metrics: noMetrics,
    clock: systemClock,
  })
  const streams = new Streams({
    topology: topology({
      input: flags.in,
      output: flags.out,
      caching,
      suppress: flags.suppress === 'on',
      onTaken,
      onDone,
    }),
    applicationId: flags.appId,
    log,
    stores: createStoreBackend(rocksdbEngine()),
    directory: flags.stateDir,
    clock: systemClock,
    logger,
    metrics: noMetrics,
    guarantee: flags.guarantee,
    threads: flags.threads,
    ...(caching ? {} : { recordCacheBytesMax: 0 }),
    ...(flags.commitMs === undefined ? {} : { commitIntervalMs: flags.commitMs }),
  })
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
  await streams.start()
  await streams.reached('RUNNING')
  mark('running')
  await stopped
  await streams.close({ deadlineMs: CLOSE_MS_MAX })
  await log.close()
  process.exit(streams.error() === undefined ? 0 : 1)
}

/** Wall-clock microseconds: the observer outside compares them with its own. */
function mark(what: 'running' | 'first' | 'last'): void {
  process.stdout.write(
    `PEER ${what} ${Math.round((performance.timeOrigin + performance.now()) * 1_000)}\n`,
  )
}
