import { expect, test } from 'vitest'
import type { CommandsEnvelope, LastLook } from '#avro'
import { accept, cancel, quote, START_MS, trade } from '#processors/rfq/fixtures/rfq'
import { type DrivenRfq, driveRfq } from './fixtures/rfq.ts'

const HOLD: LastLook = { windowMs: 100, maxDriftBps: 1, maxQuoteAgeMs: null }
const lastsAll = { expiresAtMs: START_MS + 3_600_000 }

/** Quoted by two, with a second left. */
async function quoted(): Promise<DrivenRfq> {
  const rfq = await driveRfq()
  rfq.create()
  rfq.quote(quote('Q1', '1.1002', lastsAll))
  rfq.quote(quote('Q2', '1.1003', { lpId: 'LP2', ...lastsAll }))
  rfq.driver.advanceWallClock(9_000)
  rfq.lifecycle()
  return rfq
}

/** Types, and reasons where there are some. */
function told({ lifecycle }: DrivenRfq): string[] {
  return lifecycle().map(({ eventType, payload }) =>
    'reason' in payload && payload.reason !== '' ? `${eventType} ${payload.reason}` : eventType,
  )
}

const acceptQ1 = accept('accept-1', 'Q1', 3)
const acceptQ2 = accept('accept-2', 'Q2', 3)
const expired = (rfq: DrivenRfq) => rfq.driver.advanceWallClock(1_000)
const held = (rfq: DrivenRfq) => {
  rfq.lp('LP1', HOLD)
  rfq.command(acceptQ1)
}

type Race = readonly [string, (rfq: DrivenRfq) => void, readonly string[]]

const RACES: readonly Race[] = [
  [
    'accept before the expiry wins, and the expiry does nothing',
    (rfq) => {
      rfq.driver.advanceWallClock(999)
      rfq.command(acceptQ1)
      rfq.driver.advanceWallClock(100)
    },
    ['QuoteAccepted'],
  ],
  [
    'accept at the expiry, looked at before it, loses',
    (rfq) => {
      // The clock moves and no look at the deadlines happens before the command is taken.
      rfq.driver.clock.advance(1_000)
      rfq.command(acceptQ1)
    },
    ['RFQExpired', 'RFQCommandRefused RFQ_EXPIRED'],
  ],
  [
    'accept after the expiry loses',
    (rfq) => {
      expired(rfq)
      rfq.command(acceptQ1)
    },
    ['RFQExpired', 'RFQCommandRefused RFQ_EXPIRED'],
  ],
  [
    'of two accepts the first wins',
    (rfq) => {
      rfq.command(acceptQ2)
      rfq.command(acceptQ1)
    },
    ['QuoteAccepted', 'RFQCommandRefused RFQ_ACCEPTED'],
  ],
  [
    'of two accepts the first is held, the second waits for nothing',
    (rfq) => {
      held(rfq)
      rfq.command(acceptQ2)
      rfq.driver.advanceWallClock(100)
    },
    ['LastLookStarted', 'RFQCommandRefused ACCEPTANCE_PENDING', 'QuoteAccepted'],
  ],
  [
    'accept before cancel wins',
    (rfq) => {
      rfq.command(acceptQ1)
      rfq.command(cancel('cancel-1'))
    },
    ['QuoteAccepted', 'RFQCommandRefused RFQ_ACCEPTED'],
  ],
  [
    'cancel before accept wins',
    (rfq) => {
      rfq.command(cancel('cancel-1'))
      rfq.command(acceptQ1)
    },
    ['RFQCancelled', 'RFQCommandRefused RFQ_CANCELLED'],
  ],
  [
    'cancel while an acceptance is held loses',
    (rfq) => {
      held(rfq)
      rfq.command(cancel('cancel-1'))
      rfq.driver.advanceWallClock(100)
    },
    ['LastLookStarted', 'RFQCommandRefused ACCEPTANCE_PENDING', 'QuoteAccepted'],
  ],
  [
    'expiry while an acceptance is held waits for its end',
    (rfq) => {
      rfq.driver.advanceWallClock(950)
      held(rfq)
      rfq.driver.advanceWallClock(60)
      rfq.mark({ mid: 1.2 })
      rfq.driver.advanceWallClock(40)
    },
    ['LastLookStarted', 'QuoteAcceptanceRejected LAST_LOOK_DRIFT', 'RFQExpired'],
  ],
  [
    'a late quote is refused',
    (rfq) => {
      expired(rfq)
      rfq.quote(quote('Q3', 1))
    },
    ['RFQExpired', 'QuoteRejected RFQ_EXPIRED'],
  ],
  [
    'a quote after the accept is refused',
    (rfq) => {
      rfq.command(acceptQ1)
      rfq.quote(quote('Q3', 1))
    },
    ['QuoteAccepted', 'QuoteRejected RFQ_ACCEPTED'],
  ],
  [
    'a quote that crosses the accept leaves its version as it was',
    (rfq) => {
      rfq.quote(quote('Q3', 1, lastsAll))
      rfq.command(acceptQ1)
    },
    ['QuotesRanked', 'QuoteAccepted'],
  ],
  [
    'a duplicate quote is refused',
    (rfq) => rfq.quote(quote('Q1', 1, { lpId: 'LP2' })),
    ['QuoteRejected QUOTE_DUPLICATE'],
  ],
  [
    'a trade that comes twice is one',
    (rfq) => {
      rfq.command(acceptQ1)
      rfq.trade(trade('Q1'))
      rfq.trade(trade('Q1'))
    },
    ['QuoteAccepted', 'RFQTraded'],
  ],
]

