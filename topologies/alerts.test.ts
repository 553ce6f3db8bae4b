import { expect, test } from 'vitest'
import type { InboxEnvelope } from '#avro'
import type { TopicHandle } from '#streams'
import {
  breach,
  killSwitch,
  quoteSummary,
  ranked,
  rfqEvents,
  settlementEvents,
  T0,
} from '../processors/alerts/fixtures/alert-events.ts'
import { alertsTopology } from './alerts.ts'
import { type Driven, drive, read } from './fixtures/drive.ts'

function pipe<E>({ driver }: Driven, topic: TopicHandle<string, E>, key: string, event: E): void {
  driver.createInputTopic(topic.name, topic.keySerde, topic.valueSerde).pipe(key, event)
}

/** Pipes events of the RFQ and gives what was raised, by key. */
function raised(
  alerts: Driven,
): readonly (readonly [string | undefined, InboxEnvelope['payload']])[] {
  return read(alerts, alerts.topics.notify.inbox).map(
    ({ key, value }) => [key, (value as InboxEnvelope).payload] as const,
  )
}

const rfq = (alerts: Driven, ...events: ReturnType<typeof rfqEvents.created>[]) => {
  for (const event of events)
    pipe(alerts, alerts.topics.rfq.lifecycle, `${event.tenantId}|R-1`, event)
}

test('the requester hears of the first quote once, of a refused trade, and of the trade', async () => {
  const alerts = await drive(alertsTopology)
  const first = rfqEvents.quoted([ranked('LP-A', '1.0851')])
  rfq(
    alerts,
    rfqEvents.created(),
    first,
    rfqEvents.quoted([ranked('LP-B', '1.0850'), ranked('LP-A', '1.0851')]),
    rfqEvents.lastLookRejected('QUOTING'),
    rfqEvents.quoted([ranked('LP-B', '1.0850')], 'LAST_LOOK'),
    rfqEvents.traded(),
  )
  const records = read(alerts, alerts.topics.notify.inbox)
  expect(records.map(({ key }) => key)).toEqual(Array(3).fill('demo|user:trader'))
  expect(records[0]?.value).toMatchObject({
    tenantId: 'demo',
    correlationId: 'chain-1',
    causationId: first.eventId,
    entity: { entityType: 'Notification', entityId: expect.stringMatching(/^[0-9a-f]{32}$/) },
    payload: { notificationId: records[0]?.value?.entity.entityId, raisedAtMs: T0 },
  })
  expect(records.map(({ value }) => value?.payload)).toMatchObject([
    {
      audience: 'user:trader',
      kind: 'RFQ_QUOTED',
      severity: 'INFO',
      title: 'First quote: BUY 5,000,000 EURUSD.SIM',
      text: 'LP-A quotes 1.0851 for 5,000,000, +0.4 bps against mid; good until 12:00:05 UTC.',
      entityType: 'RFQ',
      entityId: 'R-1',
    },
    {
      kind: 'RFQ_LAST_LOOK_REJECTED',
      severity: 'WARNING',
      title: 'LP-A refused the trade: BUY 5,000,000 EURUSD.SIM',
      text: 'The market moved 1.2 bps against LP-A.',
    },
    {
      kind: 'RFQ_TRADED',
      title: 'Traded: BUY 5,000,000 EURUSD.SIM at 1.0851',
      text: 'With LP-A, 5,425,500 USD; trade T-1.',
    },
  ])
  await alerts.driver.close()
})

test('an end without a trade says why, and what was remembered is gone with it', async () => {
  const alerts = await drive(alertsTopology)
  rfq(alerts, rfqEvents.created(), rfqEvents.expired())
  rfq(alerts, rfqEvents.created(), rfqEvents.rejected())
  rfq(
    alerts,
    rfqEvents.created(),
    rfqEvents.lastLookRejected('EXPIRED'),
    rfqEvents.expired([quoteSummary('LP-B', '1.086', 2), quoteSummary('LP-A', '1.085', 1)]),
  )
  rfq(alerts, rfqEvents.created(), rfqEvents.cancelled('trader'))
  rfq(alerts, rfqEvents.created(), rfqEvents.cancelled('trader2'))
  // Too late: nobody waits for it.
  rfq(alerts, rfqEvents.quoted([ranked('LP-A', '1.0851')]))
  expect(raised(alerts).map(([, { kind, text }]) => [kind, text])).toEqual([
    ['RFQ_EXPIRED', 'None of the 2 liquidity providers asked quoted in time.'],
    ['RFQ_REJECTED', 'Trading is stopped.'],
    ['RFQ_LAST_LOOK_REJECTED', 'The market moved 1.2 bps against LP-A.'],
    [
      'RFQ_EXPIRED',
      'Nothing was traded. Of the 2 liquidity providers asked, 2 quoted; the best was 1.085 of LP-A.',
    ],
    ['RFQ_CANCELLED', 'trader2 of your desk cancelled it.'],
  ])
  expect(alerts.driver.keyValueStore('watched-rfqs').get('demo|R-1')).toBeUndefined()
  await alerts.driver.close()
})

