import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { StreamsError } from '#streams'
import type { Compatibility } from '../compatibility.ts'

/** One change of the registry, as its journal keeps it. */
export type RegistryChange =
  | {
      readonly kind: 'register'
      readonly subject: string
      readonly version: number
      readonly id: number
      readonly schema: string
    }
  | {
      readonly kind: 'delete'
      readonly subject: string
      readonly version: number
      readonly permanent: boolean
    }
  | {
      readonly kind: 'config'
      readonly subject: string | null
      readonly level: Compatibility | null
    }

export interface RegistryJournal {
  /** Durable when it returns. */
  append(change: RegistryChange): void
  close(): void
}

export const memoryJournal: RegistryJournal = { append: () => {}, close: () => {} }

/**
 * A file of one JSON object a line, each written whole and synced before it counts. A last line without its end is a write that a crash
 * cut off: nobody was told of it, and it is removed.
 */
export function openRegistryJournal(
  path: string,
  replay: (change: RegistryChange) => void,
): RegistryJournal {
  mkdirSync(dirname(path), { recursive: true })
  const file = openSync(path, 'a+')
  const bytes = readFileSync(path)
  const end = bytes.lastIndexOf(0x0a) + 1
  if (end < bytes.length) ftruncateSync(file, end)
  const lines = bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1)
  for (const [index, line] of lines.entries()) {
    try {
      replay(JSON.parse(line) as RegistryChange)
    } catch (cause) {
      closeSync(file)
      throw new StreamsError(
        'REGISTRY_DAMAGED',
        `line ${index + 1} of the registry's journal cannot be read`,
        { path },
        'Restore the file from a backup.',
        cause,
      )
    }
  }
  fsyncSync(file)
  syncDirectory(dirname(path))
  let size = end
  return {
    append(change) {
      const line = Buffer.from(`${JSON.stringify(change)}\n`)
      try {
        for (let written = 0; written < line.length; ) written += writeSync(file, line, written)
        fsyncSync(file)
        size += line.length
      } catch (cause) {
        // Half a line must not stand before the next one.
        ftruncateSync(file, size)
        throw cause
      }
    },
    close: () => closeSync(file),
  }
}

/** Makes the file's name durable too. */
function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
