import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { StreamsError } from '#streams'
import { storeCorrupt } from '../engine-errors.ts'

const FORMAT = 1
const FILE = 'keyspaces.json'

/**
 * RocksDB refuses to open a database unless every column family is named, and the binding cannot list them, so the
 * list lies beside the database. It is written before a keyspace is made: it may name too many, never too few.
 */
export async function readKeyspaceList(directory: string): Promise<readonly string[] | undefined> {
  const path = join(directory, FILE)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'ENOENT') return undefined
    throw error
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw storeCorrupt('the list of keyspaces is not JSON', path, error)
  }
  const { format, keyspaces } = (parsed ?? {}) as { format?: unknown; keyspaces?: unknown }
  if (typeof format === 'number' && format > FORMAT) {
    throw new StreamsError(
      'STORE_FORMAT_TOO_NEW',
      `the database has format ${format}, this version reads up to ${FORMAT}`,
      { path },
      'Run the newer version, or delete the directory to restore it from changelogs.',
    )
  }
  if (
    format !== FORMAT ||
    !Array.isArray(keyspaces) ||
    !keyspaces.every((k) => typeof k === 'string')
  ) {
    throw storeCorrupt('the list of keyspaces has an unknown shape', path)
  }
  return keyspaces
}

/** Atomic, and on the disk when it resolves. */
export async function writeKeyspaceList(
  directory: string,
  keyspaces: readonly string[],
): Promise<void> {
  await mkdir(directory, { recursive: true })
  // A name of its own: two processes may race to open, and only the database's lock decides between them.
  const temporary = join(directory, `${FILE}.${randomBytes(6).toString('hex')}`)
  const file = await open(temporary, 'w')
  try {
    await file.writeFile(`${JSON.stringify({ format: FORMAT, keyspaces })}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, join(directory, FILE))
}
