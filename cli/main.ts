import { Command } from 'commander'
import { backupCommand } from './commands/backup.ts'
import { benchCommand } from './commands/bench.ts'
import { dlqCommand } from './commands/dlq.ts'
import { kafkaCommand } from './commands/kafka.ts'
import { peerAppCommand } from './commands/peer-app.ts'
import { queryCommand } from './commands/query.ts'
import { sinkCommand } from './commands/sink.ts'
import { startCommand } from './commands/start.ts'
import { storeCommand } from './commands/store.ts'
import { tokenCommand } from './commands/token.ts'
import { topicsCommand } from './commands/topics.ts'
import { topologyCommand } from './commands/topology.ts'
import { fail, refuseUnknownCommands, sayUsageErrorsInOneLine } from './fail.ts'
import { VERSION } from './version.ts'

const program = new Command('orion')
  .description(
    'Stream-processing trading platform: Kafka Streams for Node, and the whole trading chain as one replayable log.',
  )
  .version(VERSION)
  .enablePositionalOptions()

for (const command of [
  startCommand(process.env),
  topologyCommand(),
  storeCommand(),
  topicsCommand(),
  dlqCommand(),
  sinkCommand(),
  backupCommand(),
  queryCommand(),
  tokenCommand(),
  kafkaCommand(process.env),
  peerAppCommand(),
  benchCommand(),
]) {
  program.addCommand(command)
}
sayUsageErrorsInOneLine(program)

// A closed pipe (`orion topics tail ... | head`) is the reader's way of saying enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

try {
  refuseUnknownCommands(program, process.argv.slice(2))
  await program.parseAsync()
} catch (error) {
  fail(error, process.env['ORION_LOG_LEVEL'] === 'debug')
}
