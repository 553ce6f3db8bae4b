import { StreamsError } from '../../errors.ts'
import type { Named } from '../options.ts'

/** What a suppression buffer may hold, and what happens when it is full. */
export interface BufferConfig {
  readonly recordsMax: number
  /** Keys and values as they are stored. */
  readonly bytesMax: number
  readonly whenFull: 'emit-early' | 'shut-down'
}

/** A buffer that never lets go of results early: final results ask for one. */
export interface StrictBufferConfig extends BufferConfig {
  readonly whenFull: 'shut-down'
}

export interface BoundedBufferConfig extends BufferConfig {
  readonly whenFull: 'emit-early'
  withMaxRecords(recordsMax: number): BoundedBufferConfig
  withMaxBytes(bytesMax: number): BoundedBufferConfig
  /** When full, processing stops with STREAMS_SUPPRESS_BUFFER_FULL. */
  shutDownWhenFull(): StrictBufferConfig
  /** Spills to disk as any store; nothing leaves before its time. */
  withNoBound(): StrictBufferConfig
}

const UNBOUNDED: StrictBufferConfig = {
  recordsMax: Number.POSITIVE_INFINITY,
  bytesMax: Number.POSITIVE_INFINITY,
  whenFull: 'shut-down',
}

/** Bounds of a suppression buffer. Full, it emits the oldest early, unless told to shut down. */
export const BufferConfig = {
  unbounded: (): StrictBufferConfig => UNBOUNDED,
  /** @throws {StreamsError} TOPOLOGY_INVALID_BUFFER */
  maxRecords: (recordsMax: number): BoundedBufferConfig =>
    bounded(recordsMax, Number.POSITIVE_INFINITY),
  /** @throws {StreamsError} TOPOLOGY_INVALID_BUFFER */
  maxBytes: (bytesMax: number): BoundedBufferConfig => bounded(Number.POSITIVE_INFINITY, bytesMax),
} as const

function bounded(recordsMax: number, bytesMax: number): BoundedBufferConfig {
  for (const bound of [recordsMax, bytesMax]) {
    if (bound >= 0 && (Number.isSafeInteger(bound) || bound === Number.POSITIVE_INFINITY)) continue
    throw new StreamsError(
      'TOPOLOGY_INVALID_BUFFER',
      `a suppression buffer of ${bound}`,
      {},
      'Give a whole number of records or bytes, at least 0.',
    )
  }
  return {
    recordsMax,
    bytesMax,
    whenFull: 'emit-early',
    withMaxRecords: (most) => bounded(most, bytesMax),
    withMaxBytes: (most) => bounded(recordsMax, most),
    shutDownWhenFull: () => ({ recordsMax, bytesMax, whenFull: 'shut-down' }),
    withNoBound: () => UNBOUNDED,
  }
}

export interface SuppressOptions extends Named {
  /** Default true: the buffer has a changelog. */
  readonly logged?: boolean
  /**
   * Windows close by stream time, which stands still while nothing comes: the last windows of an input that falls silent stay held. With
   * this, once nothing came for so long by the wall clock, in ms, time is taken to go on at the wall clock's pace from the last record,
   * and what that closes is emitted. A final result stays final: what comes later for such a window is dropped as `late`. Under a time limit
   * it is held again.
   */
  readonly idleAfterMs?: number
}

/** When a table's updates are let through. */
export interface Suppressed<K> extends SuppressOptions {
  readonly until: 'window-closes' | 'time-limit'
  /** Of a time limit: how long after the update that entered the buffer. */
  readonly timeLimitMs: number
  readonly buffer: BufferConfig
  /** Type of keys only: window closes need windowed keys. */
  readonly '~key'?: (key: K) => void
}

export const Suppressed = {
  /** Only the final result of each window, once it is closed. */
  untilWindowCloses(
    buffer: StrictBufferConfig,
    options: SuppressOptions = {},
  ): Suppressed<{ readonly endMs: number }> {
    return { ...checked(options), until: 'window-closes', timeLimitMs: 0, buffer }
  },
  /** At most one update of a key per `timeLimitMs` of stream time: later ones replace the one that waits. */
  untilTimeLimit(
    timeLimitMs: number,
    buffer: BufferConfig,
    options: SuppressOptions = {},
  ): Suppressed<unknown> {
    if (!(Number.isSafeInteger(timeLimitMs) && timeLimitMs >= 0)) {
      throw new StreamsError(
        'TOPOLOGY_INVALID_WINDOW',
        `a time limit of ${timeLimitMs} ms`,
        {},
        'Give whole milliseconds, at least 0.',
      )
    }
    return { ...checked(options), until: 'time-limit', timeLimitMs, buffer }
  },
} as const

function checked(options: SuppressOptions): SuppressOptions {
  const { idleAfterMs } = options
  if (idleAfterMs === undefined || (Number.isSafeInteger(idleAfterMs) && idleAfterMs >= 1))
    return options
  throw new StreamsError(
    'TOPOLOGY_INVALID_WINDOW',
    `an idle time of ${idleAfterMs} ms`,
    {},
    'Give whole milliseconds, at least 1.',
  )
}
