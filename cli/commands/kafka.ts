import { Command, Option } from 'commander'
import {
  KAFKA_VERSIONS,
  type KafkaOptions,
  type KafkaVersion,
  kafkaStart,
  kafkaStatus,
  kafkaStop,
  kafkaWipe,
} from '../kafka/index.ts'
import { printRows } from '../output.ts'
import { jsonOption } from './data-dir.ts'
import { positive } from './topics.ts'

interface Flags {
  readonly brokers: string
  readonly port: number
  readonly kafkaVersion: KafkaVersion
  readonly dataDir?: string
  readonly json: boolean
}

/** A local KRaft broker without Docker, from Maven artefacts. */
export function kafkaCommand(environment: NodeJS.ProcessEnv): Command {
  const optionsOf = (flags: Flags): KafkaOptions => kafkaOptions(flags, environment)

  const command = new Command('kafka').description(
    'a local Kafka broker (KRaft) without Docker; needs Java 17 and, at first use, Maven',
  )

  cluster(
    command.command('start').description('start the brokers; resolves when they answer'),
  ).action(async (flags: Flags) => {
    const addresses = await kafkaStart(optionsOf(flags))
    process.stdout.write(
      flags.json
        ? `${JSON.stringify({ brokers: addresses })}\n`
        : `brokers ${addresses.join(',')}\n`,
    )
  })
  cluster(command.command('stop').description('stop them, keep their data')).action(
    async (flags: Flags) => {
      const stopped = await kafkaStop(optionsOf(flags))
      process.stdout.write(flags.json ? `${JSON.stringify({ stopped })}\n` : `stopped ${stopped}\n`)
    },
  )
  cluster(command.command('wipe').description('stop them and delete their data')).action(
    async (flags: Flags) => {
      await kafkaWipe(optionsOf(flags))
      process.stdout.write(flags.json ? `${JSON.stringify({ wiped: true })}\n` : 'wiped\n')
    },
  )
  cluster(command.command('status').description('nodes, processes and whether they answer')).action(
    async (flags: Flags) => {
      const nodes = await kafkaStatus(optionsOf(flags))
      if (flags.json) process.stdout.write(`${JSON.stringify({ nodes })}\n`)
      else if (nodes.length === 0) process.stdout.write('no node was started here\n')
      else await printRows(nodes, false)
    },
  )
  return command
}

function cluster(command: Command): Command {
  return command
    .addOption(
      new Option('--brokers <n>', 'brokers, each a controller too')
        .choices(['1', '3'])
        .default('1'),
    )
    .option(
      '--port <port>',
      'port of the first; the others follow in steps of two',
      positive,
      19_092,
    )
    .addOption(
      new Option('--kafka-version <version>', 'release of Apache Kafka')
        .choices(KAFKA_VERSIONS)
        .default(KAFKA_VERSIONS[0]),
    )
    .option(
      '--data-dir <directory>',
      'where the brokers keep their logs (by port, in the cache directory, when left out)',
    )
    .addOption(jsonOption())
}

function kafkaOptions(
  { brokers, port, kafkaVersion, dataDir }: Flags,
  environment: NodeJS.ProcessEnv,
): KafkaOptions {
  return {
    brokers: brokers === '3' ? 3 : 1,
    port,
    version: kafkaVersion,
    ...(dataDir === undefined ? {} : { dataDir }),
    environment,
    onProgress: (message) => process.stderr.write(`${message}\n`),
  }
}
