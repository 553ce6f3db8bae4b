import { StreamsError } from '#streams'
import { storeCorrupt, storeLocked } from '../engine-errors.ts'

/** What RocksDB reported, with a stable code and a remedy. */
export function fromNativeError(error: unknown, path: string): StreamsError {
  if (error instanceof StreamsError) return error
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error ? Reflect.get(error, 'code') : undefined
  if (code === 'LEVEL_LOCKED') return storeLocked(path, error)
  if (code === 'LEVEL_CORRUPTION' || /No such file or directory/.test(message)) {
    return storeCorrupt(`the database is damaged (${message})`, path, error)
  }
  if (code === 'LEVEL_IO_ERROR') {
    return new StreamsError(
      'STORE_IO_FAILED',
      `reading or writing the disk failed (${message})`,
      { path },
      'Check free space, permissions and the disk, then start again: nothing committed is lost.',
      error,
    )
  }
  return new StreamsError(
    'STORE_ENGINE_FAILED',
    `RocksDB refused (${message})`,
    { path },
    'Start again; if it persists, delete the directory to restore it from changelogs.',
    error,
  )
}
