import { expect, test } from 'vitest'
import { accept, cancel, quote, RFQ_KEY, START_MS, trade } from '#processors/rfq/fixtures/rfq'
import { driveRfq } from './fixtures/rfq.ts'

test('an RFQ is created, sent, quoted, accepted and traded; every event carries the chain', async () => {
  const rfq = await driveRfq()
  rfq.create()
  rfq.driver.advanceWallClock(100)
  rfq.quote(quote('Q1', '1.1003'))
  rfq.driver.advanceWallClock(100)
  rfq.quote(quote('Q2', '1.1002', { lpId: 'LP2' }))
  rfq.command(accept('accept-1', 'Q2', 3))
  rfq.trade(trade('Q2', 'LP2'))
  const events = rfq.lifecycle()
  expect(
    events.map(({ eventType, entity, payload }) => [
      eventType,
      entity.sequence,
      payload.state,
      payload.version,
    ]),
  ).toEqual([
    ['RFQCreated', 1, 'CREATED', 1],
    ['RFQSent', 2, 'SENT', 2],
    ['QuotesRanked', 3, 'QUOTING', 3],
    ['QuotesRanked', 4, 'QUOTING', 3],
    ['QuoteAccepted', 5, 'ACCEPTED', 4],
    ['RFQTraded', 6, 'TRADED', 5],
  ])
  expect(new Set(events.map(({ correlationId }) => correlationId))).toEqual(new Set(['chain-1']))
  expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(6)
  const [, sent, , ranked, accepted, traded] = events
  expect(sent).toMatchObject({
    causationId: 'create-1',
    payload: { commandId: 'create-1', lpIds: ['LP1', 'LP2'], sentAtMs: START_MS },
  })
  expect(ranked).toMatchObject({
    causationId: 'event-Q2',
    payload: {
      cause: 'QUOTED',
      quoteId: 'Q2',
      quotes: [
        { quoteId: 'Q2', rank: 1 },
        { quoteId: 'Q1', rank: 2 },
      ],
    },
  })
  expect(accepted).toMatchObject({
    causationId: 'accept-1',
    payload: { commandId: 'accept-1', quote: { quoteId: 'Q2', lpId: 'LP2' }, venueId: 'SIM' },
  })
  expect(traded).toMatchObject({
    causationId: 'event-T-Q2',
    payload: {
      tradeId: 'T-Q2',
      summary: {
        winnerLpId: 'LP2',
        invited: ['LP1', 'LP2'],
        quotes: [
          { quoteId: 'Q2', responseMs: 200, rank: 1 },
          { quoteId: 'Q1', responseMs: 100, rank: 2 },
        ],
      },
    },
  })
  expect(rfq.driver.deadLetters).toEqual([])
  await rfq.driver.close()
})

test('quotes expire, then the RFQ, at a look at the clock and not before', async () => {
  const rfq = await driveRfq()
  rfq.create()
  rfq.quote(quote('Q1', '1.1003'))
  rfq.driver.advanceWallClock(4_999)
  expect(rfq.said()).toEqual(['RFQCreated', 'RFQSent', 'QuotesRanked'])
  rfq.driver.advanceWallClock(20)
  expect(rfq.lifecycle()).toMatchObject([
    {
      eventType: 'QuotesRanked',
      payload: { cause: 'QUOTE_EXPIRED', state: 'SENT', version: 4, quotes: [] },
    },
  ])
  rfq.driver.advanceWallClock(4_980)
  rfq.driver.advanceWallClock(20)
  const [expired] = rfq.lifecycle()
  expect(expired).toMatchObject({
    eventType: 'RFQExpired',
    payload: {
      state: 'EXPIRED',
      version: 5,
      summary: { winnerLpId: null, quotes: [{ quoteId: 'Q1' }] },
    },
  })
  await rfq.driver.close()
})

test('a cancelled RFQ is forgotten after a day, and until then a retry gets the first outcome', async () => {
  const rfq = await driveRfq()
  rfq.create()
  rfq.command(cancel('cancel-1'))
  rfq.driver.advanceWallClock(86_399_980)
  rfq.command(cancel('cancel-1'))
  const events = rfq.lifecycle()
  expect(events.map(({ eventType }) => eventType)).toEqual([
    'RFQCreated',
    'RFQSent',
    'RFQCancelled',
    'RFQCommandRepeated',
  ])
  expect(events[3]?.payload).toMatchObject({
    outcomeEventId: events[2]?.eventId,
    outcomeEventType: 'RFQCancelled',
    reason: '',
  })
  rfq.driver.advanceWallClock(20)
  const keys = (store: string) =>
    [...rfq.driver.keyValueStore<string, unknown>(store).all()].map(([key]) => key)
  expect([keys('rfqs'), keys('rfq-deadlines')]).toEqual([[], []])
  rfq.command(cancel('cancel-1'))
  expect(rfq.lifecycle()).toMatchObject([
    { eventType: 'RFQCommandRefused', payload: { reason: 'RFQ_NOT_FOUND', version: 0 } },
  ])
  await rfq.driver.close()
})

test('what is keyed by another, has no value, or was never agreed to is dead-lettered', async () => {
  const rfq = await driveRfq()
  rfq.create()
  rfq.command(cancel('c'), 'other|R-1')
  rfq.quote(quote('Q1', 1), 'demo|R-2')
  rfq.trade(trade('Q1'), RFQ_KEY)
  rfq.trade(trade('Q1'))
  const { name, keySerde, valueSerde } = rfq.topics.rfq.quotes
  rfq.driver.createInputTopic(name, keySerde, valueSerde).pipe(RFQ_KEY, undefined)
  expect(rfq.driver.deadLetters.map(({ code }) => code)).toEqual([
    'RFQ_KEY_MISMATCH',
    'RFQ_KEY_MISMATCH',
    'RFQ_KEY_MISMATCH',
    'RFQ_TRADE_MISPLACED',
    'RFQ_NO_VALUE',
  ])
  expect(rfq.said()).toEqual(['RFQCreated', 'RFQSent'])
  await rfq.driver.close()
})
