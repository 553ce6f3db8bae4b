import type { Serde } from '../../serde.ts'
import type { ReadOnlyKeyValueStore } from '../../store.ts'
import { type BufferStatus, heldEntries, readBufferStatus } from './suppress-buffer.ts'

export interface HeldResult<K> {
  readonly key: K
  /** End of its window, or when it entered the buffer, in ms. */
  readonly timeMs: number
  /** It leaves with the first record whose timestamp is at least this, in ms. */
  readonly leavesAtMs: number
  /** How far stream time is from that, in ms. */
  readonly missingMs: number
}

export interface HeldReport<K> extends BufferStatus {
  /** Since the last record, by the wall clock, in ms. */
  readonly silentMs: number
  /** Those that leave first. */
  readonly oldest: readonly HeldResult<K>[]
  /** In words, with what to do. */
  readonly explanation: string
}

/**
 * Says why results are still held by a suppression: how far stream time is from what each waits for, and whether the input is silent.
 * `store` is the suppression's, e.g. `KTABLE-SUPPRESS-STATE-STORE-0000000007` or `<as>-store`, of one partition: each has a stream time of its own.
 */
export function whyHeld<K>(
  store: ReadOnlyKeyValueStore<Uint8Array, Uint8Array>,
  options: {
    readonly keySerde: Serde<K>
    readonly nowMs: number
    /** How many of the oldest; default 10. */
    readonly limit?: number
  },
): HeldReport<K> {
  const { keySerde, nowMs, limit = 10 } = options
  const status = readBufferStatus(store)
  const silentMs = Math.max(0, nowMs - status.heardAtMs)
  const oldest: HeldResult<K>[] = []
  for (const { timeMs, key } of heldEntries(store)) {
    if (oldest.length >= limit) break
    const leavesAtMs = timeMs + status.holdMs
    const missingMs = leavesAtMs - status.streamTimeMs
    oldest.push({ key: keySerde.deserialize(store.name, key), timeMs, leavesAtMs, missingMs })
  }
  return { ...status, silentMs, oldest, explanation: explain(status, silentMs, oldest[0]) }
}

function explain(
  { records, streamTimeMs }: BufferStatus,
  silentMs: number,
  first: HeldResult<unknown> | undefined,
): string {
  if (first === undefined) return 'Nothing is held.'
  const { leavesAtMs, missingMs } = first
  return (
    `${records} held. The first leaves with a record at ${timeText(leavesAtMs)} or later; stream time is ${timeText(streamTimeMs)}, ` +
    `${missingMs} ms short, and the last record came ${silentMs} ms ago by the wall clock. Stream time moves with records of this ` +
    'partition alone: when its input is idle, send one (a heartbeat), or let the suppression close by the wall clock (idleAfterMs).'
  )
}

function timeText(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : `${ms} ms`
}
