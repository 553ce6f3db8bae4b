import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import {
  type Admission,
  avroValueSerde,
  type CommandsEnvelope,
  type CreateRFQ,
  type EnvelopeOf,
  recordSchemas,
} from '#avro'
import { createStoreBackend, memoryEngine } from '#state-stores'
import {
  keyValueStore,
  Materialized,
  type Metrics,
  StreamsBuilder,
  stringSerde,
  type Topology,
} from '#streams'
import { TopologyTestDriver } from '#streams/testing'
import { recordKey, type Topic, type Topics } from '#topics'
import { Counted } from '../../topologies/fixtures/counted.ts'
import { testTopics } from '../../topologies/fixtures/drive.ts'
import { admitRfqs, type CreateRfqEnvelope, isBreach } from './admission-processor.ts'
import { command, instrument, limits, lp, mark, NOON, venue } from './fixtures/rfq.ts'

const ADMISSIONS = 'admissions'
const admissionSerde = avroValueSerde(recordSchemas.Admission)
const rates = keyValueStore({
  name: 'rfq-rates',
  keySerde: stringSerde,
  valueSerde: avroValueSerde(recordSchemas.RateCount),
})

function topology({ admin, marketdata, risk, rfq }: Topics): Topology {
  const t = new StreamsBuilder()
  const table = <E>(topic: Topic<E>) => {
    const as = topic.entry.stream.replace('.', '-')
    return t.globalTable(topic, { as, materialized: Materialized.as(as) })
  }
  const tables = {
    instruments: table(admin.instruments),
    marks: table(marketdata.marks),
    venues: table(admin.venues),
    lps: table(admin.lps),
    limits: table(admin.limits),
    flags: table(admin.flags),
    killSwitch: table(risk.killswitch),
  }
  const { instruments, marks, venues, lps, flags, killSwitch } = tables
  const creates = t
    .stream(rfq.commands, { as: 'commands' })
    .filter((_key, event): event is CreateRfqEnvelope => event.eventType === 'CreateRFQ', {
      as: 'creates',
    })
  const { breaches, admissions } = creates
    .process(
      admitRfqs({
        topology: 'admission-test',
        rates,
        instruments: instruments.store,
        marks: marks.store,
        venues: venues.store,
        lps: lps.store,
        limits: tables.limits.store,
        flags: flags.store,
        killSwitch: killSwitch.store,
      }),
      {
        as: 'admit',
        stores: [rates, ...Object.values(tables).map(({ storeName }) => storeName)],
      },
    )
    .split({ as: 'judged-' })
    .branch('breaches', isBreach)
    .defaultBranch('admissions')
  breaches.to(risk.alerts, { as: 'alerts-sink' })
  admissions.to(ADMISSIONS, {
    as: 'admissions-sink',
    keySerde: stringSerde,
    valueSerde: admissionSerde,
  })
  return t.build('admission-test')
}

/** A desk of the world: what is set is on the tables before the next request. */
async function opened(options: { readonly metrics?: Metrics } = {}) {
  const topics = await testTopics()
  const stores = createStoreBackend(memoryEngine())
  const driver = await TopologyTestDriver.open({
    topology: topology(topics),
    stores,
    initialWallClockMs: NOON,
    ...options,
  })
  let sequence = 0
  const set = <E>(
    topic: Topic<E>,
    tenantId: string,
    entityId: string,
    eventType: string,
    payload: unknown,
  ) => {
    const event = envelope(tenantId, eventType, payload, `set-${sequence++}`)
    driver
      .createInputTopic(topic.name, topic.keySerde, topic.valueSerde)
      .pipe(recordKey(tenantId, entityId), event as E)
  }
  const { commands } = topics.rfq
  const input = driver.createInputTopic(commands.name, commands.keySerde, commands.valueSerde)
  const output = driver.createOutputTopic(ADMISSIONS, stringSerde, admissionSerde)
  const { alerts } = topics.risk
  const breaches = driver.createOutputTopic(alerts.name, alerts.keySerde, alerts.valueSerde)
  let count = 0
  const ask = (more: Partial<CreateRFQ> = {}, tenantId = 'demo'): Admission => {
    const rfqId = `R-${++count}`
    const payload = command({ rfqId, expiryTimeMs: driver.clock.nowMs() + 30_000, ...more })
    const event: CommandsEnvelope = {
      ...envelope(tenantId, 'CreateRFQ', payload, `command-${count}`),
      occurredAt: driver.clock.nowMs(),
    }
    input.pipe(recordKey(tenantId, rfqId), event)
    const [record, ...more_] = output.readRecords()
    expect([record?.key, more_]).toEqual([recordKey(tenantId, rfqId), []])
    if (record?.value == null) throw new Error('no admission')
    return record.value
  }
  set(topics.admin.instruments, 'platform', 'EURUSD.SIMFX', 'InstrumentUpdated', instrument())
  set(topics.marketdata.marks, 'platform', 'EURUSD.SIMFX', 'MarkPriceUpdated', mark(1.25))
  set(topics.admin.lps, 'platform', 'A', 'LPConfigUpdated', lp('A', { rfqsPerSecond: 1_000 }))
  return { driver, topics, set, ask, breaches }
}

