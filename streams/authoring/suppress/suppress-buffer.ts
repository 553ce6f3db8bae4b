import { readLong, writeLong } from '../../long-bytes.ts'
import type { KeyValueStore } from '../../store.ts'

/** What the buffer says of itself, kept in its store with the rest. */
export interface BufferStatus {
  readonly records: number
  /** Keys and held updates. */
  readonly bytes: number
  /** Largest record timestamp seen, in ms; -1 before the first. */
  readonly streamTimeMs: number
  /** Wall clock of the task when the last record came, in ms. */
  readonly heardAtMs: number
  /** An update leaves when its time is this far behind stream time, in ms. */
  readonly holdMs: number
  /** Windows that ended by then were closed by the wall clock, while nothing came; -1: none. */
  readonly closedMs: number
}

export interface HeldEntry {
  /** When it entered the buffer, or the end of its window, in ms. */
  readonly timeMs: number
  readonly key: Uint8Array
  readonly held: Uint8Array
  /** Where it is in the store, when it is there. */
  readonly at?: Uint8Array
}

const STATUS_KEY = Uint8Array.of(0)
const BY_KEY = 1
const BY_TIME = 2
const TIME_BYTES = 8
const STATUS_BYTES = 48
const EMPTY: BufferStatus = {
  records: 0,
  bytes: 0,
  streamTimeMs: -1,
  heardAtMs: -1,
  holdMs: 0,
  closedMs: -1,
}

export type BufferStore = KeyValueStore<Uint8Array, Uint8Array>

/**
 * Updates in the order of their times, one a key, in an ordinary store: it spills to disk, has a changelog and is part of the transaction.
 * `[0]` holds the status, `[1, key]` the time of a key, `[2, time, key]` the update.
 */
export class SuppressBuffer {
  readonly #store: BufferStore
  #status: BufferStatus
  #minTimeMs: number

  constructor(store: BufferStore) {
    this.#store = store
    this.#status = readBufferStatus(store)
    this.#minTimeMs = this.#firstTime()
  }

  get status(): BufferStatus {
    return this.#status
  }

  /** Time of what leaves first; Infinity when nothing is held. */
  get minTimeMs(): number {
    return this.#minTimeMs
  }

  heldOf(key: Uint8Array): HeldEntry | undefined {
    const time = this.#store.get(keyed(key))
    if (time === undefined) return undefined
    const timeMs = timeAt(time, 0)
    const at = timed(timeMs, key)
    const held = this.#store.get(at)
    return held === undefined ? undefined : { timeMs, key, held, at }
  }

  /** A key that is held keeps its place: only its update is replaced. */
  put(entry: HeldEntry, before: HeldEntry | undefined): void {
    const { key, held } = entry
    const timeMs = before?.timeMs ?? entry.timeMs
    if (before === undefined) this.#store.put(keyed(key), timeBytes(timeMs))
    this.#store.put(before?.at ?? timed(timeMs, key), held)
    this.#status = {
      ...this.#status,
      records: this.#status.records + (before === undefined ? 1 : 0),
      bytes:
        this.#status.bytes +
        held.length -
        (before === undefined ? -key.length : before.held.length),
    }
    if (timeMs < this.#minTimeMs) this.#minTimeMs = timeMs
  }

  closed(throughMs: number): void {
    this.#status = { ...this.#status, closedMs: Math.max(this.#status.closedMs, throughMs) }
  }

  heard(at: Pick<BufferStatus, 'streamTimeMs' | 'heardAtMs' | 'holdMs'>): void {
    this.#status = { ...this.#status, ...at }
  }

  /** Takes out the oldest as long as `isDue`, handing each on before the next is looked at. */
  evictWhile(isDue: () => boolean, emit: (entry: HeldEntry) => void): void {
    if (this.#status.records === 0 || !isDue()) return
    const entries = this.#store.prefixScan(Uint8Array.of(BY_TIME))
    try {
      for (const [timedKey, held] of entries) {
        const entry = entryOf(timedKey, held)
        this.#minTimeMs = entry.timeMs
        if (!isDue()) return
        this.#remove(entry)
        emit(entry)
      }
      this.#minTimeMs = Number.POSITIVE_INFINITY
    } finally {
      entries.close()
    }
  }

  saveStatus(): void {
    const { records, bytes, streamTimeMs, heardAtMs, holdMs, closedMs } = this.#status
    const saved = Buffer.allocUnsafe(STATUS_BYTES)
    saved.writeDoubleBE(records, 0)
    saved.writeDoubleBE(bytes, 8)
    saved.writeDoubleBE(streamTimeMs, 16)
    saved.writeDoubleBE(heardAtMs, 24)
    saved.writeDoubleBE(holdMs, 32)
    saved.writeDoubleBE(closedMs, 40)
    this.#store.put(STATUS_KEY, saved)
  }

  #remove({ timeMs, key, held }: HeldEntry): void {
    this.#store.delete(keyed(key))
    this.#store.delete(timed(timeMs, key))
    const { records, bytes } = this.#status
    this.#status = {
      ...this.#status,
      records: records - 1,
      bytes: bytes - key.length - held.length,
    }
  }

  #firstTime(): number {
    for (const { timeMs } of heldEntries(this.#store)) return timeMs
    return Number.POSITIVE_INFINITY
  }
}

type ReadableStore = Pick<BufferStore, 'get' | 'prefixScan'>

export function readBufferStatus(store: Pick<BufferStore, 'get'>): BufferStatus {
  const saved = store.get(STATUS_KEY)
  if (saved === undefined) return EMPTY
  const view = Buffer.from(saved.buffer, saved.byteOffset, saved.length)
  return {
    records: view.readDoubleBE(0),
    bytes: view.readDoubleBE(8),
    streamTimeMs: view.readDoubleBE(16),
    heardAtMs: view.readDoubleBE(24),
    holdMs: view.readDoubleBE(32),
    closedMs: view.readDoubleBE(40),
  }
}

/** All that is held, oldest first. */
export function* heldEntries(store: ReadableStore): IterableIterator<HeldEntry> {
  const entries = store.prefixScan(Uint8Array.of(BY_TIME))
  try {
    for (const [timedKey, held] of entries) yield entryOf(timedKey, held)
  } finally {
    entries.close()
  }
}

function entryOf(timedKey: Uint8Array, held: Uint8Array): HeldEntry {
  return { timeMs: timeAt(timedKey, 1), key: timedKey.subarray(1 + TIME_BYTES), held }
}

function keyed(key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + key.length)
  bytes[0] = BY_KEY
  bytes.set(key, 1)
  return bytes
}

function timed(timeMs: number, key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + TIME_BYTES + key.length)
  bytes[0] = BY_TIME
  writeLong(bytes, 1, timeMs)
  bytes.set(key, 1 + TIME_BYTES)
  return bytes
}

function timeBytes(timeMs: number): Uint8Array {
  const bytes = new Uint8Array(TIME_BYTES)
  writeLong(bytes, 0, timeMs)
  return bytes
}

function timeAt(bytes: Uint8Array, at: number): number {
  return readLong(bytes, at)
}
