import { expect, test } from 'vitest'
import { TRADED_MS, tradeConfirmed, tradeExecuted } from '../fixtures/trade-events.ts'
import { reconcile } from './reconciliation.ts'
import { rowAfter, type TradeRow } from './trade-row.ts'

const row = (event: Parameters<typeof rowAfter>[1]): TradeRow =>
  rowAfter({ tradeId: event.payload.tradeId, correlationId: '' }, event)

const kinds = (rows: readonly TradeRow[], nowMs: number, forgottenMs = 0) =>
  reconcile(rows, { nowMs, graceMs: 60_000, forgottenMs }).breaks.map(({ kind }) => kind)

test('what may be on its way is no break yet', () => {
  const trade = row(tradeExecuted('demo', 'T-1'))
  const confirmation = row(tradeConfirmed('demo', 'T-2', { confirmedAtMs: TRADED_MS + 5 }))
  expect(kinds([trade, confirmation], TRADED_MS + 59_999)).toEqual([])
  expect(kinds([trade, confirmation], TRADED_MS + 60_000)).toEqual(['NOT_CONFIRMED'])
  expect(kinds([confirmation], TRADED_MS + 60_005)).toEqual(['CONFIRMED_WITHOUT_TRADE'])
})

test('the confirmation of a trade that is no longer kept is no break', () => {
  const confirmation = row(tradeConfirmed('demo', 'T-2'))
  const later = TRADED_MS + 600_000
  expect(kinds([confirmation], later, TRADED_MS)).toEqual([])
  expect(kinds([confirmation], later, TRADED_MS - 1)).toEqual(['CONFIRMED_WITHOUT_TRADE'])
})