function envelope<T extends string, P>(
  tenantId: string,
  eventType: T,
  payload: P,
  eventId: string,
): EnvelopeOf<T, P> {
  return {
    eventId,
    eventType,
    eventVersion: 1,
    occurredAt: NOON,
    producer: 'test',
    tenantId,
    correlationId: `chain-${eventId}`,
    causationId: null,
    entity: { entityType: 'Test', entityId: eventId, sequence: 1 },
    payload,
  }
}

test('an admission carries the command, its chain, the market and the routes', async () => {
  const { ask, driver } = await opened()
  const admission = ask()
  expect(admission.notional?.toFixed()).toBe('1250000')
  expect(admission.command.size.toFixed()).toBe('1000000')
  expect(admission).toMatchObject({
    commandId: 'command-1',
    correlationId: 'chain-command-1',
    tenantId: 'demo',
    commandTimeMs: NOON,
    decidedAtMs: NOON,
    passed: true,
    reason: '',
    routes: [{ lpId: 'A', eligible: true, reason: 'ELIGIBLE' }],
    venueId: 'SIMFX',
    mark: { mid: 1.25, eventTimeMs: NOON },
    instrument: { instrumentId: 'EURUSD.SIMFX', assetClass: 'FX' },
    command: { rfqId: 'R-1' },
  })
  await driver.close()
})

test('a kill switch holds from the next record on, for its tenant or for all, until it is off', async () => {
  const { ask, set, topics, driver } = await opened()
  const turn = (whose: string, eventType: string, scope: string) =>
    set(topics.risk.killswitch, whose, 'killswitch', eventType, {
      scope,
      reason: 'drill',
      changedBy: 'risk',
      changedAtMs: NOON,
    })
  const reasons = () => [ask().reason, ask({}, 'other').reason]
  expect(reasons()).toEqual(['', ''])
  turn('demo', 'KillSwitchEnabled', 'TENANT')
  expect(reasons()).toEqual(['KILL_SWITCH', ''])
  turn('platform', 'KillSwitchEnabled', 'GLOBAL')
  turn('demo', 'KillSwitchDisabled', 'TENANT')
  expect(reasons()).toEqual(['KILL_SWITCH', 'KILL_SWITCH'])
  turn('platform', 'KillSwitchDisabled', 'GLOBAL')
  expect(reasons()).toEqual(['', ''])
  await driver.close()
})

test('a flag, a limit, a venue and a provider of one tenant are nothing to another', async () => {
  const { ask, set, topics, driver } = await opened()
  const { flags, limits: limitsTopic, lps, venues } = topics.admin
  set(flags, 'other', 'rfq', 'FlagUpdated', { flag: 'rfq', enabled: false })
  expect([ask().reason, ask({}, 'other').reason]).toEqual(['', 'RFQ_ENABLED'])
  set(flags, 'other', 'rfq', 'FlagUpdated', { flag: 'rfq', enabled: true })

  const none = limits('USER', 'ann', { rfqMaxNotional: new Decimal(1) })
  set(limitsTopic, 'other', 'USER|ann', 'LimitsUpdated', none)
  expect([ask().reason, ask({}, 'other').reason]).toEqual(['', 'MAX_NOTIONAL_USER'])
  set(limitsTopic, 'other', 'USER|ann', 'LimitsUpdated', limits('USER', 'ann'))

  set(venues, 'other', 'SIMFX', 'VenueUpdated', venue({ enabled: false }))
  expect([ask().reason, ask({}, 'other').reason]).toEqual(['', 'VENUE'])
  set(venues, 'other', 'SIMFX', 'VenueUpdated', venue())

  set(lps, 'other', 'OWN', 'LPConfigUpdated', lp('OWN'))
  set(lps, 'other', 'A', 'LPConfigUpdated', lp('A', { enabled: false }))
  set(lps, 'platform', 'THEIRS', 'LPConfigUpdated', lp('THEIRS', { tenantIds: ['third'] }))
  const routes = (tenant: string) =>
    ask({}, tenant).routes.map(({ lpId, reason }) => [lpId, reason])
  expect(routes('demo')).toEqual([['A', 'ELIGIBLE']])
  expect(routes('other')).toEqual([
    ['A', 'DISABLED'],
    ['OWN', 'ELIGIBLE'],
  ])
  await driver.close()
})

