import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import { COMMANDS_MAX } from './commands.ts'
import { HOLD, type Life, lifeIn } from './fixtures/life.ts'
import { accept, admission, cancel, MARK, quote, TRADER, trade } from './fixtures/rfq.ts'
import type { AnswerCommand } from './lifecycle.ts'
import { QUOTES_MAX } from './quote-rules.ts'

/** What the last input led to: type, and its reason where it has one. */
function said(life: Life, before = life.events.length - 1): unknown[] {
  return life.events
    .slice(before)
    .map(({ eventType, payload }) =>
      'reason' in payload && payload.reason !== '' ? [eventType, payload.reason] : eventType,
    )
}

function give(life: Life, ms: number, input?: Parameters<Life['at']>[1]): unknown[] {
  const before = life.events.length
  life.at(ms, input)
  return said(life, before)
}

describe('quotes', () => {
  const million = new Decimal(1_000_000)
  const tenth = new Decimal('0.1')
  test.each<[string, object, Parameters<typeof quote>, string]>([
    ['not invited', {}, ['Q', 1, { lpId: 'LP3' }], 'LP_NOT_INVITED'],
    ['unknown provider', {}, ['Q', 1, { lpId: 'X' }], 'LP_NOT_INVITED'],
    ['expired on arrival', {}, ['Q', 1, { expiresAtMs: 0 }], 'QUOTE_EXPIRED'],
    ['no price', {}, ['Q', 0], 'QUOTE_PRICE'],
    ['a negative price', {}, ['Q', -1], 'QUOTE_PRICE'],
    [
      'more digits than a trade keeps',
      { size: tenth },
      ['Q', '1.000000000000000001', { size: tenth }],
      'QUOTE_NOT_BOOKABLE',
    ],
    ['not full', {}, ['Q', 1, { size: million.minus(1) }], 'QUOTE_NOT_FULL'],
    ['too large', {}, ['Q', 1, { size: million.plus(1) }], 'QUOTE_TOO_LARGE'],
    [
      'too small',
      { partialAllowed: true, minSize: new Decimal(500) },
      ['Q', 1, { size: new Decimal(499) }],
      'QUOTE_TOO_SMALL',
    ],
    ['of no size', { partialAllowed: true }, ['Q', 1, { size: new Decimal(0) }], 'QUOTE_TOO_SMALL'],
  ])('%s', (_what, request, [id, price, more], reason) => {
    const life = lifeIn('NONE')
    life.at(0, admission(request))
    expect(give(life, 10, quote(id, price, more))).toEqual([['QuoteRejected', reason]])
    expect(life.phase).toBe('SENT')
  })

  test('a part is enough where parts are allowed; below zero is a price of rates', () => {
    const life = lifeIn('NONE')
    const request = { partialAllowed: true, minSize: new Decimal(500) }
    life.at(0, admission(request))
    if (life.kept !== undefined) life.kept = { ...life.kept, assetClass: 'RATES' }
    expect(give(life, 10, quote('Q', -1, { size: new Decimal(500) }))).toEqual(['QuotesRanked'])
    life.at(20, accept('a', 'Q', 3))
    expect(life.kept?.accepted?.quantity.toString()).toBe('500')
  })

  test('a duplicate is refused whatever it says, and the first stands', () => {
    const life = lifeIn('QUOTING')
    expect(give(life, 30, quote('Q1', 1))).toEqual([['QuoteRejected', 'QUOTE_DUPLICATE']])
    expect(life.kept?.quotes[0]?.quote.price.toString()).toBe('1.1002')
    life.at(5_500)
    expect(give(life, 5_501, quote('Q1', 1))).toEqual([['QuoteRejected', 'QUOTE_DUPLICATE']])
  })

  test('one RFQ takes a bounded number of them', () => {
    const life = lifeIn('SENT')
    for (let i = 0; i < QUOTES_MAX; i++) life.at(10, quote(`Q${i}`, 1))
    expect(give(life, 10, quote('more', 1))).toEqual([['QuoteRejected', 'TOO_MANY_QUOTES']])
  })
})

describe('accept and cancel', () => {
  const other = { ...TRADER, userId: 'trader2' }
  test.each<[string, AnswerCommand, string]>([
    ['of another user', accept('a', 'Q1', 3, { requester: other }), 'NOT_REQUESTER'],
    ['of an unknown quote', accept('a', 'QX', 3), 'QUOTE_NOT_FOUND'],
    ['of an earlier version', accept('a', 'Q1', 2), 'VERSION_CONFLICT'],
    ['of a later version', accept('a', 'Q1', 4), 'VERSION_CONFLICT'],
    [
      'cancel by another desk',
      cancel('c', { requester: { ...other, desk: 'sales' } }),
      'NOT_YOUR_DESK',
    ],
    ['cancel by no desk', cancel('c', { requester: { ...other, desk: '' } }), 'NOT_YOUR_DESK'],
    [
      'cancel by who does not trade',
      cancel('c', { requester: { ...other, roles: ['ANALYST'] } }),
      'NOT_YOUR_DESK',
    ],
  ])('%s', (_what, command, reason) => {
    const life = lifeIn('QUOTING')
    expect(give(life, 30, command)).toEqual([['RFQCommandRefused', reason]])
    expect([life.phase, life.version]).toEqual(['QUOTING', 3])
  })

  test('a colleague of the desk may cancel', () => {
    expect(give(lifeIn('QUOTING'), 30, cancel('c', { requester: other }))).toEqual(['RFQCancelled'])
  })

  test('a quote that expired alone cannot be accepted, another can', () => {
    const life = lifeIn('QUOTING')
    expect(give(life, 5_000, accept('a', 'Q1', 3))).toEqual([
      'QuotesRanked',
      ['RFQCommandRefused', 'QUOTE_EXPIRED'],
    ])
    expect(give(life, 5_001, accept('b', 'Q2', 3))).toEqual(['QuoteAccepted'])
  })

  test('commands beyond the bound are refused again and again, and forget no first outcome', () => {
    const life = lifeIn('QUOTING')
    // The first one was the CreateRFQ.
    for (let i = 1; i < COMMANDS_MAX; i++) life.at(30, accept(`a${i}`, 'QX', 3))
    for (const _ of [1, 2])
      expect(give(life, 30, cancel('more'))).toEqual([['RFQCommandRefused', 'TOO_MANY_COMMANDS']])
    expect(give(life, 30, accept('a1', 'QX', 3))).toEqual([
      ['RFQCommandRepeated', 'QUOTE_NOT_FOUND'],
    ])
  })
})

