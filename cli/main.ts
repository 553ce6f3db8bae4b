import { fail, refuseUnknownCommands } from './fail.ts'
import { orionProgram } from './program.ts'

const program = orionProgram(process.env)

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
