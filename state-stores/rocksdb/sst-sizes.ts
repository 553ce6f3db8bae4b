import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The properties of a table file lie before its footer, uncompressed. */
const TAIL_BYTES = 16 * 1024
const PROPERTY = Buffer.from('rocksdb.column.family.name')

/**
 * Bytes of table files per column family: the binding exposes RocksDB's figures for the first family only. A file never
 * changes, so each is looked at once. What is in the write-ahead log alone is not counted.
 */
export class SstSizes {
  readonly #directory: string
  readonly #files = new Map<string, { readonly keyspace: string; readonly bytes: number }>()

  constructor(directory: string) {
    this.#directory = join(directory, 'rocksdb')
  }

  of(keyspace: string): number {
    const names = new Set(readdirSync(this.#directory).filter((name) => name.endsWith('.sst')))
    for (const known of this.#files.keys()) if (!names.has(known)) this.#files.delete(known)
    let total = 0
    for (const name of names) {
      const file = this.#files.get(name) ?? this.#look(name)
      if (file?.keyspace === keyspace) total += file.bytes
    }
    return total
  }

  #look(name: string): { readonly keyspace: string; readonly bytes: number } | undefined {
    const path = join(this.#directory, name)
    let descriptor: number | undefined
    try {
      const bytes = statSync(path).size
      descriptor = openSync(path, 'r')
      const tail = Buffer.alloc(Math.min(bytes, TAIL_BYTES))
      readSync(descriptor, tail, 0, tail.length, bytes - tail.length)
      const at = tail.lastIndexOf(PROPERTY)
      // Being written: it counts once it is whole.
      if (at < 1) return undefined
      // Before the name stands the length of its value; names are shorter than 128 bytes or counted as the first 127.
      const length = tail[at - 1] ?? 0
      const start = at + PROPERTY.length
      const file = { keyspace: tail.toString('utf8', start, start + length), bytes }
      this.#files.set(name, file)
      return file
    } catch {
      // Compaction deleted it meanwhile.
      return undefined
    } finally {
      if (descriptor !== undefined) closeSync(descriptor)
    }
  }
}
