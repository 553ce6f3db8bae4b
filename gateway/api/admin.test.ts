import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangesEnvelope, KillswitchEnvelope, LpsEnvelope } from '#avro'
import type { Topic } from '#topics'
import { type RunningGateway, runGateway, until } from '../fixtures/running-gateway.ts'
import type { Flag, KillSwitch, Limits, LiquidityProvider, Page, Problem } from '../protocol.ts'

let orion: RunningGateway

beforeAll(async () => {
  orion = await runGateway()
  orion.instrument('EURUSD.SIM', 'FX')
  orion.publish(orion.topics.admin.lps, 'platform', 'LP-ALL', lpEvent('LP-ALL', []))
  orion.publish(orion.topics.admin.lps, 'platform', 'LP-OTHER', lpEvent('LP-OTHER', ['other']))
  await until('the platform’s provider is there', async () => {
    const { body } = await get<Page<LiquidityProvider>>('lps', 'admin')
    return body.items.length > 0
  })
})

afterAll(() => orion.close())

const LP = {
  lpId: 'LP-A',
  name: 'Alpha',
  kind: 'BOT',
  enabled: true,
  assetClasses: ['FX'],
  rfqsPerSecond: 10,
  maxNotional: '25000000.50',
  quoteTtlMs: 5_000,
  lastLook: { windowMs: 100, maxDriftBps: 0.5 },
  personality: {
    halfSpreadBps: 0.5,
    skewBps: 1,
    inventoryMax: '100000000',
    responseMedianMs: 40,
    responseSigma: 0.3,
    declineProbability: 0.02,
    sizeImpactBps: 0.1,
  },
} as const
const VENUE = {
  venueId: 'SIM',
  name: 'Simulator',
  executionTypes: ['RFQ'],
  assetClasses: ['FX'],
  sessions: '08:00-17:00 Europe/London',
  enabled: true,
}
const LIMITS = { scope: 'USER', subject: 'trader', rfqsPerMinute: 60, rfqMaxNotional: '1000000' }
const FLAG = { flag: 'rfq', enabled: false }
const INSTRUMENT = {
  instrumentId: 'ACME.DEMO',
  symbol: 'ACME',
  venue: 'DEMO',
  name: 'Acme',
  assetClass: 'EQUITY',
  currency: 'USD',
  tickSize: '0.01',
  lotSize: '1',
  priceDecimals: 2,
  priceBasis: 'TRADE',
  staleAfterMs: 5_000,
  tradingHours: '24x7',
  enabled: true,
}
const BODIES = { lps: LP, venues: VENUE, limits: LIMITS, flags: FLAG, instruments: INSTRUMENT }

function lpEvent(lpId: string, tenantIds: readonly string[]): LpsEnvelope {
  return {
    eventId: `event-${lpId}`,
    eventType: 'LPConfigUpdated',
    eventVersion: 1,
    occurredAt: 1_700_000_000_000,
    producer: 'test',
    tenantId: 'platform',
    correlationId: 'start',
    causationId: null,
    entity: { entityType: 'LiquidityProvider', entityId: lpId, sequence: 3 },
    payload: {
      lpId,
      name: lpId,
      kind: 'DESK',
      enabled: true,
      assetClasses: ['FX'],
      instrumentIds: [],
      venueIds: [],
      tenantIds: [...tenantIds],
      rfqsPerSecond: 5,
      minNotional: null,
      maxNotional: null,
      quoteTtlMs: 60_000,
      lastLook: null,
      personality: null,
    },
  }
}

async function get<T>(path: string, user: string, tenant = 'demo', position?: string) {
  const response = await orion.call(`/api/v1/admin/${path}`, {
    token: await orion.token(user, tenant),
    headers: position === undefined ? {} : { 'x-orion-position': position },
  })
  return { status: response.status, body: (await response.json()) as T }
}

