import { type StoreBatch, type StoreDatabase, type StoreSpec, StreamsError } from '#streams'
import { readUint64, uint64Bytes } from './bytes.ts'
import { storeCorrupt } from './engine-errors.ts'
import { type ObservedTimeOptions, segmentMsFor } from './segmented/observed-time.ts'
import type { PutSequenceOptions } from './window/put-sequence.ts'

/** Keyspace of positions, observed times, sequences and the marker. */
export const META_KEYSPACE = 'meta'

/** Raised when what is below is laid out differently; older formats are upgraded here or refused. */
const FORMAT = 1

interface StoreMark {
  readonly kind: StoreSpec['kind']
  readonly windowSizeMs?: number
  readonly segmentMs?: number
  readonly retainsDuplicates?: true
  /** Kept since the store was made, or not at all. */
  readonly timeIndex?: true
}

/** Stores that keep the largest time ever put. */
export type TimedStoreSpec = Exclude<StoreSpec, { readonly kind: 'key-value' }>

interface Marker {
  readonly format: number
  readonly stores: Readonly<Record<string, StoreMark>>
}

const encoder = new TextEncoder()
const MARKER_KEY = encoder.encode('marker')

/** What a database of stores says of itself. */
export class StoreMeta {
  readonly #database: StoreDatabase
  readonly #marker: Marker

  /** Checks what is there against what is asked for, and writes down what is new. @throws {StreamsError} STORE_INCOMPATIBLE, STORE_FORMAT_TOO_NEW, STORE_CORRUPT */
  constructor(database: StoreDatabase, specs: readonly StoreSpec[], directory: string) {
    this.#database = database
    const before = readMarker(database, directory)
    const stores: Record<string, StoreMark> = { ...before?.stores }
    for (const spec of specs) {
      const known = stores[spec.name]
      if (known === undefined) stores[spec.name] = markOf(spec)
      else requireCompatible(spec, known, directory)
    }
    this.#marker = { format: FORMAT, stores }
    const batch = database.batch()
    batch.put(META_KEYSPACE, MARKER_KEY, encoder.encode(JSON.stringify(this.#marker)))
    batch.write()
  }

  position(name: string): number | undefined {
    return this.#read(`position/${name}`)
  }

  putPosition(batch: StoreBatch, name: string, offset: number): void {
    batch.put(META_KEYSPACE, encoder.encode(`position/${name}`), uint64Bytes(offset))
  }

  observedTime(spec: TimedStoreSpec): ObservedTimeOptions {
    const retentionMs = visibleMs(spec)
    return {
      retentionMs,
      segmentMs: this.#marker.stores[spec.name]?.segmentMs ?? segmentMsFor(retentionMs),
      observedMs: this.#read(`time/${spec.name}`),
      keyspace: META_KEYSPACE,
      key: encoder.encode(`time/${spec.name}`),
    }
  }

  putSequence(spec: StoreSpec): PutSequenceOptions {
    return {
      last: this.#read(`sequence/${spec.name}`),
      keyspace: META_KEYSPACE,
      key: encoder.encode(`sequence/${spec.name}`),
    }
  }

  /** Whether the entries of the store are in an index by time. */
  hasTimeIndex(spec: StoreSpec): boolean {
    return this.#marker.stores[spec.name]?.timeIndex === true
  }

  #read(key: string): number | undefined {
    const bytes = this.#database.get(META_KEYSPACE, encoder.encode(key))
    return bytes === undefined ? undefined : readUint64(bytes, 0)
  }
}

function markOf(spec: StoreSpec): StoreMark {
  switch (spec.kind) {
    case 'key-value':
      return { kind: spec.kind }
    case 'window': {
      const { kind, windowSizeMs, retentionMs } = spec
      return {
        kind,
        windowSizeMs,
        segmentMs: segmentMsFor(retentionMs),
        ...(spec.retainDuplicates === true && { retainsDuplicates: true }),
        ...(spec.closesWindows === true && { timeIndex: true }),
      }
    }
    case 'session':
      return { kind: spec.kind, segmentMs: segmentMsFor(spec.retentionMs), timeIndex: true }
    case 'versioned':
      return { kind: spec.kind, timeIndex: true }
  }
}

/** For how long before the largest time something is visible, exclusive. */
function visibleMs(spec: TimedStoreSpec): number {
  switch (spec.kind) {
    case 'window':
      return spec.closesWindows === true ? spec.retentionMs + 1 : spec.retentionMs
    case 'session':
      return spec.retentionMs
    case 'versioned':
      return spec.historyRetentionMs + 1
  }
}

function requireCompatible(spec: StoreSpec, known: StoreMark, directory: string): void {
  const wanted = markOf(spec)
  const { kind, windowSizeMs, retainsDuplicates } = known
  const isSame = wanted.kind === kind && wanted.windowSizeMs === windowSizeMs
  if (isSame && wanted.retainsDuplicates === retainsDuplicates) return
  throw new StreamsError(
    'STORE_INCOMPATIBLE',
    `the directory holds this store as ${describeMark(known)}, the topology asks for ${describeMark(wanted)}`,
    { store: spec.name, path: directory },
    'Give the store a new name, or reset the topology.',
  )
}

function describeMark({ kind, windowSizeMs, retainsDuplicates }: StoreMark): string {
  const size = windowSizeMs === undefined ? '' : ` of ${windowSizeMs} ms`
  return `${kind}${size}${retainsDuplicates === true ? ' with duplicates' : ''}`
}

function readMarker(database: StoreDatabase, directory: string): Marker | undefined {
  const bytes = database.get(META_KEYSPACE, MARKER_KEY)
  if (bytes === undefined) return undefined
  const marker = parse(bytes)
  if (!isMarker(marker)) throw storeCorrupt('the marker of the stores cannot be read', directory)
  if (marker.format > FORMAT) {
    throw new StreamsError(
      'STORE_FORMAT_TOO_NEW',
      `the stores have format ${marker.format}, this version reads up to ${FORMAT}`,
      { path: directory },
      'Run the newer version, or delete the directory to restore it from changelogs.',
    )
  }
  return marker
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}

function isMarker(value: unknown): value is Marker {
  if (typeof value !== 'object' || value === null) return false
  return 'format' in value && typeof value.format === 'number' && 'stores' in value
}
