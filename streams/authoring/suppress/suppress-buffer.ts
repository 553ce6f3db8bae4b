import { readLong, writeLong } from '../../long-bytes.ts'
import type { KeyValueStore } from '../../store.ts'
import { decodeHeld, encodeHeld, type HeldUpdate, heldLength } from './held-update.ts'

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

/** What is held of a key, as it lies in the store. */
export interface HeldEntry {
  /** When it entered the buffer, or the end of its window, in ms. */
  readonly timeMs: number
  readonly key: Uint8Array
  readonly held: Uint8Array
}

/** What is held of a key, as it is worked on. */
export interface HeldKey {
  readonly timeMs: number
  readonly update: HeldUpdate
}

const STATUS_KEY = Uint8Array.of(0)
const BY_KEY = 1
const BY_TIME = 2
const TIME_BYTES = 8
const STATUS_BYTES = 48
/** Map slot, entry and update of one that waits, roughly. */
const WAITING_ENTRY_BYTES = 300
/** What waits is written to the store early when it takes so much memory. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024
const EMPTY: BufferStatus = {
  records: 0,
  bytes: 0,
  streamTimeMs: -1,
  heardAtMs: -1,
  holdMs: 0,
  closedMs: -1,
}

export type BufferStore = KeyValueStore<Uint8Array, Uint8Array>

/** An update that the store does not have yet. */
interface Waiting extends HeldKey {
  readonly key: Uint8Array
  /** The store knows the key, with an older update. */
  readonly isStored: boolean
  update: HeldUpdate
  /** As it will be stored. */
  bytes: number
}

type Changing<T> = { -readonly [Name in keyof T]: T[Name] }

/** Where a processor has a buffer open over a store, others read what waits in it. */
const OPEN = new WeakMap<BufferStore, SuppressBuffer>()

/**
 * Updates in the order of their times, one a key, in an ordinary store: it spills to disk, has a changelog and is part of the transaction.
 * `[0]` holds the status, `[1, key]` the time of a key, `[2, time, key]` the update. An update waits in memory until `flush`, before the
 * commit, until something leaves, or until too much waits: of a key that changes often one update is written. When that happens decides about
 * nothing else.
 */
export class SuppressBuffer {
  readonly #store: BufferStore
  readonly #status: Changing<BufferStatus>
  #minTimeMs: number
  /** By key, in the order of their first updates. */
  readonly #waiting = new Map<string, Waiting>()
  #waitingBytes = 0
  /** The store's status is not this one. */
  #isChanged = false

  /** For the processor that holds updates back. */
  static open(store: BufferStore): SuppressBuffer {
    const buffer = new SuppressBuffer(store)
    OPEN.set(store, buffer)
    return buffer
  }

  private constructor(store: BufferStore) {
    this.#store = store
    this.#status = { ...readBufferStatus(store) }
    this.#minTimeMs = this.#firstTime()
  }

  get status(): BufferStatus {
    return this.#status
  }

  /** Time of what leaves first; Infinity when nothing is held. */
  get minTimeMs(): number {
    return this.#minTimeMs
  }

  heldOf(key: Uint8Array): HeldKey | undefined {
    return this.#waiting.get(idOf(key)) ?? storedOf(this.#store, key)
  }

  /** A key that is held keeps its place: only its update is replaced. `updateOf` makes it, of what was held before. */
  put(
    key: Uint8Array,
    timeMs: number,
    updateOf: (before: HeldUpdate | undefined) => HeldUpdate,
  ): void {
    const id = idOf(key)
    const waiting = this.#waiting.get(id)
    if (waiting !== undefined) {
      const update = updateOf(waiting.update)
      const bytes = heldLength(update)
      this.#grow(bytes - waiting.bytes, bytes - waiting.bytes)
      waiting.update = update
      waiting.bytes = bytes
      return
    }
    const stored = storedOf(this.#store, key)
    const update = updateOf(stored?.update)
    const bytes = heldLength(update)
    const entry = {
      key,
      timeMs: stored?.timeMs ?? timeMs,
      isStored: stored !== undefined,
      update,
      bytes,
    }
    this.#waiting.set(id, entry)
    if (stored === undefined) this.#status.records++
    this.#grow(
      bytes + (stored === undefined ? key.length : -stored.bytes),
      bytes + 2 * key.length + WAITING_ENTRY_BYTES,
    )
    if (entry.timeMs < this.#minTimeMs) this.#minTimeMs = entry.timeMs
  }

  closed(throughMs: number): void {
    this.#change()
    this.#status.closedMs = Math.max(this.#status.closedMs, throughMs)
  }

  heard({ streamTimeMs, heardAtMs, holdMs }: Heard): void {
    this.#change()
    this.#status.streamTimeMs = streamTimeMs
    this.#status.heardAtMs = heardAtMs
    this.#status.holdMs = holdMs
  }

  /** Takes out the oldest as long as `isDue`, handing each on before the next is looked at. */
  evictWhile(isDue: () => boolean, emit: (entry: HeldEntry) => void): void {
    if (this.#status.records === 0 || !isDue()) return
    this.#writeWaiting()
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

  /** From here on the store has all of it. */
  flush(): void {
    if (!this.#isChanged) return
    this.#writeWaiting()
    this.#saveStatus()
    this.#isChanged = false
  }

  /** A first change is written at once: a task that changed nothing in its stores need not commit. */
  #change(): void {
    if (this.#isChanged) return
    this.#isChanged = true
    this.#saveStatus()
  }

  #grow(heldBytes: number, waitingBytes: number): void {
    this.#status.bytes += heldBytes
    this.#waitingBytes += waitingBytes
    if (this.#waitingBytes > WAITING_BYTES_MAX) this.#writeWaiting()
  }

  #writeWaiting(): void {
    for (const { key, timeMs, isStored, update } of this.#waiting.values()) {
      if (!isStored) this.#store.put(keyed(key), timeBytes(timeMs))
      this.#store.put(timed(timeMs, key), encodeHeld(update))
    }
    this.#waiting.clear()
    this.#waitingBytes = 0
  }

  #saveStatus(): void {
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
    this.#status.records--
    this.#status.bytes -= key.length + held.length
  }

  #firstTime(): number {
    for (const { timeMs } of heldEntries(this.#store)) return timeMs
    return Number.POSITIVE_INFINITY
  }
}

type Heard = Pick<BufferStatus, 'streamTimeMs' | 'heardAtMs' | 'holdMs'>

/** What is held of a key, for nodes beside the one that holds it. */
export function heldIn(store: BufferStore, key: Uint8Array): HeldUpdate | undefined {
  return (OPEN.get(store)?.heldOf(key) ?? storedOf(store, key))?.update
}

function storedOf(store: BufferStore, key: Uint8Array) {
  const time = store.get(keyed(key))
  if (time === undefined) return undefined
  const timeMs = timeAt(time, 0)
  const held = store.get(timed(timeMs, key))
  return held && { timeMs, update: decodeHeld(held), bytes: held.length }
}

/** Bytes as a key of a map. */
function idOf(bytes: Uint8Array): string {
  return Buffer.prototype.latin1Slice.call(bytes, 0, bytes.length)
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