test('a breach goes to the user and to risk; repeats wait a minute and are counted', async () => {
  const alerts = await drive(alertsTopology)
  const { alerts: topic } = alerts.topics.risk
  for (const atMs of [0, 1, 59_999]) pipe(alerts, topic, 'demo|USER|trader', breach(T0 + atMs))
  pipe(
    alerts,
    topic,
    'demo|USER|trader',
    breach(T0 + 2, {
      instrumentId: null,
      rfqId: null,
      userId: '',
      rule: 'ORDER_RATE',
      figure: '7',
      limit: '5',
      reason: 'Too many orders',
    }),
  )
  pipe(alerts, topic, 'other|USER|trader', breach(T0 + 3, {}, 'other'))
  pipe(alerts, topic, 'demo|USER|trader', breach(T0 + 60_000))
  const title = 'Limit breached: largest amount, trader in EURUSD.SIM'
  const text = '5,425,500 USD is above the limit of user trader, 1,000,000 USD.'
  const again = `${text} 2 more since 12:00:00 UTC.`
  const notices = raised(alerts)
  expect(notices.map(([key, notice]) => [key, notice.title, notice.text])).toEqual([
    ['demo|user:trader', title, text],
    ['demo|role:RISK', title, text],
    ['demo|role:RISK', 'Limit breached: ORDER_RATE, trader', 'Too many orders (7; allowed: 5).'],
    ['other|user:trader', title, text],
    ['other|role:RISK', title, text],
    ['demo|user:trader', title, again],
    ['demo|role:RISK', title, again],
  ])
  expect(notices.slice(1, 3).map(([, { entityType, entityId }]) => [entityType, entityId])).toEqual(
    [
      ['RFQ', 'R-1'],
      ['Limits', 'USER|trader'],
    ],
  )
  await alerts.driver.close()
})

test('of a settlement, the first delay, the end after one, and a failure are told', async () => {
  const alerts = await drive(alertsTopology)
  const { retrying, failed, completed } = settlementEvents
  for (const event of [retrying(1), retrying(2), completed(1), completed(3), failed()]) {
    pipe(alerts, alerts.topics.posttrade.settlement, 'demo|T-1', event)
  }
  const notices = raised(alerts)
  expect(notices.map(([key, { kind, severity }]) => [key, kind, severity])).toEqual([
    ['demo|role:SALES', 'SETTLEMENT_RETRYING', 'WARNING'],
    ['demo|role:SALES', 'SETTLEMENT_COMPLETED', 'INFO'],
    ['demo|user:trader', 'SETTLEMENT_FAILED', 'CRITICAL'],
    ['demo|role:SALES', 'SETTLEMENT_FAILED', 'CRITICAL'],
    ['demo|role:RISK', 'SETTLEMENT_FAILED', 'CRITICAL'],
  ])
  expect(notices[2]?.[1]).toMatchObject({
    title: 'Settlement failed: 5,000,000 EURUSD.SIM',
    text: 'Trade T-1: macro pays LP-A 5,425,500 USD, due 2026-11-24. Given up after 4 attempts: the custodian did not match. Operations have to resolve it.',
  })
  await alerts.driver.close()
})

test('a kill switch is told to the roles of its tenant; that of all tenants as the platform’s', async () => {
  const alerts = await drive(alertsTopology)
  const { killswitch } = alerts.topics.risk
  pipe(alerts, killswitch, 'demo|killswitch', killSwitch('KillSwitchEnabled'))
  pipe(alerts, killswitch, 'platform|killswitch', killSwitch('KillSwitchEnabled', 'platform'))
  pipe(alerts, killswitch, 'demo|killswitch', killSwitch('KillSwitchDisabled'))
  const notices = raised(alerts)
  expect(notices.map(([key, { title }]) => [key, title])).toEqual(
    [
      ['demo', 'Trading stopped'],
      ['platform', 'Trading stopped for all tenants'],
      ['demo', 'Trading released'],
    ].flatMap(([tenant, title]) =>
      ['TRADER', 'SALES', 'RISK'].map((role) => [`${tenant}|role:${role}`, title]),
    ),
  )
  // One notification to three roles.
  expect(new Set(notices.map(([, { notificationId }]) => notificationId)).size).toBe(3)
  expect(notices[0]?.[1].text).toBe(
    'risk threw the kill switch: a runaway algorithm. New RFQs are refused until it is released; open ones can still be cancelled.',
  )
  await alerts.driver.close()
})

test('the same events raise the same notifications again; a record without a value is dead-lettered', async () => {
  const events = [rfqEvents.created(), rfqEvents.quoted([ranked('LP-A', '1.0851', null)])]
  const runs = []
  for (const _ of [1, 2]) {
    const alerts = await drive(alertsTopology)
    rfq(alerts, ...events)
    runs.push(read(alerts, alerts.topics.notify.inbox).map(({ value }) => value))
    const { killswitch } = alerts.topics.risk
    alerts.driver
      .createInputTopic(killswitch.name, killswitch.keySerde, killswitch.valueSerde)
      .pipe('demo|killswitch', undefined)
    expect(alerts.driver.deadLetters.map(({ code }) => code)).toEqual(['ALERTS_NO_VALUE'])
    await alerts.driver.close()
  }
  expect(runs[0]).toHaveLength(1)
  expect(runs[1]).toEqual(runs[0])
})
