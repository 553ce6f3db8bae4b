import { expect, test } from 'vitest'
import type { Trade } from '#sdk'
import { isIn, laterTrade, settlementSentence, settlementText } from './trade-text.ts'

type Settlement = NonNullable<Trade['settlement']>

function trade(settlement: Partial<Settlement> | null, confirmationId: string | null = 'C-1') {
  return {
    tradeId: 'T-1',
    confirmationId,
    settlementDate: confirmationId === null ? null : '2026-11-24',
    settlement:
      settlement === null
        ? null
        : {
            state: 'PENDING',
            attempt: 0,
            reason: null,
            nextAttemptAt: null,
            settledAt: null,
            ...settlement,
          },
  } as Trade
}

const STEPS = [
  trade(null, null),
  trade(null),
  trade({ state: 'PENDING' }),
  trade({ state: 'RETRYING', attempt: 1, reason: 'the buyer could not pay' }),
  trade({ state: 'RETRYING', attempt: 2, reason: 'the buyer could not pay' }),
  trade({ state: 'SETTLED', attempt: 3 }),
]

test('of two states of a trade the further one is shown, in whatever order they come', () => {
  for (const [i, earlier] of STEPS.entries())
    for (const later of STEPS.slice(i + 1)) {
      expect(laterTrade(earlier, later)).toBe(later)
      expect(laterTrade(later, earlier)).toBe(later)
    }
  expect(laterTrade(undefined, STEPS[0] as Trade)).toBe(STEPS[0])
})

test('a trade is in the tab of what there is to do', () => {
  const tabs = (one: Trade) =>
    (['all', 'unsettled', 'failed'] as const).filter((tab) => isIn(tab, one))
  expect(STEPS.map(tabs)).toEqual([
    ...Array.from({ length: 5 }, () => ['all', 'unsettled']),
    ['all'],
  ])
  expect(tabs(trade({ state: 'FAILED', attempt: 3 }))).toEqual(['all', 'failed'])
})

test('settlement is told in words, with its reason', () => {
  expect(STEPS.map(settlementText)).toEqual([
    'not confirmed yet',
    'PENDING',
    'PENDING',
    'RETRYING',
    'RETRYING',
    'SETTLED',
  ])
  expect(STEPS.map(settlementSentence)).toEqual([
    'Waiting for its confirmation.',
    'Confirmed; its settlement is asked for. Due 2026-11-24.',
    'Settlement is asked for; first attempt soon. Due 2026-11-24.',
    'Attempt 1 failed: the buyer could not pay. Next attempt soon. Due 2026-11-24.',
    'Attempt 2 failed: the buyer could not pay. Next attempt soon. Due 2026-11-24.',
    'Settled, at attempt 3. Due 2026-11-24.',
  ])
  expect(settlementSentence(trade({ state: 'FAILED', attempt: 3, reason: 'no cover' }))).toBe(
    'Failed after attempt 3: no cover. Operations have to resolve it. Due 2026-11-24.',
  )
})
