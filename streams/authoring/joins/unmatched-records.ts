import type { KeyValueStore } from '../../store.ts'
import type { JoinWindows } from '../windows/windows.ts'
import {
  type JoinSideName,
  TIMES,
  type UnmatchedEntry,
  type UnmatchedKey,
  type UnmatchedTimes,
} from './unmatched-serdes.ts'

export type UnmatchedStore<K, L, R> = KeyValueStore<UnmatchedKey<K>, UnmatchedEntry<L, R>>

/** What is told of a record whose window closed before a partner came. */
export interface UnmatchedSink<K, L, R> {
  left(key: K, value: L, timestampMs: number): void
  right(key: K, value: R, timestampMs: number): void
}

/** Nothing waits. */
const NEVER: UnmatchedTimes = {
  lookMs: Number.POSITIVE_INFINITY,
  firstMs: Number.POSITIVE_INFINITY,
}

/**
 * Records of a left or outer join that no partner has come for, in the order in which they will be emitted. Both sides share the store.
 *
 * When the store is looked through decides the order of results, and Kafka Streams decides it by the time at which its last look ended: sometimes
 * later than the earliest record. It is kept in the store, so that a restart does not change what comes out.
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
    this.#added(timestampMs)
  }

  addRight(key: K, value: R, timestampMs: number): void {
    const at: UnmatchedKey<K> = { timestampMs, side: 'right', key }
    const before = this.#store.get(at)
    const waiting = before?.side === 'right' ? before.values : []
    this.#store.put(at, { side: 'right', values: [...waiting, value] })
    this.#added(timestampMs)
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
    const times = this.#times()
    if (times.lookMs + laterMs + this.#windows.graceMs >= streamTimeMs) return
    this.#putTimes(this.#look(times.firstMs, streamTimeMs, sink))
  }

  #look(fromMs: number, streamTimeMs: number, sink: UnmatchedSink<K, L, R>): UnmatchedTimes {
    const { beforeMs, afterMs, graceMs } = this.#windows
    const closedMs = streamTimeMs - graceMs
    let { lookMs, firstMs } = NEVER
    let leftIsOpen = false
    let rightIsOpen = false
    for (const [at, entry] of this.#entries(fromMs, streamTimeMs)) {
      const { timestampMs, key } = at
      if (entry.side === 'neither' || key === undefined) continue
      lookMs = timestampMs
      if (leftIsOpen && rightIsOpen) break
      const isOpen = timestampMs + (entry.side === 'left' ? afterMs : beforeMs) >= closedMs
      if (isOpen) {
        firstMs = Math.min(firstMs, timestampMs)
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
    return { lookMs, firstMs }
  }

  /**
   * By slices of time: first what may be closed, then twice as much each time, for a look seldom goes to the end, and a range costs what is in
   * it. Each iterator stands on the store as it was when it was made. No record is later than stream time.
   */
  *#entries(fromMs: number, streamTimeMs: number) {
    const { beforeMs, afterMs, graceMs } = this.#windows
    let sliceMs = 1
    let startMs = fromMs
    let endMs = Math.max(startMs, streamTimeMs - graceMs - Math.min(beforeMs, afterMs))
    while (startMs <= streamTimeMs) {
      const entries = this.#store.range(
        { timestampMs: startMs, side: 'right', key: undefined },
        { timestampMs: endMs + 1, side: 'right', key: undefined },
      )
      for (const entry of entries) if (entry[0].timestampMs <= endMs) yield entry
      startMs = endMs + 1
      sliceMs *= 2
      endMs += sliceMs
    }
  }

  #added(timestampMs: number): void {
    const { lookMs, firstMs } = this.#times()
    if (timestampMs >= lookMs && timestampMs >= firstMs) return
    this.#putTimes({
      lookMs: Math.min(lookMs, timestampMs),
      firstMs: Math.min(firstMs, timestampMs),
    })
  }

  #times(): UnmatchedTimes {
    const kept = this.#store.get(TIMES)
    return kept?.side === 'neither' ? kept : NEVER
  }

  #putTimes({ lookMs, firstMs }: UnmatchedTimes): void {
    this.#store.put(TIMES, { side: 'neither', lookMs, firstMs })
  }
}
