import type { StoreBatch } from '#streams'
import { keyAfter, uint64Bytes } from '../bytes.ts'
import type { StoreBytes } from '../transactional/transactional-bytes.ts'
import type { ObservedTime } from './observed-time.ts'
import { segmentStart, withoutSegment } from './segment-key.ts'
import { fromIndexKey, type TimedKeyLayout } from './timed-key.ts'

export interface SegmentExpiryOptions {
  readonly layout: TimedKeyLayout
  /** Whether the store has a changelog. */
  readonly logged: boolean
  /** In one round, beside as many as the transaction changed. */
  readonly entriesPerCommit: number
}

/** What one commit takes away. */
interface Round {
  /** Of the changelog. */
  readonly keys: readonly Uint8Array[]
  /** Where the next one goes on. */
  readonly nextFrom: Uint8Array | undefined
  readonly emptyBefore: number
}

/**
 * Takes expired segments out of the engine and the changelog, oldest first. An entry of a logged store leaves the engine with the
 * commit whose transaction has its tombstone, never before: so the engine holds what the compacted changelog holds, and whatever
 * a kill interrupts is found again. A commit takes a bounded round; as it may take more than the transaction wrote, rounds catch up.
 * Without a changelog the segments go at once, as a range.
 */
export class SegmentExpiry {
  readonly #bytes: StoreBytes
  readonly #time: ObservedTime
  readonly #options: SegmentExpiryOptions
  /** Segments before it are known to be empty in the engine. */
  #emptyBefore = 0
  /** Of the engine or its index: nothing is before it. Spares a walk over what was deleted and not yet compacted away. */
  #from: Uint8Array | undefined
  #round: Round | undefined

  constructor(bytes: StoreBytes, time: ObservedTime, options: SegmentExpiryOptions) {
    this.#bytes = bytes
    this.#time = time
    this.#options = options
  }

  /** Chooses what leaves with the transaction, by what is committed and the time as it is now. @returns keys that get a tombstone */
  takeRound(changes: number): readonly Uint8Array[] {
    const firstLive = this.#time.firstLiveSegment()
    this.#round = undefined
    if (!this.#options.logged || firstLive <= this.#emptyBefore) return []
    const limit = this.#options.entriesPerCommit + changes
    const found = this.#oldest(firstLive, limit)
    const isLast = found.length < limit
    this.#round = {
      keys: found.map((key) => this.#changelogKey(key)),
      nextFrom: lastOf(found, this.#from),
      emptyBefore: isLast ? firstLive : this.#emptyBefore,
    }
    return this.#round.keys
  }

  writeCommit(batch: StoreBatch): void {
    if (!this.#options.logged) this.#deleteSegments(batch)
    else for (const key of this.#round?.keys ?? []) this.#bytes.writeTo(batch, key, null)
  }

  afterCommit(): void {
    if (this.#round === undefined) return
    this.#emptyBefore = this.#round.emptyBefore
    this.#from = this.#round.nextFrom
    this.#round = undefined
  }

  discarded(): void {
    this.#round = undefined
  }

  /** The changelog may have brought expired entries whose tombstones are still to come. */
  restored(): void {
    this.#round = undefined
    this.#emptyBefore = 0
    this.#from = undefined
  }

  /** An index holds no values, so it is the cheaper one to read. */
  #oldest(firstLive: number, limit: number): readonly Uint8Array[] {
    const { database, keyspace, index } = this.#bytes
    const to = index === undefined ? segmentStart(firstLive) : this.#timeOfSegment(firstLive)
    const range = { ...(this.#from && { from: this.#from }), to, limit }
    return Array.from(database.scan(index?.keyspace ?? keyspace, range), ({ key }) => key)
  }

  #changelogKey(found: Uint8Array): Uint8Array {
    const isIndexed = this.#bytes.index !== undefined
    return isIndexed ? fromIndexKey(this.#options.layout, found) : withoutSegment(found)
  }

  #deleteSegments(batch: StoreBatch): void {
    const firstLive = this.#time.firstLiveSegment()
    if (firstLive <= this.#emptyBefore) return
    const { keyspace, index } = this.#bytes
    batch.deleteRange(keyspace, segmentStart(0), segmentStart(firstLive))
    if (index !== undefined) {
      batch.deleteRange(index.keyspace, uint64Bytes(0), this.#timeOfSegment(firstLive))
    }
    this.#round = { keys: [], nextFrom: undefined, emptyBefore: firstLive }
  }

  #timeOfSegment(segment: number): Uint8Array {
    return uint64Bytes(this.#time.segmentStartMs(segment))
  }
}

function lastOf(
  found: readonly Uint8Array[],
  before: Uint8Array | undefined,
): Uint8Array | undefined {
  const last = found.at(-1)
  return last === undefined ? before : keyAfter(last)
}
