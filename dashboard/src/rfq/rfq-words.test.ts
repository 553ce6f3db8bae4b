import { expect, test } from 'vitest'
import { rfq, rfqQuote } from '../../../sdk/fixtures/rfqs.ts'
import { groupOf, laterOf, refusalSentence, stateSentence, whatChanged } from './rfq-text.ts'
import { parseSize, stepSize } from './size-text.ts'
import { parseTicketCommand } from './ticket-command.ts'

test.each([
  ['5m', '1000', '5000000'],
  ['2.5mm', '1000', '2500000'],
  ['250k', '1', '250000'],
  ['1,500,000', '1000', '1500000'],
  ['.5m', '1000', '500000'],
  ['1bn', '1000', '1000000000'],
  ['0.125', '0.005', '0.125'],
  ['12345678901234567890', '1', '12345678901234567890'],
])('%s in lots of %s is %s', (typed, lot, size) => {
  expect(parseSize(typed, lot)).toEqual({ size })
})

test.each([
  ['', /Type a size/],
  ['m', /is no size/],
  ['5x', /is no size/],
  ['-5', /is no size/],
  ['1e6', /is no size/],
  ['0', /more than zero/],
  ['1500', /whole lots of 1,000: 1,000 or 2,000/],
  ['999', /whole lots of 1,000: 1,000\./],
  ['123456789012345678901', /too large/],
])('%s is refused with a remedy', (typed, refusal) => {
  const parsed = parseSize(typed, '1000')
  expect('refusal' in parsed && parsed.refusal).toMatch(refusal)
})

test.each([
  ['5m', 1, '6,000,000'],
  ['5m', -1, '4,000,000'],
  ['1m', -1, '900,000'],
  ['1000', -1, '1,000'],
  ['', 1, '1,000'],
] as const)('from %s a step of %i goes to %s', (typed, direction, next) => {
  expect(stepSize(typed, '1000', direction)).toBe(next)
})

const COMMAND = { side: undefined, size: undefined, expirySeconds: undefined }

test.each([
  ['eurusd', 'eurusd', undefined],
  ['eurusd buy 5m 30s', 'eurusd', { side: 'BUY', size: '5m', expirySeconds: 30 }],
  ['EUR/USD s 250k', 'EUR/USD', { ...COMMAND, side: 'SELL', size: '250k' }],
  ['sell 2.5mm usdjpy', 'usdjpy', { ...COMMAND, side: 'SELL', size: '2.5mm' }],
  ['aapl rfq', 'aapl', COMMAND],
  ['b', 'b', undefined],
  ['s x', 's x', undefined],
])('the command line %s searches for %s', (typed, search, command) => {
  expect(parseTicketCommand(typed)).toEqual({ search, command })
})

const REASON = { code: 'NO_LP', text: 'no liquidity provider quotes this size' }
const WON = { acceptedQuoteId: 'Q-1', quotes: [rfqQuote('Q-1')] }

test.each([
  [rfq('R', { state: 'SENT' }), 'active', /Sent to 2 liquidity providers/],
  [rfq('R', { state: 'QUOTING', ...WON }), 'active', /1 quote of 2 liquidity providers/],
  [rfq('R', { state: 'ACCEPTED', lastLookUntil: 'x', ...WON }), 'active', /LP-ALPHA has its last/],
  [rfq('R', { state: 'TRADED', ...WON }), 'executed', /Bought 5,000,000 .* 1.08542 from LP-ALPHA/],
  [rfq('R', { state: 'REJECTED', reason: REASON }), 'other', /Rejected: no liquidity provider/],
  [rfq('R', { state: 'EXPIRED' }), 'other', /no quote was accepted in time/],
  [rfq('R', { state: 'EXPIRED', reason: REASON }), 'other', /Expired: no liquidity/],
  [rfq('R', { state: 'CANCELLED' }), 'other', /Cancelled/],
] as const)('%o says what it is', (one, group, sentence) => {
  expect(groupOf(one)).toBe(group)
  expect(stateSentence(one)).toMatch(sentence)
})

test('a last look that ended against an open request is said, an old reason of a closed one is not', () => {
  const reason = { code: 'LAST_LOOK', text: 'the market moved by 3 bps' }
  expect(refusalSentence(rfq('R', { state: 'QUOTING', reason }))).toMatch('the market moved')
  expect(refusalSentence(rfq('R', { state: 'QUOTING' }))).toBeUndefined()
  expect(refusalSentence(rfq('R', { state: 'TRADED', reason }))).toBeUndefined()
})

test('of a conflict it is said what changed', () => {
  const [a, b] = [rfqQuote('Q-1'), rfqQuote('Q-2', { lpId: 'LP-BETA', rank: 2 })]
  const before = rfq('R', { state: 'QUOTING', version: 3, quotes: [a, b] })
  expect(
    whatChanged(before, { ...before, state: 'EXPIRED', version: 4, quotes: [] }, 'Q-1'),
  ).toEqual(['It is EXPIRED now; you saw QUOTING.'])
  expect(whatChanged(before, { ...before, version: 5, quotes: [b] }, 'Q-1')).toEqual([
    'It moved on meanwhile: version 5; you saw 3.',
    'The quote of LP-ALPHA at 1.08542 is gone.',
  ])
  const better = rfqQuote('Q-3', { lpId: 'LP-GAMMA' })
  expect(
    whatChanged(
      before,
      { ...before, quotes: [better, { ...a, rank: 2 }, { ...b, rank: 3 }] },
      'Q-1',
    ),
  ).toEqual(['The quote of LP-ALPHA is number 2 now; it was 1.', '1 new quote came.'])
})

test('states arrive in any order, the latest stands', () => {
  const sent = rfq('R', { version: 2 })
  const quoting = rfq('R', { version: 3, updatedAt: '2026-11-21T12:00:02.000Z' })
  const more = rfq('R', { version: 3, updatedAt: '2026-11-21T12:00:03.000Z' })
  expect(laterOf(undefined, sent)).toBe(sent)
  expect(laterOf(quoting, sent)).toBe(quoting)
  expect(laterOf(quoting, more)).toBe(more)
  expect(laterOf(more, quoting)).toBe(more)
})
