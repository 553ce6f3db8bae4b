import type { Header } from '../../log/log.ts'
import type { ObservedTime, StreamRecord } from '../../processor.ts'
import type { KeyValueStore } from '../../store.ts'
import { type BufferedEntry, type BufferedKey, SEQUENCE } from './join-buffer-serdes.ts'

export type JoinBufferStore<K, V> = KeyValueStore<BufferedKey<K>, BufferedEntry<V>>

const SEQUENCE_MAX = 0x7fff_ffff

/**
 * Records of a stream that wait for the rows of a versioned table, by time, then key, then arrival. All of it is in the store and in the
 * observed time, so that a restart finds what was waiting.
 */
export class JoinBuffer<K, V> {
  readonly #store: JoinBufferStore<K, V>
  readonly #time: ObservedTime
  readonly #graceMs: number
  /** Nothing earlier waits: a range from here does not walk over what was deleted. */
  #earliestMs = 0

  constructor(store: JoinBufferStore<K, V>, time: ObservedTime, graceMs: number) {
    this.#store = store
    this.#time = time
    this.#graceMs = graceMs
  }

  /** False for a record that is too late to wait. */
  put(record: StreamRecord<K, V>): boolean {
    const { key, value, timestampMs, headers } = record
    if (this.#time.ms - this.#graceMs > timestampMs) return false
    const sequence = this.#nextSequence()
    this.#store.put({ timestampMs, key, sequence }, { kind: 'record', value, headers })
    this.#time.advance(timestampMs)
    if (timestampMs < this.#earliestMs) this.#earliestMs = timestampMs
    return true
  }

  /** Takes out every record whose time is up. */
  evict(emit: (key: K, value: V, timestampMs: number, headers: readonly Header[]) => void): void {
    const dueMs = this.#time.ms - this.#graceMs
    if (this.#earliestMs > dueMs) return
    const due = this.#store.range(
      { timestampMs: this.#earliestMs, key: undefined, sequence: 0 },
      { timestampMs: dueMs + 1, key: undefined, sequence: 0 },
    )
    this.#earliestMs = dueMs + 1
    // The iterator stands on the store as it was when it was made.
    for (const [at, entry] of due) {
      const { timestampMs, key } = at
      if (entry.kind === 'sequence' || key === undefined || timestampMs > dueMs) continue
      this.#store.delete(at)
      emit(key, entry.value, timestampMs, entry.headers)
    }
  }

  #nextSequence(): number {
    const kept = this.#store.get(SEQUENCE)
    const next = kept?.kind === 'sequence' ? (kept.next + 1) & SEQUENCE_MAX : 0
    this.#store.put(SEQUENCE, { kind: 'sequence', next })
    return next
  }
}
