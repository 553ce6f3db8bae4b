import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The properties of a table file lie before its footer, uncompressed. */
const TAIL_BYTES = 16 * 1024

/**
 * Entries of the block: bytes shared with the key before, bytes that follow, length of the value, key, value. The name of
 * the column family comes after its id, so that its key is mostly shared, unless a restart point falls there.
 */
const FAMILY_NAME = [
  { before: Buffer.from([22, 4]), key: Buffer.from('name') },
  { before: Buffer.from([0, 26]), key: Buffer.from('rocksdb.column.family.name') },
] as const

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
      const keyspace = familyName(tail)
      // Being written: it counts once it is whole.
      if (keyspace === undefined) return undefined
      const file = { keyspace, bytes }
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

function familyName(tail: Buffer): string | undefined {
  for (const { before, key } of FAMILY_NAME) {
    let at = tail.lastIndexOf(key)
    for (; at >= 3; at = tail.lastIndexOf(key, at - 1)) {
      if (tail.compare(before, 0, 2, at - 3, at - 1) !== 0) continue
      const start = at + key.length
      return tail.toString('utf8', start, start + tail.readUInt8(at - 1))
    }
  }
  return undefined
}
