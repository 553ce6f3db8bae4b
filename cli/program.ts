import { Command } from 'commander'
import { backupCommand } from './commands/backup.ts'
import { benchCommand } from './commands/bench.ts'
import { dlqCommand } from './commands/dlq.ts'
import { kafkaCommand } from './commands/kafka.ts'
import { peerAppCommand } from './commands/peer-app.ts'
import { queryCommand } from './commands/query.ts'
import { reconcileCommand } from './commands/reconcile.ts'
import { sinkCommand } from './commands/sink.ts'
import { startCommand } from './commands/start.ts'
import { storeCommand } from './commands/store.ts'
import { tokenCommand } from './commands/token.ts'
import { topicsCommand } from './commands/topics.ts'
import { topologyCommand } from './commands/topology.ts'
import { sayUsageErrorsInOneLine } from './fail.ts'
import { VERSION } from './version.ts'

/** The command line of `orion`, every level of it. */
export function orionProgram(environment: NodeJS.ProcessEnv): Command {
  const program = new Command('orion')
    .description(
      'Stream-processing trading platform: Kafka Streams for Node, and the whole trading chain as one replayable log.',
    )
    .version(VERSION)
    .enablePositionalOptions()

  for (const command of [
    startCommand(environment),
    topologyCommand(),
    storeCommand(),
    topicsCommand(),
    dlqCommand(),
    sinkCommand(),
    backupCommand(),
    queryCommand(),
    reconcileCommand(),
    tokenCommand(),
    kafkaCommand(environment),
    peerAppCommand(),
    benchCommand(),
  ]) {
    program.addCommand(command)
  }
  sayUsageErrorsInOneLine(program)
  return program
}
