import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recovered, snapshotUpdated, staleDetected } from '../fixtures/market-events.ts'
import { type RunningGateway, runGateway, until } from '../fixtures/running-gateway.ts'
import { StreamClient } from '../fixtures/stream-client.ts'
import type { Instrument, Page } from '../protocol.ts'

let orion: RunningGateway

beforeAll(async () => {
  orion = await runGateway()
  for (const id of ['EURUSD.SIM', 'GBPUSD.SIM', 'USDJPY.SIM']) orion.instrument(id, 'FX')
  orion.instrument('ACME.SIM', 'EQUITY')
  orion.instrument('BTCUSD.SIM', 'CRYPTO')
  orion.instrument('PRIVATE.DEMO', 'FX', 'demo')
  orion.instrument('SHARED.SIM', 'FX')
  orion.instrument('SHARED.SIM', 'FX', 'other')
  for (const [i, id] of ['EURUSD.SIM', 'GBPUSD.SIM', 'ACME.SIM'].entries()) orion.price(id, i + 1)
  orion.price('PRIVATE.DEMO', 7, 'demo')
  orion.price('SHARED.SIM', 100)
  orion.price('SHARED.SIM', 200, 'other')
  await until('the views have caught up', async () => (await orion.call('/readyz')).status === 200)
  const token = await orion.token('trader')
  await until('all instruments are there', async () => {
    const page = (await (
      await orion.call('/api/v1/instruments', { token })
    ).json()) as Page<Instrument>
    return page.items.length === 7
  })
})

afterAll(() => orion.close())

async function open(user: string, tenant = 'demo'): Promise<StreamClient> {
  return StreamClient.open(orion.base, await orion.token(user, tenant))
}

describe('a subscription', () => {
  test('is answered, then comes the snapshot, then updates with the latest value', async () => {
    const client = await open('trader')
    expect(await client.subscribe(['EURUSD.SIM', 'GBPUSD.SIM', 'USDJPY.SIM'])).toEqual({
      op: 'subscribed',
      id: 1,
      ok: true,
    })
    const [snapshot] = client.frames()
    expect(snapshot).toMatchObject({ channel: 'market', type: 'snapshot', seq: 1 })
    // USDJPY.SIM has no price yet.
    expect(snapshot?.data.map((item) => item.instrumentId).sort()).toEqual([
      'EURUSD.SIM',
      'GBPUSD.SIM',
    ])
    const before = orion.clock.nowMs()
    orion.price('EURUSD.SIM', 10)
    orion.price('EURUSD.SIM', 11)
    orion.price('USDJPY.SIM', 12)
    await until('both came', () => client.latest().get('USDJPY.SIM')?.sequence === 12)
    const { publishedAtMs, ...item } = client.latest().get('EURUSD.SIM') ?? { publishedAtMs: 0 }
    expect(item).toEqual({
      instrumentId: 'EURUSD.SIM',
      bid: 11,
      ask: 11.5,
      mid: 11.25,
      eventTimeMs: 1_700_000_000_011,
      sequence: 11,
      stale: false,
      quality: 'GOOD',
    })
    expect(publishedAtMs).toBeGreaterThanOrEqual(before)
    await client.close()
  })

  test('added later sends a snapshot of what was added, in sequence', async () => {
    const client = await open('trader')
    await client.subscribe(['EURUSD.SIM'])
    await client.subscribe(['ACME.SIM'], 2)
    expect(client.frames().map(({ type, seq }) => ({ type, seq }))).toEqual([
      { type: 'snapshot', seq: 1 },
      { type: 'snapshot', seq: 2 },
    ])
    expect(client.frames()[1]?.data.map((item) => item.instrumentId)).toEqual(['ACME.SIM'])
    await client.close()
  })

  test('refuses by name what does not exist or is not the caller’s to see, and grants the rest', async () => {
    const client = await open('trader2')
    expect(await client.subscribe(['EURUSD.SIM', 'ACME.SIM', 'BTCUSD.SIM', 'NO.SUCH'])).toEqual({
      op: 'subscribed',
      id: 1,
      ok: true,
      refused: ['ACME.SIM', 'BTCUSD.SIM', 'NO.SUCH'],
    })
    orion.price('ACME.SIM', 20)
    orion.price('EURUSD.SIM', 21)
    await until('the granted one moves', () => client.latest().get('EURUSD.SIM')?.sequence === 21)
    expect([...client.latest().keys()]).toEqual(['EURUSD.SIM'])
    await client.close()
  })

  test('of nothing but refused instruments is not ok, and no frame follows', async () => {
    const client = await open('client')
    expect(await client.subscribe(['EURUSD.SIM'])).toEqual({
      op: 'subscribed',
      id: 1,
      ok: false,
      refused: ['EURUSD.SIM'],
    })
    expect(client.frames()).toEqual([])
    await client.close()
  })

  test('never reaches another tenant’s instrument, and of two with one id takes the tenant’s own', async () => {
    const other = await open('trader', 'other')
    const demo = await open('trader', 'demo')
    expect((await other.subscribe(['PRIVATE.DEMO', 'SHARED.SIM'])).refused).toEqual([
      'PRIVATE.DEMO',
    ])
    await demo.subscribe(['PRIVATE.DEMO', 'SHARED.SIM'])
    expect(other.latest().get('SHARED.SIM')?.sequence).toBe(200)
    expect(demo.latest().get('SHARED.SIM')?.sequence).toBe(100)
    expect(demo.latest().get('PRIVATE.DEMO')?.sequence).toBe(7)
    await Promise.all([other.close(), demo.close()])
  })

  test('ends with unsubscribe, and a new one goes on with the sequence', async () => {
    const client = await open('trader')
    await client.subscribe(['EURUSD.SIM', 'GBPUSD.SIM'])
    client.send({ op: 'unsubscribe', channel: 'market', instrumentIds: ['EURUSD.SIM'], id: 5 })
    await until('it is answered', () =>
      client.received.some((message) => 'op' in message && message.op === 'unsubscribed'),
    )
    orion.price('EURUSD.SIM', 30)
    orion.price('GBPUSD.SIM', 31)
    await until('the other one moves', () => client.latest().get('GBPUSD.SIM')?.sequence === 31)
    expect(client.latest().get('EURUSD.SIM')?.sequence).toBeLessThan(30)
    await client.subscribe(['EURUSD.SIM'], 6)
    expect(client.latest().get('EURUSD.SIM')?.sequence).toBe(30)
    expect(client.frames().map(({ seq }) => seq)).toEqual(client.frames().map((_, i) => i + 1))
    await client.close()
  })
})

