/**
 * Runs an example on the embedded log.
 *
 *   npm run example -- NAME
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from '#streams'
import { EXAMPLES } from './examples.ts'
import { runExample } from './run-example.ts'

const [name, ...rest] = process.argv.slice(2)
const example = EXAMPLES.find((one) => one.name === name)
if (example === undefined || rest.length > 0) {
  const list = EXAMPLES.map((one) => `  ${one.name.padEnd(18)} ${one.shows}`).join('\n')
  process.stdout.write(`Usage: npm run example -- NAME\n\n${list}\n`)
  process.exitCode = name === '--help' ? 0 : 2
} else {
  const directory = mkdtempSync(join(tmpdir(), `orion-example-${example.name}-`))
  try {
    process.stdout.write(`${example.shows}\n\n${describe(example.topology)}\n`)
    for (const { topic, lines } of example.inputs)
      process.stdout.write(`${topic}:\n${lines.map((line) => `  ${line}\n`).join('')}`)
    process.stdout.write(`${example.output.topic}:\n`)
    await runExample(example, directory, (line) => process.stdout.write(`  ${line}\n`))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
