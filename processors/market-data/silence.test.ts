import { expect, test } from 'vitest'
import { hear, look, type Watch } from './silence.ts'

const watch = (more: Partial<Watch> = {}): Watch => ({
  instrumentId: 'EURUSD.SIM',
  lastSeenMs: 1_000,
  lastEventTimeMs: 0,
  staleAfterMs: 5_000,
  stale: false,
  sinceMs: 0,
  sequence: 0,
  ...more,
})

// At its limit an instrument is not yet stale; it turns stale once.
const LOOKS: readonly (readonly [nowMs: number, silentForMs: number | undefined])[] = [
  [1_000, undefined],
  [6_000, undefined],
  [6_001, 5_001],
  [9_000, undefined],
]

test('an instrument turns stale when it is silent for longer than its limit, once', () => {
  const watched = watch()
  expect(LOOKS.map(([nowMs]) => look(watched, nowMs)?.silentForMs)).toEqual(
    LOOKS.map(([, silentForMs]) => silentForMs),
  )
  expect(watched.sequence).toBe(1)
})

test('the next message ends the silence and says how long it was', () => {
  const watched = watch()
  look(watched, 8_000)
  expect(hear(watched, 77, 9_000)).toEqual({ silentForMs: 8_000 })
  expect(hear(watched, 78, 9_001)).toBeUndefined()
  expect([watched.stale, watched.sequence, watched.lastEventTimeMs]).toEqual([false, 2, 78])
})

test('after a restart silence counts from the first look', () => {
  const watched = watch({ lastSeenMs: undefined })
  expect(look(watched, 1_000_000)).toBeUndefined()
  expect(look(watched, 1_005_000)).toBeUndefined()
  expect(look(watched, 1_005_001)).toEqual({ silentForMs: 5_001 })
})

test('what was stale before a restart stays stale, and recovers with the silence from its beginning', () => {
  const watched = watch({ lastSeenMs: undefined, stale: true, sinceMs: 400 })
  expect(look(watched, 1_000_000)).toBeUndefined()
  expect(hear(watched, 5, 1_000_400)).toEqual({ silentForMs: 1_000_000 })
})
