import type { Command } from 'commander'

/** Ends the process with one line on stderr: what went wrong and the remedy that the error carries. */
export function fail(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error)
  sayWrong(message)
  if (process.env['ORION_LOG_LEVEL'] === 'debug' && error instanceof Error)
    process.stderr.write(`${error.stack}\n`)
  process.exit(1)
}

/** One line on stderr, whatever the message; the process goes on, to end with status 1. */
export function sayWrong(message: string): void {
  process.stderr.write(`orion: ${message.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`)
  process.exitCode = 1
}

/** A wrong flag or argument is answered like every other error, and says which help to read. */
export function sayUsageErrorsInOneLine(command: Command, path = command.name()): void {
  command.configureOutput({
    outputError: (text) => {
      const what = text.replace(/^error: /, '').trim()
      sayWrong(`${what}${/[.)?]$/.test(what) ? '' : '.'} See ${path} --help`)
    },
  })
  for (const one of command.commands) sayUsageErrorsInOneLine(one, `${path} ${one.name()}`)
}
