import type { RateCount } from '#avro'
import type { KeyValueStore } from '#streams'

/**
 * Exact counts over the last so many ms: what happened at `t` counts while the time is before `t + windowMs`. Entries lie by time, so that
 * those that left a window are taken out at each look. Callers add only what a limit allowed: with it, the store is bounded.
 */
export class SlidingWindows {
  readonly #store: KeyValueStore<string, RateCount>
  readonly #nowMs: number
  /** Windows that were looked at, now: nothing more leaves them. */
  readonly #looked = new Set<number>()

  /** As of a moment; made anew for each record, since what a record did may be rolled back. */
  constructor(store: KeyValueStore<string, RateCount>, nowMs: number) {
    this.#store = store
    this.#nowMs = nowMs
  }

  count(windowMs: number, subject: string): number {
    if (!this.#looked.has(windowMs)) this.#expire(windowMs)
    return this.#store.get(totalKey(windowMs, subject))?.count ?? 0
  }

  add(windowMs: number, subject: string): void {
    this.#change(entryKey(windowMs, this.#nowMs, subject), 1)
    this.#change(totalKey(windowMs, subject), 1)
  }

  #expire(windowMs: number): void {
    this.#looked.add(windowMs)
    const first = `e|${padded(windowMs)}|`
    const last = entryKey(windowMs, this.#nowMs - windowMs, LAST)
    const gone = [...this.#store.range(first, last)]
    for (const [key, { count }] of gone) {
      this.#store.delete(key)
      this.#change(totalKey(windowMs, key.slice(first.length + TIME_DIGITS + 1)), -count)
    }
  }

  #change(key: string, by: number): void {
    const count = (this.#store.get(key)?.count ?? 0) + by
    if (count > 0) this.#store.put(key, { count })
    else this.#store.delete(key)
  }
}

/** Sorts after every subject. */
const LAST = '\u{10ffff}'
const TIME_DIGITS = 16

function entryKey(windowMs: number, timeMs: number, subject: string): string {
  return `e|${padded(windowMs)}|${padded(Math.max(0, timeMs))}|${subject}`
}

function totalKey(windowMs: number, subject: string): string {
  return `t|${padded(windowMs)}|${subject}`
}

function padded(value: number): string {
  return String(value).padStart(TIME_DIGITS, '0')
}
