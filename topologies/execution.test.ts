import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import type { QuoteAccepted } from '#avro'
import type { AcceptedEvent } from '#processors/execution/execute-processor'
import { executionTopology } from '#topologies'
import { type Driven, drive, read } from './fixtures/drive.ts'

const ACCEPTED_MS = Date.UTC(2026, 10, 20, 12)

function accepted(
  more: Partial<QuoteAccepted> = {},
  envelope: Partial<Pick<AcceptedEvent, 'eventId' | 'tenantId'>> = {},
): AcceptedEvent {
  const payload: QuoteAccepted = {
    rfqId: 'R-1',
    version: 4,
    state: 'ACCEPTED',
    commandId: 'accept-1',
    quote: {
      quoteId: 'Q-1',
      lpId: 'LP1',
      quotedBy: 'bot',
      price: new Decimal('1.10021'),
      size: new Decimal(1_000_000),
      expiresAtMs: ACCEPTED_MS + 1_000,
      receivedAtMs: ACCEPTED_MS - 500,
      rank: 1,
      spreadBps: 1,
      impactBps: 0,
    },
    instrumentId: 'EURUSD.SIMFX',
    assetClass: 'FX',
    currency: 'USD',
    side: 'BUY',
    quantity: new Decimal(1_000_000),
    venueId: null,
    requester: { userId: 'trader', desk: 'macro', roles: ['TRADER'], assetClasses: ['FX'] },
    createdAtMs: ACCEPTED_MS - 3_000,
    decisionTimeMs: ACCEPTED_MS - 100,
    acceptedAtMs: ACCEPTED_MS,
    decision: { bid: 1.1, ask: 1.1002, mid: 1.1001, eventTimeMs: ACCEPTED_MS - 200 },
    ...more,
  }
  return {
    eventId: 'accepted-1',
    eventType: 'QuoteAccepted',
    eventVersion: 1,
    occurredAt: ACCEPTED_MS,
    producer: 'rfq',
    tenantId: 'demo',
    correlationId: 'chain-1',
    causationId: null,
    entity: { entityType: 'RFQ', entityId: payload.rfqId, sequence: 5 },
    payload,
    ...envelope,
  }
}

async function driven(): Promise<Driven> {
  const driven = await drive(executionTopology)
  driven.driver.advanceWallClock(ACCEPTED_MS + 7)
  return driven
}

function give({ driver, topics }: Driven, ...events: readonly AcceptedEvent[]): void {
  const { name, keySerde, valueSerde } = topics.rfq.lifecycle
  const input = driver.createInputTopic(name, keySerde, valueSerde)
  for (const event of events) input.pipe(`${event.tenantId}|${event.payload.rfqId}`, event)
}

const tradesOf = (execution: Driven) => read(execution, execution.topics.execution.trades)

test('an accepted quote becomes a trade of its two parties, caused by it', async () => {
  const execution = await driven()
  give(execution, accepted())
  const [record, ...others] = tradesOf(execution)
  expect(others).toEqual([])
  expect(record?.key).toBe(`demo|${record?.value?.payload.tradeId}`)
  expect(record?.timestampMs).toBe(ACCEPTED_MS + 7)
  expect(record?.value).toMatchObject({
    causationId: 'accepted-1',
    correlationId: 'chain-1',
    producer: 'execution',
    tenantId: 'demo',
    occurredAt: ACCEPTED_MS + 7,
    entity: { entityType: 'Trade', sequence: 1 },
    payload: {
      rfqId: 'R-1',
      quoteId: 'Q-1',
      side: 'BUY',
      buyer: 'macro',
      seller: 'LP1',
      venueId: 'SIMFX',
      tradeDate: '2026-11-20',
      executedAtMs: ACCEPTED_MS + 7,
      decision: { mid: 1.1001 },
    },
  })
  expect(record?.value?.payload.notional.toFixed()).toBe('1100210')
  await execution.driver.close()
})

test('the seller is the desk of who sells, or the user without one; the venue is the one asked for', async () => {
  const execution = await driven()
  const requester = { userId: 'client', desk: '', roles: ['CLIENT'], assetClasses: ['FX'] }
  give(execution, accepted({ side: 'SELL', requester, venueId: 'OTHER' }))
  expect(tradesOf(execution)[0]?.value?.payload).toMatchObject({
    buyer: 'LP1',
    seller: 'client',
    venueId: 'OTHER',
  })
  await execution.driver.close()
})

test('one trade for a quote of an RFQ, however often and under whatever id it is told, restarts included', async () => {
  const execution = await driven()
  give(execution, accepted(), accepted(), accepted({}, { eventId: 'told-again' }))
  await execution.driver.restart()
  give(execution, accepted(), accepted({ version: 9 }, { eventId: 'told-again' }))
  await execution.driver.restart({ wipe: true })
  give(execution, accepted())
  expect(tradesOf(execution).length).toBe(1)
  give(execution, accepted({ rfqId: 'R-2' }), accepted({}, { tenantId: 'other' }))
  const ids = tradesOf(execution).map(({ value }) => value?.payload.tradeId)
  expect(new Set(ids).size).toBe(2)
  await execution.driver.close()
})

test('a trade that was not committed is made again, the same', async () => {
  const once = await driven()
  give(once, accepted())
  const [expected] = tradesOf(once)
  await once.driver.close()

  const execution = await driven()
  give(execution, accepted())
  await execution.driver.restart({ crash: true })
  execution.driver.advanceWallClock(0)
  const trades = tradesOf(execution)
  expect(trades.map(({ value }) => value)).toEqual([expected?.value])
  await execution.driver.close()
})

test('what cannot be a trade is dead-lettered, and the rest goes on', async () => {
  const execution = await driven()
  const { quote } = accepted().payload
  give(
    execution,
    accepted({ quantity: new Decimal(0) }),
    accepted({ quantity: new Decimal('1e-18'), quote: { ...quote, price: new Decimal('0.1') } }),
    accepted({ rfqId: 'R-2' }),
  )
  expect(execution.driver.deadLetters.map(({ code }) => code)).toEqual([
    'EXECUTION_BAD_QUANTITY',
    'EXECUTION_NOTIONAL_TOO_LONG',
  ])
  expect(tradesOf(execution).length).toBe(1)
  await execution.driver.close()
})