test('a limit in euros is compared through the pair that is quoted, and fails closed without it', async () => {
  const { ask, set, topics, driver } = await opened()
  const inEuros = limits('USER', 'ann', {
    rfqMaxNotional: new Decimal(1_000_000),
    notionalCurrency: 'EUR',
  })
  set(topics.admin.limits, 'demo', 'USER|ann', 'LimitsUpdated', inEuros)
  expect(ask().passed).toBe(true)
  expect(ask({ size: new Decimal(1_001_000) }).reason).toBe('MAX_NOTIONAL_USER')
  set(
    topics.admin.instruments,
    'platform',
    'EURUSD.SIMFX',
    'InstrumentUpdated',
    instrument({ assetClass: 'EQUITY' }),
  )
  const asked = { requester: { ...command().requester, assetClasses: ['EQUITY'] } }
  expect(ask(asked).text).toContain('no rate from USD')
  await driver.close()
})

test('each broken limit is told once, with figures, before the refusal; what is no limit is not', async () => {
  const { ask, set, topics, breaches, driver } = await opened()
  for (const [scope, subject] of [
    ['USER', 'ann'],
    ['DESK', 'macro'],
  ] as const)
    set(
      topics.admin.limits,
      'demo',
      `${scope}|${subject}`,
      'LimitsUpdated',
      limits(scope, subject, { rfqMaxNotional: new Decimal(1_000_000) }),
    )
  expect(ask({ size: new Decimal(1_500) }).reason).toBe('SIZE')
  expect(breaches.readRecords()).toEqual([])
  expect(ask().reason).toBe('MAX_NOTIONAL_USER')
  const told = breaches.readRecords()
  expect(told.map(({ key }) => key)).toEqual(['demo|USER|ann', 'demo|DESK|macro'])
  expect(told[0]?.value).toMatchObject({
    tenantId: 'demo',
    causationId: 'command-2',
    correlationId: 'chain-command-2',
    payload: {
      rule: 'MAX_NOTIONAL_USER',
      scope: 'USER',
      subject: 'ann',
      figure: '1,250,000 USD',
      limit: '1,000,000 USD',
      userId: 'ann',
      instrumentId: 'EURUSD.SIMFX',
      rfqId: 'R-2',
      breachedAtMs: NOON,
    },
  })
  expect(new Set(told.map(({ value }) => value?.eventId)).size).toBe(2)
  await driver.close()
})

test('decisions are counted: refusals by the rule that is named, limits that were broken, routes by why', async () => {
  const counted = new Counted()
  const { ask, set, topics, driver } = await opened(counted)
  const max = { rfqMaxNotional: new Decimal(1_500_000) }
  for (const [scope, subject] of [
    ['USER', 'ann'],
    ['DESK', 'macro'],
  ] as const)
    set(topics.admin.limits, 'demo', `${scope}|${subject}`, 'LimitsUpdated', {
      ...limits(scope, subject, max),
    })
  set(topics.admin.lps, 'platform', 'B', 'LPConfigUpdated', lp('B', { assetClasses: ['EQUITY'] }))
  ask()
  ask({ size: new Decimal(2_000_000) })
  ask({ instrumentId: 'NONE.SIMFX' })
  set(topics.admin.lps, 'platform', 'A', 'LPConfigUpdated', lp('A', { enabled: false }))
  ask()
  expect(counted.of('orion_')).toMatchObject({
    'orion_rfq_admissions_total{outcome="admitted"}': 1,
    'orion_rfq_admissions_total{outcome="refused"}': 3,
    'orion_rfq_limit_breaches_total{rule="MAX_NOTIONAL_DESK"}': 1,
    'orion_rfq_limit_breaches_total{rule="MAX_NOTIONAL_USER"}': 1,
    'orion_rfq_refusals_total{rule="INSTRUMENT_KNOWN"}': 1,
    'orion_rfq_refusals_total{rule="MAX_NOTIONAL_USER"}': 1,
    'orion_rfq_refusals_total{rule="NO_LP_ELIGIBLE"}': 1,
    'orion_rfq_routes_total{outcome="ASSET_CLASS"}': 2,
    'orion_rfq_routes_total{outcome="DISABLED"}': 1,
    'orion_rfq_routes_total{outcome="ELIGIBLE"}': 1,
  })
  await driver.close()
})

