import { expect, test } from 'vitest'
import { isOpenAt } from './trading-hours.ts'

/** 2026-11-20 is a Friday; New York is UTC-5 in winter and UTC-4 in summer. */
const NEW_YORK = '09:30-16:00 America/New_York'
const NIGHT = '18:00-17:00 America/New_York'

test.each([
  ['24x7', '2026-11-21T03:00Z', true],
  ['24x5', '2026-11-20T21:59:59Z', true],
  ['24x5', '2026-11-20T22:00Z', false],
  ['24x5', '2026-11-21T12:00Z', false],
  ['24x5', '2026-11-22T21:59:59Z', false],
  ['24x5', '2026-11-22T22:00Z', true],
  ['24x5', '2026-07-05T21:00Z', true],
  ['24x5', '2026-11-23T03:00Z', true],
  [NEW_YORK, '2026-11-20T14:29:59Z', false],
  [NEW_YORK, '2026-11-20T14:30Z', true],
  [NEW_YORK, '2026-11-20T20:59:59Z', true],
  [NEW_YORK, '2026-11-20T21:00Z', false],
  [NEW_YORK, '2026-07-03T13:30Z', true],
  [NEW_YORK, '2026-07-03T13:29Z', false],
  [NEW_YORK, '2026-11-21T15:00Z', false],
  [NEW_YORK, '2026-11-22T15:00Z', false],
  [NIGHT, '2026-11-22T22:59Z', false],
  [NIGHT, '2026-11-22T23:00Z', true],
  [NIGHT, '2026-11-23T21:59Z', true],
  [NIGHT, '2026-11-23T22:30Z', false],
  [NIGHT, '2026-11-23T23:00Z', true],
  [NIGHT, '2026-11-20T21:59Z', true],
  [NIGHT, '2026-11-20T23:30Z', false],
  [NIGHT, '2026-11-21T12:00Z', false],
  ['00:00-24:00 UTC', '2026-11-20T23:59Z', true],
  ['00:00-24:00 UTC', '2026-11-21T00:00Z', false],
  ['09:00-17:30 Asia/Kolkata', '2026-11-20T03:30Z', true],
  ['09:00-17:30 Asia/Kolkata', '2026-11-20T03:29Z', false],
  ['', '2026-11-20T12:00Z', undefined],
  ['25:00-26:00 UTC', '2026-11-20T12:00Z', undefined],
  ['9:00-17:00 UTC', '2026-11-20T12:00Z', undefined],
  ['09:00-17:00', '2026-11-20T12:00Z', undefined],
  ['09:00-17:00 Moon/Crater', '2026-11-20T12:00Z', undefined],
])('%s at %s: %s', (hours, time, expected) => {
  expect(isOpenAt(hours, Date.parse(time))).toBe(expected)
})
