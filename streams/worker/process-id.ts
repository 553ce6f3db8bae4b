import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FILE_NAME = 'process-id'
const PROCESS_ID = /^[A-Za-z0-9-]{1,64}$/

/** The id under which the group knows this state directory, over restarts; made at the first. */
export function processIdOf(path: string): string {
  const file = join(path, FILE_NAME)
  const known = readText(file)
  if (PROCESS_ID.test(known)) return known
  mkdirSync(path, { recursive: true })
  const made = randomUUID()
  writeFileSync(file, `${made}\n`)
  return made
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    // There is none before the first start.
    return ''
  }
}
