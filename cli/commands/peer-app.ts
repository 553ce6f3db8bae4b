import { Command, Option } from 'commander'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import { noMetrics, Streams, systemClock } from '#streams'
import { openKafkaLog } from '#streams/log'
import { createLogger } from '../logging.ts'
import { peerSnapshotTopology } from '../peer-app/snapshot-app.ts'

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
}

const CLOSE_MS_MAX = 60_000

/** The programs that are measured beside Kafka Streams on the JVM: same topics, same bytes, marks on stdout in epoch microseconds. */
export function peerAppCommand(): Command {
  const command = new Command('peer-app').description(
    'programs measured beside Kafka Streams on the JVM; they print PEER marks and end on SIGTERM',
  )
  command
    .command('snapshot')
    .description('ticks to the latest state of each instrument, every update emitted')
    .requiredOption('--broker <host:port>', 'Kafka broker')
    .requiredOption('--app-id <id>', 'application id')
    .addOption(
      new Option('--guarantee <mode>', 'processing guarantee')
        .choices(['at_least_once', 'exactly_once_v2'])
        .default('at_least_once'),
    )
    .option('--threads <n>', 'stream threads', Number, 1)
    .option(
      '--caching <on|off>',
      'accepted for the sake of the comparison: updates are logged once a commit in any case',
      'off',
    )
    .requiredOption('--state-dir <directory>', 'directory of the state stores')
    .option('--in <topic>', 'ticks', 'bench.marketdata.ticks.v1')
    .option('--out <topic>', 'snapshots', 'bench.marketdata.snapshots.v1')
    .option('--expect <n>', 'record at which the last mark is printed', Number, 0)
    .option('--commit-ms <ms>', 'commit interval', Number)
    .option('--linger-ms <ms>', 'accepted: records leave with the commit')
    .action(runSnapshot)
  return command
}

async function runSnapshot(flags: PeerFlags): Promise<void> {
  const logger = createLogger('warn', { entity: flags.appId })
  let seen = 0
  const onRecord = (): void => {
    seen += 1
    if (seen === 1) mark('first')
    if (seen === flags.expect) mark('last')
  }
  const log = await openKafkaLog({
    brokers: flags.broker.split(','),
    clientId: flags.appId,
    logger,
    metrics: noMetrics,
    clock: systemClock,
  })
  const streams = new Streams({
    topology: peerSnapshotTopology({ input: flags.in, output: flags.out, onRecord }),
    applicationId: flags.appId,
    log,
    stores: createStoreBackend(rocksdbEngine()),
    directory: flags.stateDir,
    clock: systemClock,
    logger,
    metrics: noMetrics,
    guarantee: flags.guarantee,
    threads: flags.threads,
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