async function post<T>(
  path: string,
  json: unknown,
  user: string,
  {
    tenant = 'demo',
    key,
    correlationId = 'chain-1',
  }: {
    readonly tenant?: string
    readonly key?: string
    readonly correlationId?: string
  } = {},
) {
  const response = await orion.call(`/api/v1/admin/${path}`, {
    token: await orion.token(user, tenant),
    json,
    headers: {
      'x-correlation-id': correlationId,
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
  })
  const position = response.headers.get('x-orion-position') ?? ''
  return { status: response.status, position, body: (await response.json()) as T }
}

/** All events on a topic. */
async function events<E>({ name, entry, valueSerde }: Topic<E>): Promise<readonly E[]> {
  const reader = await orion.memory.asLog().createPartitionReader({} as never)
  await reader.assign(
    Array.from({ length: entry.partitions }, (_, partition) => ({
      topic: name,
      partition,
      offset: 0,
    })),
  )
  const batches = await reader.poll({ maxWaitMs: 0 } as never)
  return batches.flatMap(({ records }) =>
    records.map(({ value }) => valueSerde.deserialize(name, value ?? new Uint8Array(), [])),
  )
}

test('a change shows at once, is replaced, and hides the platform’s of the same id from its tenant alone', async () => {
  const created = await post<LiquidityProvider>('lps', LP, 'admin')
  expect(created).toMatchObject({
    status: 201,
    body: {
      ...LP,
      tenant: 'demo',
      sequence: 1,
      changedBy: 'admin',
      maxNotional: '25000000.5',
      instrumentIds: [],
      lastLook: { windowMs: 100, maxDriftBps: 0.5, maxQuoteAgeMs: null },
    },
  })
  const listed = await get<Page<LiquidityProvider>>('lps', 'risk', 'demo', created.position)
  expect(listed.body.items.map(({ lpId, tenant, sequence }) => [lpId, tenant, sequence])).toEqual([
    ['LP-A', 'demo', 1],
    ['LP-ALL', 'platform', 0],
  ])
  const own = { ...LP, lpId: 'LP-ALL', enabled: false, sequence: 0 }
  expect(await post('lps', own, 'admin')).toMatchObject({ status: 201, body: { tenant: 'demo' } })
  expect(await post('lps', { ...LP, name: 'New', sequence: 1 }, 'admin')).toMatchObject({
    status: 200,
    body: { name: 'New', sequence: 2 },
  })
  const demo = (await get<Page<LiquidityProvider>>('lps', 'sales')).body.items
  expect(demo.map(({ lpId, tenant, name }) => [lpId, tenant, name])).toEqual([
    ['LP-A', 'demo', 'New'],
    ['LP-ALL', 'demo', 'Alpha'],
  ])
  const other = (await get<Page<LiquidityProvider>>('lps', 'admin', 'other')).body.items
  expect(other.map(({ lpId, tenant, tenantIds }) => [lpId, tenant, tenantIds])).toEqual([
    ['LP-ALL', 'platform', []],
    ['LP-OTHER', 'platform', []],
  ])
})

test('each kind is created, and the other tenant sees nothing of it', async () => {
  for (const [path, body] of Object.entries(BODIES)) {
    const key = `kind-${path}`
    expect([path, (await post(path, body, 'admin', { key })).status]).toEqual([
      path,
      path === 'lps' ? 200 : 201,
    ])
    const own = (await get<Page<{ tenant: string }>>(path, 'admin')).body.items
    expect(own.filter(({ tenant }) => tenant === 'demo').length).toBeGreaterThan(0)
    const others = (await get<Page<{ tenant: string }>>(path, 'admin', 'other')).body.items
    expect(others.filter(({ tenant }) => tenant === 'demo')).toEqual([])
  }
})

test('a flag that the platform switched off shows as off to a tenant that switched it on', async () => {
  const shown = async () =>
    (await get<Page<Flag>>('flags', 'trader')).body.items
      .filter(({ flag }) => flag === 'shared')
      .map(({ tenant, enabled }) => [tenant, enabled])
  await post('flags', { flag: 'shared', enabled: true }, 'platform')
  await post('flags', { flag: 'shared', enabled: false }, 'admin')
  expect(await shown()).toEqual([['demo', false]])
  await post('flags', { flag: 'shared', enabled: false }, 'platform')
  await post('flags', { flag: 'shared', enabled: true }, 'admin')
  expect(await shown()).toEqual([['platform', false]])
  await post('flags', { flag: 'shared', enabled: true }, 'platform')
  expect(await shown()).toEqual([['demo', true]])
})

test('a page ends where the next begins', async () => {
  for (const flag of ['a', 'b', 'c'])
    await post('flags', { flag, enabled: true }, 'admin', { tenant: 'other' })
  const first = (await get<Page<Flag>>('flags?limit=2', 'trader', 'other')).body
  expect(first.items.map(({ flag }) => flag)).toEqual(['a', 'b'])
  const rest = (
    await get<Page<Flag>>(`flags?limit=2&cursor=${first.nextCursor}`, 'trader', 'other')
  ).body
  expect(rest).toMatchObject({ items: [{ flag: 'c' }, { flag: 'shared' }], nextCursor: null })
})

test('a change that another one overtook is refused; a key stands for one request and its first outcome', async () => {
  const body = { ...LIMITS, subject: 'trader2', sequence: 0 }
  const first = await post<Limits>('limits', body, 'risk', { key: 'k1' })
  expect(first).toMatchObject({ status: 201, body: { sequence: 1, changedBy: 'risk' } })
  const late = await post<Problem>('limits', body, 'risk', { key: 'k2' })
  expect(late).toMatchObject({
    status: 409,
    body: { type: 'urn:orion:problem:changed-meanwhile', currentSequence: 1 },
  })
  expect(
    await post<Limits>('limits', { ...body, rfqsPerMinute: 5, sequence: 1 }, 'risk', { key: 'k3' }),
  ).toMatchObject({ status: 200, body: { sequence: 2 } })
  const again = await post<Limits>('limits', body, 'risk', { key: 'k1' })
  expect({ status: again.status, body: again.body }).toEqual({ status: 201, body: first.body })
  expect(
    await post<Problem>('limits', { ...body, rfqsPerMinute: 7 }, 'risk', { key: 'k1' }),
  ).toMatchObject({ status: 422 })
  // Another user's key is another key.
  expect(await post('limits', { ...body, sequence: 2 }, 'admin', { key: 'k1' })).toMatchObject({
    status: 200,
    body: { sequence: 3 },
  })
})

test('many changes of one entity at a time are counted without a gap', async () => {
  const replies = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      post<Flag>('flags', { flag: 'busy', enabled: i % 2 === 0 }, 'admin', { tenant: 'other' }),
    ),
  )
  expect(replies.map(({ body }) => body.sequence).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 10 }, (_, i) => i + 1),
  )
})

