import { StreamsError } from '#streams'
import { storeCorrupt } from '../engine-errors.ts'
import type { NativeDatabase, RocksBinding } from './binding.ts'

const FORMAT = 1
const PREFIX_BYTES = 2
const KEYSPACES_MAX = 65_534

/**
 * V8 keeps small typed arrays within its heap, and gives each a buffer of its own once native code asks for the bytes: about a microsecond.
 * A view of memory that is outside already costs a third less per call.
 */
const SCRATCH = new ArrayBuffer(4 * 1024)
const SCRATCH_BYTES = new Uint8Array(SCRATCH)
/** Of the scratch memory, by length: made once, not for each call. */
const SCRATCH_VIEWS: Uint8Array[] = []

/** A range of RocksDB's keys. */
export class Keyspace {
  readonly #id: number

  constructor(id: number) {
    this.#id = id
  }

  /** The first key after the keyspace. */
  get end(): Uint8Array {
    return new Keyspace(this.#id + 1).key(new Uint8Array(0))
  }

  /** As `key`, for a native call that copies it: the bytes hold until this is called again. */
  passing(key: Uint8Array): Uint8Array {
    const length = PREFIX_BYTES + key.length
    if (length > SCRATCH.byteLength) return this.key(key)
    SCRATCH_BYTES[0] = this.#id >>> 8
    SCRATCH_BYTES[1] = this.#id & 0xff
    SCRATCH_BYTES.set(key, PREFIX_BYTES)
    SCRATCH_VIEWS[length] ??= new Uint8Array(SCRATCH, 0, length)
    return SCRATCH_VIEWS[length]
  }

  /** A key as RocksDB has it. */
  key(key: Uint8Array): Uint8Array {
    const prefixed = new Uint8Array(PREFIX_BYTES + key.length)
    prefixed[0] = this.#id >>> 8
    prefixed[1] = this.#id & 0xff
    prefixed.set(key, PREFIX_BYTES)
    return prefixed
  }
}

export function withoutPrefix(prefixed: Uint8Array): Uint8Array {
  return prefixed.subarray(PREFIX_BYTES)
}

/** The engine's own keys; keyspaces that were asked for count from 1. */
const ENGINE = new Keyspace(0)

export function engineKey(name: string): Uint8Array {
  return ENGINE.key(new TextEncoder().encode(name))
}

const KEYSPACES_KEY = engineKey('keyspaces')

/**
 * All keyspaces live in one column family, each under a prefix of two bytes. With a family each, one that is rarely
 * written keeps the write-ahead log of all from being deleted (200 MB measured, to be read again after a crash), write
 * buffers multiply, and RocksDB refuses to open unless every family is named.
 * @returns those that were there and those asked for, by name
 */
export function openKeyspaces(
  binding: RocksBinding,
  native: NativeDatabase,
  wanted: readonly string[],
  directory: string,
): ReadonlyMap<string, Keyspace> {
  const [bytes] = binding.db_get_many_sync(native, [KEYSPACES_KEY], {})
  const known = bytes === undefined || bytes === null ? [] : parseNames(bytes, directory)
  const names = [...new Set([...known, ...wanted])]
  if (names.length > KEYSPACES_MAX) {
    throw new RangeError(`a database has up to ${KEYSPACES_MAX} keyspaces, not ${names.length}`)
  }
  if (bytes === undefined || names.length > known.length) {
    const batch = binding.batch_init()
    const text = JSON.stringify({ format: FORMAT, keyspaces: names })
    binding.batch_put(batch, KEYSPACES_KEY, new TextEncoder().encode(text), {})
    binding.batch_write(native, batch, { sync: true })
  }
  return new Map(names.map((name, index) => [name, new Keyspace(index + 1)]))
}

function parseNames(bytes: Uint8Array, directory: string): readonly string[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    throw storeCorrupt('the list of keyspaces is not JSON', directory, error)
  }
  const { format, keyspaces } = (parsed ?? {}) as { format?: unknown; keyspaces?: unknown }
  if (typeof format === 'number' && format > FORMAT) {
    throw new StreamsError(
      'STORE_FORMAT_TOO_NEW',
      `the database has format ${format}, this version reads up to ${FORMAT}`,
      { path: directory },
      'Run the newer version, or delete the directory to restore it from changelogs.',
    )
  }
  const isList = Array.isArray(keyspaces) && keyspaces.every((name) => typeof name === 'string')
  if (format !== FORMAT || !isList) {
    throw storeCorrupt('the list of keyspaces has an unknown shape', directory)
  }
  return keyspaces
}
