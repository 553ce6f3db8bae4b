import { StreamsError } from '../../errors.ts'

/** `[startMs, endMs)`: end exclusive for tumbling and hopping windows; `[startMs, endMs]` for sliding windows and sessions. */
export interface Window {
  readonly startMs: number
  readonly endMs: number
}

/** Fixed windows; `advanceMs` below `sizeMs` makes them overlap (hopping). */
export interface TimeWindows {
  readonly kind: 'time'
  readonly sizeMs: number
  readonly advanceMs: number
  readonly graceMs: number
}

/** For each record, the windows that end with it and that begin just after it, as long as the time difference is not larger. */
export interface SlidingWindows {
  readonly kind: 'sliding'
  readonly timeDifferenceMs: number
  readonly graceMs: number
}

/** One window a key, from `startMs` on, that never ends: its end is `Number.MAX_SAFE_INTEGER`. Records before it are left out. */
export interface UnlimitedWindows {
  readonly kind: 'unlimited'
  readonly startMs: number
}

/** Records that are at most the gap apart. */
export interface SessionWindows {
  readonly kind: 'session'
  readonly gapMs: number
  readonly graceMs: number
}

/** A right record joins when left - beforeMs <= right <= left + afterMs. */
export interface JoinWindows {
  readonly kind: 'join'
  readonly beforeMs: number
  readonly afterMs: number
  readonly graceMs: number
}

/** @throws {StreamsError} TOPOLOGY_INVALID_WINDOW */
export const TimeWindows = {
  ofSizeWithNoGrace: (sizeMs: number): TumblingWindows => timeWindows(sizeMs, sizeMs, 0),
  ofSizeAndGrace: (sizeMs: number, graceMs: number): TumblingWindows =>
    timeWindows(sizeMs, sizeMs, graceMs),
} as const

/** Windows that may still be told to advance by less than their size. */
export interface TumblingWindows extends TimeWindows {
  /** @throws {StreamsError} TOPOLOGY_INVALID_WINDOW */
  advanceBy(advanceMs: number): TimeWindows
}

/** @throws {StreamsError} TOPOLOGY_INVALID_WINDOW */
export const SlidingWindows = {
  ofTimeDifferenceWithNoGrace: (timeDifferenceMs: number): SlidingWindows =>
    slidingWindows(timeDifferenceMs, 0),
  ofTimeDifferenceAndGrace: (timeDifferenceMs: number, graceMs: number): SlidingWindows =>
    slidingWindows(timeDifferenceMs, graceMs),
} as const

/** @throws {StreamsError} TOPOLOGY_INVALID_WINDOW */
export const UnlimitedWindows = {
  of: (): AdjustableUnlimitedWindows => unlimitedWindows(0),
} as const

export interface AdjustableUnlimitedWindows extends UnlimitedWindows {
  /** @throws {StreamsError} TOPOLOGY_INVALID_WINDOW */
  startOn(startMs: number): UnlimitedWindows
}

/** @throws {StreamsError} TOPOLOGY_INVALID_WINDOW */
export const SessionWindows = {
  ofInactivityGapWithNoGrace: (gapMs: number): SessionWindows => sessionWindows(gapMs, 0),
  ofInactivityGapAndGrace: (gapMs: number, graceMs: number): SessionWindows =>
    sessionWindows(gapMs, graceMs),
} as const

/** @throws {StreamsError} TOPOLOGY_INVALID_WINDOW */
export const JoinWindows = {
  ofTimeDifferenceWithNoGrace: (differenceMs: number): AdjustableJoinWindows =>
    joinWindows(differenceMs, differenceMs, 0),
  ofTimeDifferenceAndGrace: (differenceMs: number, graceMs: number): AdjustableJoinWindows =>
    joinWindows(differenceMs, differenceMs, graceMs),
} as const

export interface AdjustableJoinWindows extends JoinWindows {
  /** The right record may be this much earlier. @throws {StreamsError} TOPOLOGY_INVALID_WINDOW */
  before(beforeMs: number): AdjustableJoinWindows
  /** The right record may be this much later. @throws {StreamsError} TOPOLOGY_INVALID_WINDOW */
  after(afterMs: number): AdjustableJoinWindows
}

function timeWindows(sizeMs: number, advanceMs: number, graceMs: number): TumblingWindows {
  require(isWhole(sizeMs) && sizeMs > 0, `a size of ${sizeMs} ms`)
  require(isWhole(advanceMs) &&
    advanceMs > 0 &&
    advanceMs <= sizeMs, `an advance of ${advanceMs} ms in a window of ${sizeMs} ms`)
  requireGrace(graceMs)
  const advanceBy = (ms: number): TimeWindows => timeWindows(sizeMs, ms, graceMs)
  return { kind: 'time', sizeMs, advanceMs, graceMs, advanceBy }
}

function slidingWindows(timeDifferenceMs: number, graceMs: number): SlidingWindows {
  require(isWhole(timeDifferenceMs) &&
    timeDifferenceMs >= 0, `a time difference of ${timeDifferenceMs} ms`)
  requireGrace(graceMs)
  return { kind: 'sliding', timeDifferenceMs, graceMs }
}

function unlimitedWindows(startMs: number): AdjustableUnlimitedWindows {
  require(isWhole(startMs) && startMs >= 0, `a window from ${startMs} ms on`)
  return { kind: 'unlimited', startMs, startOn: unlimitedWindows }
}

function sessionWindows(gapMs: number, graceMs: number): SessionWindows {
  require(isWhole(gapMs) && gapMs > 0, `an inactivity gap of ${gapMs} ms`)
  requireGrace(graceMs)
  return { kind: 'session', gapMs, graceMs }
}

function joinWindows(beforeMs: number, afterMs: number, graceMs: number): AdjustableJoinWindows {
  require(isWhole(beforeMs) &&
    isWhole(afterMs) &&
    beforeMs + afterMs >= 0, `a window from ${-beforeMs} to ${afterMs} ms`)
  requireGrace(graceMs)
  return {
    kind: 'join',
    beforeMs,
    afterMs,
    graceMs,
    before: (ms) => joinWindows(ms, afterMs, graceMs),
    after: (ms) => joinWindows(beforeMs, ms, graceMs),
  }
}

function isWhole(ms: number): boolean {
  return Number.isSafeInteger(ms)
}

function requireGrace(graceMs: number): void {
  require(isWhole(graceMs) && graceMs >= 0, `a grace of ${graceMs} ms`)
}

function require(holds: boolean, what: string): asserts holds {
  if (holds) return
  throw new StreamsError(
    'TOPOLOGY_INVALID_WINDOW',
    `${what} is not possible`,
    {},
    'Durations are whole milliseconds: sizes and gaps above 0, advances up to the size, grace at least 0.',
  )
}
