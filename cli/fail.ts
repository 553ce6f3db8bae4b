/** Ends the process with one line on stderr: what went wrong and the remedy that the error carries. */
export function fail(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`orion: ${message.replaceAll('\n', ' ')}\n`)
  if (process.env['ORION_LOG_LEVEL'] === 'debug' && error instanceof Error)
    process.stderr.write(`${error.stack}\n`)
  process.exit(1)
}
