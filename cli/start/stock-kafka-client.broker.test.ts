import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, test, vi } from 'vitest'
import { openEmbeddedRegistry, serveRegistry } from '#avro'
import { brokerForTests } from '#cli/kafka/broker-for-tests'
import { startEmbeddedClickHouse } from '#sink'
import { silentLogger, systemClock } from '#streams'
import { connectOperator } from '../operator/control-client.ts'
import { topicsOf, wipe } from '../testing/environment-topics.ts'
import { useOrion } from '../testing/use-orion.ts'

vi.setConfig({ testTimeout: 400_000 })

const { brokers = [], missing } = await brokerForTests()
const ADDRESS = brokers.join(',')
const SMALL = ['--rate', '100', '--instruments', '12', '--log-level', 'warn']

describe.skipIf(brokers.length === 0)(`distributed, on a real broker${missing}`, () => {
  const orion = useOrion()

  test('a stock Kafka client reads the ticks and decodes them through the registry', async () => {
    const dataDir = orion.directory('data')
    const env = 'stock'
    await wipe(brokers, env)
    const process = orion.start([
      '--data-dir',
      dataDir,
      '--brokers',
      ADDRESS,
      '--env',
      env,
      ...SMALL,
    ])
    await process.ready()
    const registry = new SchemaRegistry({
      host: `http://127.0.0.1:${await registryPortOf(dataDir)}`,
    })
    const consumer = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).consumer({
      groupId: `stock-${Date.now()}`,
    })
    const events: Record<string, unknown>[] = []
    await consumer.connect()
    await consumer.subscribe({ topic: `${env}.marketdata.ticks.v1`, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (message.value !== null) events.push(await registry.decode(message.value))
      },
    })
    try {
      await vi.waitFor(() => expect(events.length).toBeGreaterThan(20), {
        timeout: 120_000,
        interval: 250,
      })
    } finally {
      await consumer.disconnect()
    }
    for (const event of events)
      expect(event).toMatchObject({
        tenantId: 'platform',
        eventType: expect.stringMatching(/^Market/),
        producer: 'market-data',
      })
    for (const line of process.logs) expect(() => JSON.parse(line), line).not.toThrow()
  })

  test('an incompatible schema under a subject ends the start before a topic is made, with both versions named', async () => {
    const env = 'clash'
    await wipe(brokers, env)
    const registry = openEmbeddedRegistry()
    const server = await serveRegistry(registry, {
      port: 0,
      host: '127.0.0.1',
      logger: silentLogger,
    })
    try {
      const url = `http://127.0.0.1:${server.port}`
      const subject = `${env}.marketdata.ticks.v1-value`
      const schema = JSON.stringify({
        type: 'record',
        name: 'TicksEnvelope',
        namespace: 'orion.marketdata',
        fields: [{ name: 'eventId', type: 'int' }],
      })
      const put = await fetch(`${url}/subjects/${subject}/versions`, {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        body: JSON.stringify({ schema }),
      })
      expect(put.status).toBe(200)
      const process = orion.start([
        '--data-dir',
        orion.directory('data'),
        '--brokers',
        ADDRESS,
        '--env',
        env,
        '--registry',
        url,
        ...SMALL,
      ])
      expect(await process.ended()).toBe(1)
      const last = process.logs.at(-1) ?? ''
      expect(last).toMatch(/^orion: AVRO_SCHEMA_INCOMPATIBLE: /)
      expect(last).toContain(subject)
      expect(last).toMatch(/would be version 2 of .*cannot read version 1 \(id \d+\)/)
      expect(await topicsOf(brokers, env)).toEqual([])
      expect(await (await fetch(`${url}/subjects`)).json()).toEqual([subject])
    } finally {
      await server.close()
      await registry.close()
    }
  })

  test('feeds, streams, sink and gateway as processes of their own bring prices to the snapshot route', async () => {
    const env = 'dev'
    await wipe(brokers, env)
    const registry = openEmbeddedRegistry()
    const server = await serveRegistry(registry, {
      port: 0,
      host: '127.0.0.1',
      logger: silentLogger,
    })
    const token = 'service-token-of-a-test-0123456789abcdef'
    const engine = await startEmbeddedClickHouse({
      directory: orion.directory('clickhouse'),
      port: 0,
      jwks: { keys: [] },
      serviceToken: token,
      logger: silentLogger,
      clock: systemClock,
    })
    try {
      const clickhouse = engine.url.replace('http://', `http://default:${token}@`)
      const role = (name: string) =>
        orion.start(
          [
            '--role',
            name,
            '--data-dir',
            orion.directory(name),
            '--brokers',
            ADDRESS,
            '--env',
            env,
            '--registry',
            `http://127.0.0.1:${server.port}`,
            ...(name === 'sink' || name === 'gateway' ? ['--clickhouse', clickhouse] : []),
            ...SMALL,
          ],
          { ORION_DEMO_PASSWORD: 'a password of a test' },
        )
      const processes = ['feeds', 'streams', 'sink', 'gateway'].map(role)
      const addresses = await Promise.all(processes.map((one) => one.ready()))
      const url = addresses.at(-1) ?? ''
      const login = await fetch(`${url}/api/v1/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ tenant: 'demo', user: 'trader', password: 'a password of a test' }),
      })
      const { accessToken } = (await login.json()) as { accessToken: string }
      const headers = { authorization: `Bearer ${accessToken}` }
      const get = async (path: string) =>
        (await fetch(`${url}/api/v1${path}`, { headers })).json() as Promise<
          Record<string, unknown>
        >
      await vi.waitFor(
        async () => {
          const { items } = (await get('/instruments')) as { items: { instrumentId: string }[] }
          const id = items[0]?.instrumentId ?? ''
          const snapshot = await get(`/market/snapshot?instrumentId=${encodeURIComponent(id)}`)
          expect(JSON.stringify(snapshot)).toMatch(/"(bid|mid)":\d/)
          const rows = await fetch(
            `${engine.url}/?query=${encodeURIComponent('SELECT count() FROM orion.ticks')}`,
            {
              headers: { authorization: `Bearer ${token}` },
            },
          )
          expect(Number(await rows.text())).toBeGreaterThan(0)
        },
        { timeout: 180_000, interval: 500 },
      )
      for (const one of processes) one.kill('SIGTERM')
      for (const one of processes) expect(await one.ended(), one.logs.slice(-3).join('\n')).toBe(0)
    } finally {
      await engine.close()
      await server.close()
      await registry.close()
    }
  })
})

async function registryPortOf(dataDir: string): Promise<number> {
  for await (const { registry } of connectOperator(dataDir).ports({})) return registry
  throw new Error('no ports')
}
