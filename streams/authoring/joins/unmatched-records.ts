import type { KeyValueStore } from '../../store.ts'
import type { JoinWindows } from '../windows/windows.ts'
import {
  EARLIEST,
  type JoinSideName,
  type UnmatchedEntry,
  type UnmatchedKey,
} from './unmatched-serdes.ts'

export type UnmatchedStore<K, L, R> = KeyValueStore<UnmatchedKey<K>, UnmatchedEntry<L, R>>

/** What is told of a record whose window closed before a partner came. */
export interface UnmatchedSink<K, L, R> {
  left(key: K, value: L, timestampMs: number): void
  right(key: K, value: R, timestampMs: number): void
}

/**
 * Records of a left or outer join that no partner has come for, in the order in which they will be emitted. Both sides share the store.
 *
 * When the store is looked through decides the order of results, and Kafka Streams decides it by a time of the last look (`EARLIEST`) that is
 * sometimes later than the earliest record. It is kept in the store, so that a restart does not change what comes out.
 */
export class UnmatchedRecords<K, L, R> {
  readonly #store: UnmatchedStore<K, L, R>
  readonly #windows: JoinWindows

  constructor(store: UnmatchedStore<K, L, R>, windows: JoinWindows) {
    this.#store = store
    this.#windows = windows
  }

  addLeft(key: K, value: L, timestampMs: number): void {
    const at: UnmatchedKey<K> = { timestampMs, side: 'left', key }
    const before = this.#store.get(at)
    const waiting = before?.side === 'left' ? before.values : []
    this.#store.put(at, { side: 'left', values: [...waiting, value] })
    this.#lowerEarliest(timestampMs)
  }

  addRight(key: K, value: R, timestampMs: number): void {
    const at: UnmatchedKey<K> = { timestampMs, side: 'right', key }
    const before = this.#store.get(at)
    const waiting = before?.side === 'right' ? before.values : []
    this.#store.put(at, { side: 'right', values: [...waiting, value] })
    this.#lowerEarliest(timestampMs)
  }

  /** A partner came. */
  remove(side: JoinSideName, key: K, timestampMs: number): void {
    const at: UnmatchedKey<K> = { timestampMs, side, key }
    if (this.#store.get(at) !== undefined) this.#store.delete(at)
  }

  /**
   * Emits and forgets those whose window is closed.
   * @param laterMs how much later than its own time the side of the current record finds partners
   */
  emitClosed(streamTimeMs: number, laterMs: number, sink: UnmatchedSink<K, L, R>): void {
    const { graceMs } = this.#windows
    const earliestMs = this.#earliestMs()
    if (earliestMs + laterMs + graceMs >= streamTimeMs) return
    const lastSeenMs = this.#emitUpTo(streamTimeMs - graceMs, sink)
    if (lastSeenMs !== earliestMs) this.#putEarliest(lastSeenMs)
  }

  /** Time of the last entry that was looked at; Infinity when there was none. */
  #emitUpTo(closedMs: number, sink: UnmatchedSink<K, L, R>): number {
    const { beforeMs, afterMs } = this.#windows
    let lastSeenMs = Number.POSITIVE_INFINITY
    let leftIsOpen = false
    let rightIsOpen = false
    // The iterator stands on the store as it was when it was made.
    for (const [at, entry] of this.#store.all()) {
      const { timestampMs, key } = at
      if (entry.side === 'neither' || key === undefined) continue
      lastSeenMs = timestampMs
      if (leftIsOpen && rightIsOpen) break
      const isOpen = timestampMs + (entry.side === 'left' ? afterMs : beforeMs) >= closedMs
      if (isOpen) {
        leftIsOpen ||= entry.side === 'left'
        rightIsOpen ||= entry.side === 'right'
        // Kafka Streams looks at each value in turn, and stops at the second.
        if (leftIsOpen && rightIsOpen && entry.values.length > 1) break
        continue
      }
      if (entry.side === 'left') {
        for (const value of entry.values) sink.left(key, value, timestampMs)
      } else {
        for (const value of entry.values) sink.right(key, value, timestampMs)
      }
      this.#store.delete(at)
    }
    return lastSeenMs
  }

  #lowerEarliest(timestampMs: number): void {
    if (timestampMs < this.#earliestMs()) this.#putEarliest(timestampMs)
  }

  #earliestMs(): number {
    const kept = this.#store.get(EARLIEST)
    return kept?.side === 'neither' ? kept.earliestMs : Number.POSITIVE_INFINITY
  }

  #putEarliest(earliestMs: number): void {
    this.#store.put(EARLIEST, { side: 'neither', earliestMs })
  }
}