test.each(RACES)('%s', async (_what, does, events) => {
  const rfq = await quoted()
  does(rfq)
  expect(told(rfq)).toEqual(events)
  expect(rfq.driver.deadLetters).toEqual([])
  await rfq.driver.close()
})

test.each<[string, readonly CommandsEnvelope[], string, string]>([
  ['accept', [acceptQ1], 'QuoteAccepted', ''],
  ['cancel', [cancel('cancel-1')], 'RFQCancelled', ''],
  ['a refused accept', [accept('accept-1', 'Q1', 2)], 'RFQCommandRefused', 'VERSION_CONFLICT'],
  ['an accept too late', [acceptQ2, acceptQ1], 'RFQCommandRefused', 'RFQ_ACCEPTED'],
])(
  '%s, retried with its key: the first outcome, also after a crash; with another body: refused',
  async (_what, commands, outcomeEventType, reason) => {
    const rfq = await quoted()
    for (const command of commands) rfq.command(command)
    const first = rfq.lifecycle().at(-1)
    expect(first?.eventType).toBe(outcomeEventType)
    const [last] = commands.slice(-1) as [CommandsEnvelope]
    rfq.command(last)
    await rfq.driver.restart({ crash: true, wipe: true })
    rfq.command(last)
    const retried = rfq.lifecycle()
    expect(retried.map(({ eventType }) => eventType)).toEqual([
      'RFQCommandRepeated',
      'RFQCommandRepeated',
    ])
    for (const { payload } of retried)
      expect(payload).toMatchObject({ outcomeEventId: first?.eventId, outcomeEventType, reason })
    const another = { ...last.payload, requestDigest: 'another' }
    rfq.command({ ...last, payload: another } as CommandsEnvelope)
    expect(told(rfq)).toEqual(['RFQCommandRefused IDEMPOTENCY_KEY_REUSED'])
    await rfq.driver.close()
  },
)

test('a create, retried with its key: the first outcome; with another body: refused', async () => {
  const rfq = await driveRfq()
  rfq.create()
  const sent = rfq.lifecycle().at(-1)
  rfq.create()
  expect(rfq.lifecycle()).toMatchObject([
    {
      eventType: 'RFQCommandRepeated',
      payload: { commandId: 'create-1', outcomeEventId: sent?.eventId, state: 'SENT', version: 2 },
    },
  ])
  rfq.create({ requestDigest: 'another' })
  rfq.create({}, 'create-2')
  expect(told(rfq)).toEqual([
    'RFQCommandRefused IDEMPOTENCY_KEY_REUSED',
    'RFQCommandRefused RFQ_EXISTS',
  ])
  await rfq.driver.close()
})

test("last look is the tenant's own where it has a provider of that id", async () => {
  const rfq = await quoted()
  rfq.lp('LP1', null, 'demo')
  held(rfq)
  expect(told(rfq)).toEqual(['QuoteAccepted'])
  await rfq.driver.close()
})
