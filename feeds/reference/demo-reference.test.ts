import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import { type LPConfigUpdated, openEmbeddedRegistry, originEvent } from '#avro'
import { admit } from '#processors/admission/admission'
import { memoryEngine } from '#state-stores'
import { noMetrics, silentLogger, systemClock } from '#streams'
import { type Log, openEmbeddedLog } from '#streams/log'
import { newTopics, openTopics, type Topics } from '#topics'
import { publishInstruments } from '../publish-instruments.ts'
import { type SimulatedInstrument, simulatedUniverse } from '../simulator/universe.ts'
import { demoLimits } from './demo-limits.ts'
import { DEMO_LPS } from './demo-lps.ts'
import { demoVenues } from './demo-venues.ts'
import { appendEvents, latestEvents } from './latest-events.ts'
import { publishDemoReference } from './publish-demo-reference.ts'

/** A Saturday, three in the morning, UTC. */
const NIGHT = Date.UTC(2026, 10, 21, 3)
const ASSET_CLASSES = ['FX', 'RATES', 'CREDIT', 'EQUITY', 'CRYPTO', 'COMMODITY']

/** What the trader of the demonstration gets for so many lots of an instrument, the simulated market being at its start. */
function ask(universe: readonly SimulatedInstrument[], one: SimulatedInstrument, lots: number) {
  const instruments = new Map(
    universe.map((each) => [
      each.instrumentId,
      {
        ...each,
        tickSize: new Decimal(each.tickSize),
        lotSize: new Decimal(each.lotSize),
        enabled: true,
      },
    ]),
  )
  const venues = demoVenues([...instruments.values()])
  const requester = {
    userId: 'trader',
    desk: 'macro',
    roles: ['TRADER'],
    assetClasses: ASSET_CLASSES,
  }
  return admit(
    {
      tenantId: 'demo',
      commandTimeMs: NIGHT,
      nowMs: NIGHT,
      command: {
        rfqId: 'R-1',
        instrumentId: one.instrumentId,
        side: 'BUY',
        size: new Decimal(one.lotSize).times(lots),
        minSize: null,
        partialAllowed: false,
        venueId: null,
        expiryTimeMs: NIGHT + 30_000,
        requester,
        requestDigest: '',
      },
    },
    {
      killSwitches: [],
      isEnabled: () => true,
      instrument: (id) => instruments.get(id),
      mark: (instrumentId) => ({
        instrumentId,
        bid: null,
        ask: null,
        mid: instruments.get(instrumentId)?.startPrice ?? null,
        eventTimeMs: NIGHT,
      }),
      venue: (id) => venues.find(({ venueId }) => venueId === id),
      limits: ({ scope, subject }) =>
        demoLimits('demo').find((each) => each.scope === scope && each.subject === subject),
      lps: () => DEMO_LPS,
      midOf: (base, quote) =>
        universe.find(({ symbol, assetClass }) => symbol === base + quote && assetClass === 'FX')
          ?.startPrice,
      admittedThisMinute: () => 0,
      sentThisSecond: () => 0,
    },
  )
}

test.each([5, 20, 50, 500, 700])(
  'of %d simulated instruments each can be traded on a Saturday night, by at least five bots',
  (count) => {
    const universe = simulatedUniverse(count)
    expect(universe[0]?.symbol).toBe('EURUSD')
    for (const one of universe) {
      const { passed, text, routes } = ask(universe, one, 3)
      expect([one.instrumentId, passed, text]).toEqual([one.instrumentId, true, ''])
      const bots = routes.filter(({ eligible, lpId }) => eligible && lpId !== 'DESK')
      expect(bots.length, one.instrumentId).toBeGreaterThanOrEqual(5)
    }
  },
)

test('a slip of the finger is refused', () => {
  const universe = simulatedUniverse(20)
  const [euro] = universe
  if (euro === undefined) throw new Error('no instruments')
  expect(ask(universe, euro, 40_000).passed).toBe(true)
  expect(ask(universe, euro, 50_000).reason).toBe('MAX_NOTIONAL_USER')
})

async function house(): Promise<{ log: Log; topics: Topics }> {
  const topics = openTopics({ env: 'test', registry: openEmbeddedRegistry() })
  const log = await openEmbeddedLog({
    engine: memoryEngine(),
    directory: 'log',
    clock: systemClock,
    logger: silentLogger,
    metrics: noMetrics,
    maintenanceIntervalMs: 0,
  })
  await log.admin.createTopics(newTopics(topics, { diskMaxBytes: 1e9 }))
  return { log, topics }
}

test('is published once, by tenant; what an administrator changed stays so', async () => {
  const { log, topics } = await house()
  const { admin } = topics
  const universe = simulatedUniverse(20).map(
    ({
      startPrice,
      yearlyVolatility,
      spreadBps,
      classBeta,
      marketBeta,
      activity,
      tradeShare,
      ...one
    }) => one,
  )
  await publishInstruments(log, admin.instruments, universe, { run: 'test', nowMs: NIGHT })
  const counts = { venues: 6, lps: 9, limits: 10, flags: 2 }
  expect(await publishDemoReference(log, topics, { nowMs: NIGHT })).toEqual(counts)
  expect([...(await latestEvents(log, admin.venues)).keys()].toSorted()).toEqual([
    'platform|ORION',
    'platform|SIMCR',
    'platform|SIMCX',
    'platform|SIMEX',
    'platform|SIMFX',
    'platform|SIMRV',
  ])
  const limits = await latestEvents(log, admin.limits)
  expect(limits.get('other|USER|trader')).toMatchObject({ tenantId: 'other' })
  const ids = [...limits.values()].map((event) => event?.eventId)
  expect(new Set(ids).size).toBe(10)

  const changed: LPConfigUpdated | undefined = DEMO_LPS[0] && { ...DEMO_LPS[0], enabled: false }
  if (changed === undefined) throw new Error('no providers')
  const event = originEvent(
    { producer: 'admin', run: '1', tenantId: 'platform' },
    {
      eventType: 'LPConfigUpdated',
      payload: changed,
      occurredAt: NIGHT,
      entity: { entityType: 'LiquidityProvider', entityId: changed.lpId, sequence: 2 },
    },
  )
  await appendEvents(log, admin.lps, [{ key: `platform|${changed.lpId}`, event }], NIGHT)
  const none = { venues: 0, lps: 0, limits: 0, flags: 0 }
  expect(await publishDemoReference(log, topics, { nowMs: NIGHT + 1 })).toEqual(none)
  const lps = await latestEvents(log, admin.lps)
  expect(lps.get(`platform|${changed.lpId}`)?.payload.enabled).toBe(false)
  await log.close()
})