test.each([
  ['lps', 'risk'],
  ['venues', 'risk'],
  ['flags', 'risk'],
  ['instruments', 'risk'],
  ['limits', 'sales'],
  ['limits', 'platform'],
  ['lps', 'trader'],
  ['killswitch/enable', 'trader'],
  ['killswitch/disable', 'sales'],
] as const)('%s is not changed by %s', async (path, user) => {
  const body = { ...BODIES, 'killswitch/enable': {}, 'killswitch/disable': {} }[path]
  expect((await post(path, body, user)).status).toBe(403)
})

test.each([
  ['lps', 'trader'],
  ['limits', 'trader'],
  ['instruments', 'sales'],
  ['flags', 'client'],
  ['venues', 'client'],
])('GET %s is refused to %s', async (path, user) => {
  expect((await get(path, user)).status).toBe(403)
})

test.each([
  ['lps', { ...LP, personality: undefined }, 'body.personality'],
  ['lps', { ...LP, tenantIds: ['other'] }, 'body.tenantIds'],
  ['lps', { ...LP, maxNotional: '-1' }, 'body.maxNotional'],
  ['lps', { ...LP, lastLook: { windowMs: 1e9, maxDriftBps: 1 } }, 'body.lastLook.windowMs'],
  ['venues', { ...VENUE, sessions: '08:00-17:00 Mars/Olympus' }, 'body.sessions'],
  ['limits', { ...LIMITS, scope: 'TENANT', subject: 'other' }, 'body.subject'],
  ['limits', { ...LIMITS, rfqsPerMinute: 1.5 }, 'body.rfqsPerMinute'],
  ['flags', { flag: 'with space', enabled: true }, 'body.flag'],
  ['instruments', { ...INSTRUMENT, symbol: 'OTHER' }, 'body.instrumentId'],
  ['instruments', { ...INSTRUMENT, tickSize: '0' }, 'body.tickSize'],
  ['killswitch/enable', { reason: ' ' }, 'body.reason'],
])('%s names the field that is wrong', async (path, body, field) => {
  const { status, body: problem } = await post<Problem>(path, body, 'admin')
  expect({ status, fields: problem.errors?.map(({ path: at }) => at) }).toEqual({
    status: 400,
    fields: [field],
  })
})

