import type { StoreEntry } from '#streams'
import { compareBytes } from '../bytes.ts'
import type { OverlayEntry } from './store-value.ts'

/** Entries in key order, one at a time. */
export interface EntrySource {
  next(): StoreEntry | undefined
  close(): void
}

/** Several sources with no key in common as one, in key order. */
export function mergeSources(sources: readonly EntrySource[], reverse: boolean): EntrySource {
  const [only, ...others] = sources
  if (only !== undefined && others.length === 0) return only
  const heads = sources.map((source) => source.next())
  return {
    next() {
      let best = -1
      for (let at = 0; at < heads.length; at += 1) {
        const head = heads[at]
        const leader = heads[best]
        if (head === undefined) continue
        if (leader === undefined || isBefore(head.key, leader.key, reverse)) best = at
      }
      const found = heads[best]
      if (found !== undefined) heads[best] = sources[best]?.next()
      return found
    },
    close() {
      heads.length = 0
      for (const source of sources) source.close()
    },
  }
}

/** An entry as a reader sees it: `entry` is the overlay's where it comes from there, with its decoded value. */
export interface MergedEntry {
  readonly key: Uint8Array
  readonly encoded: Uint8Array
  readonly entry: OverlayEntry | undefined
}

/** Engine and overlay as one: the overlay's write of a key wins, its deletes hide the engine's entry. */
export class OverlaidEntries {
  readonly #engine: EntrySource
  readonly #overlay: readonly OverlayEntry[]
  readonly #reverse: boolean
  #at: number
  #head: StoreEntry | undefined
  #headTaken = true

  /** `overlay` ascends, whatever the direction. */
  constructor(engine: EntrySource, overlay: readonly OverlayEntry[], reverse: boolean) {
    this.#engine = engine
    this.#overlay = overlay
    this.#reverse = reverse
    this.#at = reverse ? overlay.length - 1 : 0
  }

  next(): MergedEntry | undefined {
    for (;;) {
      if (this.#headTaken) {
        this.#head = this.#engine.next()
        this.#headTaken = false
      }
      const stored = this.#head
      const written = this.#overlay[this.#at]
      if (written === undefined) {
        if (stored === undefined) return undefined
        this.#headTaken = true
        return { key: stored.key, encoded: stored.value, entry: undefined }
      }
      if (stored !== undefined && isBefore(stored.key, written.key, this.#reverse)) {
        this.#headTaken = true
        return { key: stored.key, encoded: stored.value, entry: undefined }
      }
      if (stored !== undefined && compareBytes(stored.key, written.key) === 0)
        this.#headTaken = true
      this.#at += this.#reverse ? -1 : 1
      if (written.encoded !== null) {
        return { key: written.key, encoded: written.encoded, entry: written }
      }
    }
  }

  close(): void {
    this.#engine.close()
  }
}

export function noEntries(): OverlaidEntries {
  return new OverlaidEntries({ next: () => undefined, close: () => {} }, [], false)
}

function isBefore(left: Uint8Array, right: Uint8Array, reverse: boolean): boolean {
  const order = compareBytes(left, right)
  return reverse ? order > 0 : order < 0
}
