import { expect, test } from 'vitest'
import { OrionProblem } from '#sdk'
import { problemText } from '../session/problem-text.ts'
import { connectionText } from '../shell/connection-text.ts'
import { ageText } from './age-text.ts'
import { utcInstantText } from './clock-text.ts'
import { statusOf } from './quality-text.ts'

const AGES = [
  [-50, '0 s'],
  [999, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_599_999, '59 min'],
  [3_600_000, '1 h'],
  [47 * 3_600_000, '47 h'],
  [72 * 3_600_000, '3 d'],
] as const

test.each(AGES)('%i ms ago reads %s', (ageMs, text) => {
  expect(ageText(ageMs)).toBe(text)
})

const STATUSES = [
  // stale, quality, connected, word
  [false, 'GOOD', true, 'live'],
  [false, 'INDICATIVE', true, 'indicative'],
  [false, 'SUSPICIOUS', true, 'suspicious'],
  [false, 'LATE', true, 'late'],
  [false, 'CROSSED', true, 'crossed'],
  [false, 'ONE_SIDED', true, 'one-sided'],
  [true, 'GOOD', true, 'STALE'],
  [true, 'CROSSED', true, 'STALE'],
  [true, 'GOOD', false, 'STALE'],
  [false, 'GOOD', false, 'not live'],
] as const

test.each(STATUSES)(
  'stale %s, quality %s, connected %s is called %s',
  (stale, quality, isConnected, text) => {
    expect(statusOf({ stale, quality }, isConnected).text).toBe(text)
  },
)

test('without a price there is nothing to call', () => {
  expect(statusOf(undefined, true).text).toBe('no price')
})

test('an instant is shown to the millisecond, in UTC', () => {
  expect(utcInstantText(1_795_262_441_658)).toBe('2026-11-21 12:00:41.658 UTC')
})

const CONNECTIONS = [
  // state, detail, lost at, published at, label, reason, age
  ['connecting', 'connecting', undefined, 0, 'Connecting', '', 'no prices yet'],
  ['connecting', 'no connection', 97_000, 0, 'Reconnecting', 'no connection, 3 s', 'no prices yet'],
  ['open', 'live', undefined, 103_000, 'Live', '', 'data 2 s old'],
  [
    'connecting',
    'connection lost',
    88_000,
    90_000,
    'Reconnecting',
    'connection lost, 12 s',
    'data 15 s old',
  ],
  [
    'closed',
    'the session has ended',
    88_000,
    90_000,
    'Disconnected',
    'the session has ended',
    'data 15 s old',
  ],
] as const

test.each(CONNECTIONS)(
  '%s (%s, lost at %s, prices of %s) is shown as %s',
  (state, detail, lostAtMs, publishedAtMs, label, reason, age) => {
    expect(
      connectionText({
        state,
        detail,
        lostAtMs,
        publishedAtMs,
        nowMs: 100_000,
        serverNowMs: 105_000,
      }),
    ).toEqual({ label, reason, age })
  },
)

test('problems are told in sentences', () => {
  const problem = { type: 'about:blank', title: 'T', detail: 'That is wrong.', correlationId: '' }
  expect(problemText(new OrionProblem({ ...problem, status: 401 }))).toBe('That is wrong.')
  expect(problemText(new OrionProblem({ ...problem, status: 0 }))).toMatch(/cannot be reached/)
  const errors = [{ path: 'body.user', message: 'is too long' }]
  expect(problemText(new OrionProblem({ ...problem, status: 400, errors }))).toBe(
    'That is wrong. body.user: is too long',
  )
})