describe('last look', () => {
  function held(lastLook = HOLD): Life {
    const life = lifeIn('QUOTING')
    life.lastLook = lastLook
    life.at(30, accept('a', 'Q1', 3))
    return life
  }
  const movedBps = (bps: number) => ({ ...MARK, mid: 1.1 * (1 + bps / 10_000) })

  test('holds for the window, then binds with the market of the decision', () => {
    const life = held()
    expect(said(life)).toEqual(['LastLookStarted'])
    life.mark = movedBps(0.9)
    expect(give(life, 229)).toEqual([])
    expect(give(life, 230)).toEqual(['QuoteAccepted'])
    const { accepted } = life.kept ?? {}
    expect(accepted).toMatchObject({ decision: MARK, version: 4, commandId: 'a' })
    expect(
      [accepted?.decisionTimeMs, accepted?.acceptedAtMs].map((ms) => (ms ?? 0) % 60_000),
    ).toEqual([30, 230])
  })

  test('a market against the provider refuses, with the drift, and the next quote can be accepted', () => {
    const life = held()
    life.mark = movedBps(1.1)
    expect(give(life, 230)).toEqual([
      ['QuoteAcceptanceRejected', 'LAST_LOOK_DRIFT'],
      'QuotesRanked',
    ])
    const [rejected, ranked] = life.events.slice(-2)
    expect(rejected?.payload).toMatchObject({
      state: 'QUOTING',
      version: 3,
      driftBps: expect.closeTo(1.1),
    })
    expect(ranked?.payload).toMatchObject({ cause: 'LAST_LOOK', quotes: [{ quoteId: 'Q2' }] })
    expect(give(life, 240, accept('b', 'Q1', 3))).toEqual([
      ['RFQCommandRefused', 'QUOTE_WITHDRAWN'],
    ])
    life.lastLook = null
    expect(give(life, 250, accept('c', 'Q2', 3))).toEqual(['QuoteAccepted'])
    life.at(260, trade('Q2', 'LP2'))
    expect(life.events.at(-1)?.payload).toMatchObject({
      summary: { winnerLpId: 'LP2', lastLookRejectedLpIds: ['LP1'], quotes: [{}, {}] },
    })
  })

  test('a market in favour of the provider binds, as does one that is not known', () => {
    for (const mark of [movedBps(-50), null]) {
      const life = held()
      life.mark = mark
      expect(give(life, 230)).toEqual(['QuoteAccepted'])
    }
  })

  test('a quote older than allowed is refused at once', () => {
    const rules = { ...HOLD, maxQuoteAgeMs: 19 }
    expect(said(held(rules), 4)).toEqual([
      ['QuoteAcceptanceRejected', 'LAST_LOOK_AGE'],
      'QuotesRanked',
    ])
    expect(said(held({ ...rules, maxQuoteAgeMs: 20 }))).toEqual(['LastLookStarted'])
  })

  test('the expiry waits for last look: it binds after it, or is over with it', () => {
    for (const [mark, events] of [
      [MARK, ['QuoteAccepted']],
      [movedBps(2), [['QuoteAcceptanceRejected', 'LAST_LOOK_DRIFT'], 'RFQExpired']],
    ] as const) {
      const life = lifeIn('QUOTING')
      life.lastLook = { ...HOLD, windowMs: 20_000 }
      life.at(30, accept('a', 'Q1', 3))
      expect(give(life, 15_000)).toEqual(['QuotesRanked'])
      life.mark = mark
      expect(give(life, 20_030)).toEqual(events)
    }
  })

  test('a retry gets what last look began, and later how it ended', () => {
    const life = held()
    life.at(40, accept('a', 'Q1', 3))
    life.at(230)
    life.at(240, accept('a', 'Q1', 3))
    const repeated = life.events.filter(({ eventType }) => eventType === 'RFQCommandRepeated')
    expect(
      repeated.map(({ payload }) => 'outcomeEventType' in payload && payload.outcomeEventType),
    ).toEqual(['LastLookStarted', 'QuoteAccepted'])
  })
})

test('an RFQ whose expiry is past when it is admitted is rejected', () => {
  const life = lifeIn('NONE')
  expect(give(life, 10_000, admission())).toEqual(['RFQCreated', ['RFQRejected', 'EXPIRY_PAST']])
})

test('a trade of another quote than the accepted one changes nothing', () => {
  const life = lifeIn('ACCEPTED')
  expect(life.at(40, trade('Q2')).leftOut).toBe('misplaced')
  expect(life.phase).toBe('ACCEPTED')
})
