import type { StoreBatch } from '#streams'
import { uint64Bytes } from '../bytes.ts'

export interface ObservedTimeOptions {
  readonly retentionMs: number
  readonly segmentMs: number
  /** Largest time put before the last commit; undefined where nothing was ever put. */
  readonly observedMs: number | undefined
  /** Where the batch keeps it. */
  readonly keyspace: string
  readonly key: Uint8Array
}

export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
}

/** A segment is half of the retention, at least a minute, as in Kafka Streams. Fixed when a store is made. */
export function segmentMsFor(retentionMs: number): number {
  return Math.max(60_000, Math.floor(retentionMs / 2))
}

/**
 * A store's own stream time (of window starts, session ends or versions), and what is visible and alive by it. Part of the
 * transaction like the entries.
 */
export class ObservedTime {
  readonly #options: ObservedTimeOptions
  /** Another one whose last commit is the time of this one. */
  readonly #committedOf: ObservedTime | undefined
  #writtenMs: number
  #committedMs: number

  constructor(options: ObservedTimeOptions, committedOf?: ObservedTime) {
    this.#options = options
    this.#committedOf = committedOf
    this.#writtenMs = options.observedMs ?? -1
    this.#committedMs = this.#writtenMs
  }

  /** The time as the last commit left it, whatever was put since. */
  committedView(): ObservedTime {
    return new ObservedTime(this.#options, this)
  }

  get #observedMs(): number {
    return this.#committedOf === undefined ? this.#writtenMs : this.#committedOf.#committedMs
  }

  observe(timeMs: number): void {
    if (timeMs > this.#writtenMs) this.#writtenMs = timeMs
  }

  isVisible(timeMs: number): boolean {
    return timeMs > this.#observedMs - this.#options.retentionMs
  }

  /** The first time that is visible. */
  get oldestMs(): number {
    return this.#observedMs - this.#options.retentionMs + 1
  }

  /** The visible part of an inclusive range. */
  visible(fromMs: number, toMs: number): TimeRange | undefined {
    const range = {
      fromMs: Math.max(0, Math.ceil(fromMs), this.oldestMs),
      toMs: Math.min(Math.floor(toMs), this.#observedMs),
    }
    return range.fromMs <= range.toMs ? range : undefined
  }

  segmentOf(timeMs: number): number {
    return Math.floor(timeMs / this.#options.segmentMs)
  }

  segmentStartMs(segment: number): number {
    return segment * this.#options.segmentMs
  }

  segments(range: TimeRange): readonly number[] {
    const first = this.segmentOf(range.fromMs)
    const count = this.segmentOf(range.toMs) - first + 1
    return Array.from({ length: count }, (_, index) => first + index)
  }

  /** Nothing later was ever committed. */
  lastCommittedSegment(): number {
    return this.segmentOf((this.#committedOf ?? this).#committedMs)
  }

  /** By the last commit, for those who look at committed entries alone. */
  oldestCommittedMs(): number {
    return this.#committedMs - this.#options.retentionMs + 1
  }

  /** The first segment that may hold visible entries. */
  firstLiveSegment(): number {
    return this.segmentOf(Math.max(0, this.oldestMs))
  }

  writeTo(batch: StoreBatch): void {
    if (this.#observedMs < 0 || this.#observedMs === this.#committedMs) return
    batch.put(this.#options.keyspace, this.#options.key, uint64Bytes(this.#observedMs))
  }

  afterCommit(): void {
    this.#committedMs = this.#writtenMs
  }

  discarded(): void {
    this.#writtenMs = this.#committedMs
  }
}