test('a rate counts what was admitted, slides by the millisecond, and is of its tenant', async () => {
  const { ask, set, topics, driver } = await opened()
  const rate = limits('USER', 'ann', { rfqsPerMinute: 3 })
  for (const tenant of ['demo', 'other'])
    set(topics.admin.limits, tenant, 'USER|ann', 'LimitsUpdated', rate)
  const passes = (tenant?: string) => ask({}, tenant).passed
  expect([passes(), passes()]).toEqual([true, true])
  driver.advanceWallClock(10_000)
  expect([ask({ size: new Decimal(1) }).passed, passes(), passes(), passes()]).toEqual([
    false,
    true,
    false,
    false,
  ])
  expect(passes('other')).toBe(true)
  driver.advanceWallClock(49_999)
  expect(passes()).toBe(false)
  driver.advanceWallClock(1)
  expect([passes(), passes(), passes()]).toEqual([true, true, false])
  driver.advanceWallClock(9_999)
  expect(passes()).toBe(false)
  driver.advanceWallClock(1)
  expect([passes(), passes()]).toEqual([true, false])
  await driver.close()
})

test('a throttle is of a provider and a tenant, slides by the millisecond, and counts what was sent', async () => {
  const { ask, set, topics, driver } = await opened()
  set(topics.admin.lps, 'platform', 'A', 'LPConfigUpdated', lp('A', { rfqsPerSecond: 1 }))
  set(topics.admin.lps, 'platform', 'B', 'LPConfigUpdated', lp('B', { rfqsPerSecond: 2 }))
  const sentTo = (tenant: string) =>
    ask({}, tenant).routes.flatMap(({ lpId, eligible }) => (eligible ? [lpId] : []))
  expect(ask({ size: new Decimal(1) }).routes).toEqual([])
  expect([sentTo('demo'), sentTo('demo'), sentTo('other')]).toEqual([['A', 'B'], ['B'], ['A', 'B']])
  expect(ask().reason).toBe('NO_LP_ELIGIBLE')
  driver.advanceWallClock(999)
  expect(sentTo('demo')).toEqual([])
  driver.advanceWallClock(1)
  expect(sentTo('demo')).toEqual(['A', 'B'])
  await driver.close()
})

test('over thousands of requests no minute and no second holds more than its limit, and none holds less', async () => {
  const { ask, set, topics, driver } = await opened()
  set(
    topics.admin.limits,
    'demo',
    'USER|ann',
    'LimitsUpdated',
    limits('USER', 'ann', { rfqsPerMinute: 100 }),
  )
  set(topics.admin.lps, 'platform', 'A', 'LPConfigUpdated', lp('A', { rfqsPerSecond: 3 }))
  set(topics.admin.lps, 'platform', 'B', 'LPConfigUpdated', lp('B', { rfqsPerSecond: 1_000 }))
  const admitted: number[] = []
  const sentToA: number[] = []
  let state = 1
  for (let request = 0; request < 2_000; request++) {
    state = (state * 48_271) % 2_147_483_647
    driver.advanceWallClock(state % 10 === 0 ? state % 4_000 : state % 200)
    const nowMs = driver.clock.nowMs()
    const within = (times: readonly number[], ms: number) =>
      times.filter((at) => at > nowMs - ms).length
    const mayPass = within(admitted, 60_000) < 100
    const mayReachA = mayPass && within(sentToA, 1_000) < 3
    const { passed, routes } = ask()
    expect([passed, routes.find(({ lpId }) => lpId === 'A')?.eligible ?? false]).toEqual([
      mayPass,
      mayReachA,
    ])
    if (mayPass) admitted.push(nowMs)
    if (mayReachA) sentToA.push(nowMs)
  }
  expect(sentToA.length).toBeLessThan(admitted.length)
  expect(admitted.length).toBeLessThan(2_000)
  // An entry a request within the window, and one for the sum: nothing older stays.
  const entries = [...driver.keyValueStore(rates.name).all()].length
  expect(entries).toBeLessThanOrEqual(100 + 3 + 60 + 4)
  await driver.close()
})

test('the same requests at the same times give the same admissions and breaches, ids included', async () => {
  const runs = await Promise.all(
    [0, 1].map(async () => {
      const { ask, set, topics, breaches, driver } = await opened()
      set(
        topics.admin.limits,
        'demo',
        'USER|ann',
        'LimitsUpdated',
        limits('USER', 'ann', { rfqsPerMinute: 2 }),
      )
      const admissions = [0, 1, 2, 3].map(() => ask())
      const told = breaches.readRecords()
      await driver.close()
      return { admissions, told }
    }),
  )
  expect(runs[0]).toEqual(runs[1])
  expect(runs[0]?.told.length).toBe(2)
})