test('the quality is the worst flag, and stale comes and goes with status events', async () => {
  const client = await open('trader')
  await client.subscribe(['ACME.SIM'])
  orion.publish(
    orion.topics.marketdata.snapshots,
    'platform',
    'ACME.SIM',
    snapshotUpdated('platform', 'ACME.SIM', {
      sequence: 40,
      bid: 1,
      flags: ['INDICATIVE', 'CROSSED', 'LATE'],
    }),
  )
  await until('crossed', () => client.latest().get('ACME.SIM')?.quality === 'CROSSED')
  orion.publish(
    orion.topics.marketdata.status,
    'platform',
    'ACME.SIM',
    staleDetected('platform', 'ACME.SIM'),
  )
  await until('stale', () => client.latest().get('ACME.SIM')?.stale === true)
  expect(client.latest().get('ACME.SIM')?.quality).toBe('CROSSED')
  orion.publish(
    orion.topics.marketdata.status,
    'platform',
    'ACME.SIM',
    recovered('platform', 'ACME.SIM'),
  )
  await until('recovered', () => client.latest().get('ACME.SIM')?.stale === false)
  await client.close()
})

test('a record that cannot be read is skipped, and the view goes on', async () => {
  const { snapshots } = orion.topics.marketdata
  for (let partition = 0; partition < 4; partition += 1) {
    orion.memory.append(
      snapshots.name,
      partition,
      Buffer.from('platform|EURUSD.SIM'),
      Buffer.from('junk'),
    )
    orion.memory.append(snapshots.name, partition, null, null)
  }
  const client = await open('trader')
  await client.subscribe(['EURUSD.SIM'])
  orion.price('EURUSD.SIM', 50)
  await until('it goes on', () => client.latest().get('EURUSD.SIM')?.sequence === 50)
  await client.close()
})

test('a log that fails for a while loses nothing', async () => {
  const client = await open('trader')
  await client.subscribe(['EURUSD.SIM'])
  orion.memory.fail(true)
  await until('it says so', async () => (await orion.call('/readyz')).status === 503)
  orion.price('EURUSD.SIM', 60)
  orion.memory.fail(false)
  await until('the value came', () => client.latest().get('EURUSD.SIM')?.sequence === 60)
  await until('it is ready again', async () => (await orion.call('/readyz')).status === 200)
  await client.close()
})

describe('a message', () => {
  const CASES: readonly (readonly [sent: string, code: string])[] = [
    ['', 'BAD_MESSAGE'],
    ['{', 'BAD_MESSAGE'],
    ['null', 'BAD_MESSAGE'],
    ['[]', 'BAD_MESSAGE'],
    ['{"op":"explode"}', 'BAD_MESSAGE'],
    ['{"op":"subscribe"}', 'BAD_MESSAGE'],
    ['{"op":"subscribe","channel":"market"}', 'BAD_MESSAGE'],
    ['{"op":"subscribe","channel":"market","instrumentIds":[]}', 'BAD_MESSAGE'],
    ['{"op":"subscribe","channel":"market","instrumentIds":[1]}', 'BAD_MESSAGE'],
    ['{"op":"subscribe","channel":"market","instrumentIds":["A"],"id":-1}', 'BAD_MESSAGE'],
    ['{"op":"subscribe","channel":"nowhere","instrumentIds":["A"]}', 'BAD_MESSAGE'],
    ['{"op":"subscribe","channel":"orders","instrumentIds":["A"],"id":9}', 'CHANNEL_UNAVAILABLE'],
  ]

  test.each(CASES)(
    '%j is answered with an error and leaves the connection open',
    async (sent, code) => {
      const client = await open('trader')
      client.sendText(sent)
      await until('an error', () => client.errors().length > 0)
      expect(client.errors()[0]?.code).toBe(code)
      client.send({ op: 'ping', id: 3 })
      await until('a pong', () =>
        client.received.some(
          (message) => 'op' in message && message.op === 'pong' && message.id === 3,
        ),
      )
      await client.close()
    },
  )

  test('in a binary frame is an error', async () => {
    const client = await open('trader')
    client.sendText(new Uint8Array([0xff, 0x00]))
    await until('an error', () => client.errors()[0]?.code === 'BAD_MESSAGE')
    await client.close()
  })

  test('too many close the connection', async () => {
    const client = await open('trader')
    for (let i = 0; i < 130; i += 1) client.send({ op: 'ping' })
    await until('it is closed', () => client.closed?.code === 4429)
  })

  test('too large closes the connection', async () => {
    const client = await open('trader')
    client.sendText(`"${'x'.repeat(200_000)}"`)
    await until('it is closed', () => client.closed !== undefined)
  })
})
