import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InboxEnvelope } from '#avro'
import { type RunningGateway, runGateway, until } from '../fixtures/running-gateway.ts'
import { StreamClient } from '../fixtures/stream-client.ts'
import type { Notification, Page, Problem } from '../protocol.ts'

let orion: RunningGateway

beforeAll(async () => {
  orion = await runGateway({ limits: { alertsPerAudienceMax: 3 } })
  tell('demo', 'user:trader', 'a', { kind: 'RFQ_QUOTED' })
  tell('demo', 'role:RISK', 'b', { kind: 'RISK_LIMIT_BREACHED', severity: 'WARNING' })
  tell('demo', 'user:trader2', 'c')
  tell('other', 'user:trader', 'd')
  tell('other', 'role:RISK', 'e')
  // One notification to three roles, of the platform: for every tenant.
  for (const role of ['TRADER', 'RISK', 'SALES']) {
    tell('platform', `role:${role}`, 'f', { kind: 'KILL_SWITCH_ENABLED', severity: 'CRITICAL' })
  }
  tell('platform', 'user:trader', 'g')
  tell('demo', 'user:trader', 'h', { kind: 'RFQ_EXPIRED', severity: 'WARNING' })
  await until('all are there', async () => (await ids('', 'trader')).length === 3)
})

afterAll(() => orion.close())

let count = 0

function tell(
  tenantId: string,
  audience: string,
  notificationId: string,
  { kind = 'RFQ_TRADED', severity = 'INFO' } = {},
): void {
  const raisedAtMs = 1_700_000_000_000 + notificationId.charCodeAt(0)
  count += 1
  const event: InboxEnvelope = {
    eventId: `event-${count}`,
    eventType: 'NotificationRaised',
    eventVersion: 1,
    occurredAt: raisedAtMs,
    producer: 'alerts',
    tenantId,
    correlationId: `chain-${notificationId}`,
    causationId: null,
    entity: { entityType: 'Notification', entityId: notificationId, sequence: 1 },
    payload: {
      notificationId,
      audience,
      kind,
      severity,
      title: `Title ${notificationId}`,
      text: `Text ${notificationId}`,
      entityType: 'RFQ',
      entityId: 'R-1',
      raisedAtMs,
    },
  }
  orion.publish(orion.topics.notify.inbox, tenantId, audience, event)
}

async function get<T>(query: string, user: string, tenant = 'demo') {
  const response = await orion.call(`/api/v1/alerts${query}`, {
    token: await orion.token(user, tenant),
  })
  return { status: response.status, body: (await response.json()) as T }
}

async function ids(query: string, user: string, tenant = 'demo') {
  const { body } = await get<Page<Notification>>(query, user, tenant)
  return body.items.map(({ notificationId }) => notificationId)
}

test('who reads gets its own, its roles’ and the platform’s to its roles, newest first, and nothing else', async () => {
  expect(await ids('', 'trader')).toEqual(['h', 'f', 'a'])
  expect(await ids('', 'trader2')).toEqual(['f', 'c'])
  expect(await ids('', 'risk')).toEqual(['f', 'b'])
  expect(await ids('', 'quant')).toEqual([])
  expect(await ids('', 'trader', 'other')).toEqual(['f', 'd'])
  expect(await ids('', 'risk', 'other')).toEqual(['f', 'e'])
  const { body } = await get<Page<Notification>>('?limit=1', 'trader')
  expect(body.items).toEqual([
    {
      notificationId: 'h',
      kind: 'RFQ_EXPIRED',
      severity: 'WARNING',
      title: 'Title h',
      text: 'Text h',
      entityType: 'RFQ',
      entityId: 'R-1',
      raisedAt: new Date(1_700_000_000_104).toISOString(),
      correlationId: 'chain-h',
    },
  ])
})

test('pages and filters', async () => {
  const first = (await get<Page<Notification>>('?limit=2', 'trader')).body
  expect(first.items.map(({ notificationId }) => notificationId)).toEqual(['h', 'f'])
  const cursor = `cursor=${encodeURIComponent(first.nextCursor ?? '')}`
  expect((await get(`?limit=2&${cursor}`, 'trader')).body).toMatchObject({
    items: [{ notificationId: 'a' }],
    nextCursor: null,
  })
  expect(await ids('?severity=WARNING', 'trader')).toEqual(['h'])
  expect(await ids('?kind=RFQ_QUOTED', 'trader')).toEqual(['a'])
  // A cursor belongs to its filter.
  expect((await get<Problem>(`?kind=RFQ_QUOTED&${cursor}`, 'trader')).status).toBe(400)
  for (const [query, field] of [
    ['?severity=LOUD', 'query.severity'],
    ['?kind=x', 'query.kind'],
    ['?limit=0', 'query.limit'],
  ] as const) {
    const { status, body } = await get<Problem>(query, 'trader')
    expect([status, body.errors?.[0]?.path]).toEqual([400, field])
  }
  expect((await orion.call('/api/v1/alerts')).status).toBe(401)
})

test('the channel brings what was told, then what comes, to whom it is for', async () => {
  const clients = await Promise.all(
    [
      ['trader', 'demo'],
      ['risk', 'demo'],
      ['trader', 'other'],
    ].map(async ([user = '', tenant]) => {
      const client = await StreamClient.open(orion.base, await orion.token(user, tenant))
      client.send({ op: 'subscribe', channel: 'alerts', id: 1 })
      await until('the snapshot came', () => told(client).length > 0)
      return client
    }),
  )
  tell('demo', 'user:trader', 'i')
  tell('platform', 'role:RISK', 'j')
  tell('platform', 'role:TRADER', 'k')
  const expected = ['afhik', 'bfj', 'dfk']
  for (const [i, client] of clients.entries()) {
    await until(`${expected[i]} came`, () => told(client).length >= (expected[i] ?? '').length)
    // Topics have several partitions: between audiences there is no order.
    expect([...told(client)].sort().join('')).toBe(expected[i])
    await client.close()
  }
  // Three of each audience are kept.
  expect(await ids('?kind=RFQ_TRADED', 'trader')).toEqual(['k', 'i'])
  tell('demo', 'user:trader', 'l')
  tell('demo', 'user:trader', 'm')
  await until('m is there', async () => (await ids('', 'trader')).includes('m'))
  expect(await ids('', 'trader')).toEqual(['m', 'l', 'k', 'i', 'f'])
})

function told(client: StreamClient): readonly string[] {
  return client.received.flatMap((message) =>
    'channel' in message && message.channel === 'alerts'
      ? message.data.map(({ notificationId }) => notificationId)
      : [],
  )
}
