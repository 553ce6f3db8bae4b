import type { Command } from 'commander'

/** Ends the process with one line on stderr: what went wrong and the remedy that the error carries. */
export function fail(error: unknown, withStack = false): never {
  const message = error instanceof Error ? error.message : String(error)
  sayWrong(message)
  if (withStack && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  process.exit(1)
}

/** One line on stderr, whatever the message; the process goes on, to end with status 1. */
export function sayWrong(message: string): void {
  process.stderr.write(`orion: ${message.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`)
  process.exitCode = 1
}

/**
 * Ends the process when the command line names a command that does not exist. The parser says so too, but not where help is asked for: then it
 * shows the level above, as if all were well.
 */
export function refuseUnknownCommands(program: Command, args: readonly string[]): void {
  let command = program
  let path = program.name()
  for (const arg of args) {
    if (arg.startsWith('-') || command.commands.length === 0) return
    if (arg === 'help') continue
    const next = command.commands.find((one) => one.name() === arg)
    if (next === undefined) fail(`unknown command '${arg}'. See ${path} --help`)
    command = next
    path += ` ${arg}`
  }
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