test('a shared instrument is the platform’s to change', async () => {
  const body = {
    ...INSTRUMENT,
    instrumentId: 'EURUSD.SIM',
    symbol: 'EURUSD',
    venue: 'SIM',
    enabled: false,
  }
  expect(await post<Problem>('instruments', body, 'admin')).toMatchObject({
    status: 409,
    body: { type: 'urn:orion:problem:shared-instrument' },
  })
  expect(await post('instruments', body, 'platform')).toMatchObject({
    status: 200,
    body: { tenant: 'platform', enabled: false, changedBy: 'platform@demo', sequence: 2 },
  })
})

test('the kill switch of a tenant is its own, audited, and the same on both topics', async () => {
  const reason = 'a runaway algorithm'
  const position = (
    await post('killswitch/enable', { reason }, 'risk', { key: 'stop', correlationId: 'chain-7' })
  ).position
  const { body } = await get<KillSwitch>('killswitch', 'trader', 'demo', position)
  expect(body).toMatchObject({
    enabled: true,
    tenant: { scope: 'TENANT', enabled: true, reason, changedBy: 'risk', sequence: 1 },
    global: { scope: 'GLOBAL', enabled: false, reason: null, sequence: 0 },
  })
  expect((await get<KillSwitch>('killswitch', 'trader', 'other')).body.enabled).toBe(false)
  // Once more with the same key: nothing is written again.
  expect((await post('killswitch/enable', { reason }, 'risk', { key: 'stop' })).status).toBe(200)
  const chain = (await events<ChangesEnvelope>(orion.topics.admin.changes)).filter(
    ({ correlationId }) => correlationId === 'chain-7',
  )
  expect(chain).toMatchObject([
    {
      eventType: 'ChangeRequested',
      tenantId: 'demo',
      payload: { action: 'KillSwitchEnabled', userId: 'risk', roles: ['RISK'] },
    },
    {
      eventType: 'KillSwitchEnabled',
      causationId: chain[0]?.eventId,
      payload: { changedBy: 'risk' },
    },
  ])
  expect(await events<KillswitchEnvelope>(orion.topics.risk.killswitch)).toEqual([chain[1]])
})

test('that of all tenants needs PLATFORM, whose word it is; it stops every tenant', async () => {
  const json = { reason: 'the exchange is down', scope: 'GLOBAL' }
  for (const user of ['risk', 'admin']) {
    expect((await post('killswitch/enable', json, user)).status).toBe(403)
  }
  expect((await post('killswitch/enable', { reason: 'only mine' }, 'platform')).status).toBe(403)
  expect(await post('killswitch/enable', json, 'platform')).toMatchObject({
    status: 200,
    body: { scope: 'GLOBAL', enabled: true, changedBy: 'platform@demo' },
  })
  expect((await get<KillSwitch>('killswitch', 'trader', 'other')).body).toMatchObject({
    enabled: true,
    tenant: { enabled: false },
    global: { enabled: true },
  })
  await post('killswitch/disable', json, 'platform')
  expect((await get<KillSwitch>('killswitch', 'trader', 'other')).body.enabled).toBe(false)
})
