import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { StreamsError } from '#streams'

/**
 * Text of a file that only the owner may read (mode 0600), made by `create` if it is not there. When two processes make it at the same
 * moment, both get the text of the first.
 * @throws {StreamsError} IDENTITY_FILE_UNREADABLE
 */
export async function secretFile(path: string, create: () => Promise<string>): Promise<string> {
  const existing = readIfThere(path)
  if (existing !== undefined) return existing
  const text = await create()
  mkdirSync(dirname(path), { recursive: true })
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' })
    return text
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw unreadable(path, error)
    return readIfThere(path) ?? text
  }
}

function readIfThere(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    if (text.trim() === '') throw new Error('the file is empty')
    return text
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw unreadable(path, error)
  }
}

function unreadable(path: string, cause: unknown): StreamsError {
  return new StreamsError(
    'IDENTITY_FILE_UNREADABLE',
    'a file of the identity provider cannot be used',
    { path },
    'Give its owner access to it, or delete it: a new one is made, and everybody has to log in again.',
    cause,
  )
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
