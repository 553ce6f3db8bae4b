import { Kafka, logLevel } from 'kafkajs'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../clock.ts'
import type { Logger } from '../../logger.ts'
import { type Metrics, noMetrics } from '../../metrics.ts'
import type { Log } from '../log.ts'
import { FakeCluster, type Mood } from './fixtures/fake-cluster.ts'
import { openKafkaLog } from './kafka-log.ts'

let cluster: FakeCluster | undefined
let log: Log | undefined

afterEach(async () => {
  await log?.close()
  await cluster?.close()
  cluster = undefined
  log = undefined
})

const PLACE = [{ topic: 't', partition: 0 }]

interface Line {
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

async function open(options: { readonly requestTimeoutMs?: number; readonly seeds?: number } = {}) {
  const brokers = await FakeCluster.start(3)
  cluster = brokers
  const lines: Line[] = []
  const gauges = new Map<string, number>()
  const write = (fields: Line['fields'], message: string) => void lines.push({ fields, message })
  const logger: Logger = {
    debug: () => {},
    info: write,
    warn: write,
    error: write,
    child: () => logger,
  }
  const metrics: Metrics = {
    ...noMetrics,
    gauge: (name) => ({ set: (value) => void gauges.set(name, value) }),
  }
  log = await openKafkaLog({
    brokers: brokers.addresses.slice(0, options.seeds ?? 3),
    clientId: 'trouble',
    clock: systemClock,
    logger,
    metrics,
    requestTimeoutMs: options.requestTimeoutMs ?? 300,
  })
  return { brokers, log, lines, gauges }
}

/** The end of the partition, which only its leader tells. */
async function askLeader(): Promise<number | undefined> {
  return (await log?.admin.offsets(PLACE, 'latest'))?.[0]
}

describe('what kafkajs makes of it', () => {
  const kafkajs = (addresses: readonly string[]) =>
    new Kafka({
      brokers: [...addresses],
      logLevel: logLevel.NOTHING,
      retry: { retries: 5, initialRetryTime: 5 },
    })

  test('the broker it is connected to ends: a refresh of metadata fails at once, with five retries and two others left', async () => {
    cluster = await FakeCluster.start(3)
    const producer = kafkajs(cluster.addresses).producer()
    await producer.connect()
    await cluster.moods('resets', 'well', 'well')
    const [, second, third] = cluster.brokers
    const sent = producer.send({ topic: 't', messages: [{ value: 'lost to the caller' }] })
    await expect(sent).rejects.toThrow(/ECONNRESET|Closed connection/)
    expect([second?.requests, third?.requests]).toEqual([0, 0])
    await producer.disconnect()
  })

  test('a coordinator is gone and still named: it counts attempts, not time, and gives up on ECONNREFUSED', async () => {
    cluster = await FakeCluster.start(3)
    const admin = kafkajs(cluster.addresses).admin()
    await admin.connect()
    cluster.coordinator = 2
    await cluster.moods('well', 'well', 'refuses')
    await expect(admin.describeGroups(['g'])).rejects.toThrow(/ECONNREFUSED/)
    await admin.disconnect()
  })

  test('here the others are asked', async () => {
    const { brokers } = await open()
    await brokers.moods('resets', 'well', 'well')
    expect(await log?.admin.listTopics()).toEqual(['t'])
    brokers.leader = 1
    expect(await askLeader()).toBe(42)
  })

  test('here a coordinator that is gone is asked for until another one is named', async () => {
    const { brokers } = await open()
    brokers.coordinator = 2
    await brokers.moods('well', 'well', 'refuses')
    const asked = log?.admin.describeGroup('g')
    await until(() => (brokers.brokers[0]?.requests ?? 0) > 10)
    brokers.coordinator = 1
    expect(await asked).toMatchObject({ groupId: 'g', state: 'empty' })
  })
})

describe('whatever is wrong with some brokers, another one answers', () => {
  const troubles: readonly (readonly [Mood, Mood, Mood])[] = [
    ['refuses', 'refuses', 'well'],
    ['resets', 'refuses', 'well'],
    ['frozen', 'well', 'refuses'],
    ['frozen', 'resets', 'slow'],
    ['refuses', 'frozen', 'slow'],
  ]
  test.each(troubles)('%s, %s, %s', async (...moods) => {
    const { brokers } = await open({ requestTimeoutMs: 700 })
    brokers.leader = moods.findLastIndex((mood) => mood === 'well' || mood === 'slow')
    await brokers.moods(...moods)
    expect(await askLeader()).toBe(42)
  })

  test('the leader moved and the metadata lags behind: asked until it is found', async () => {
    const { brokers } = await open()
    expect(await askLeader()).toBe(42)
    brokers.leader = 1
    brokers.toldLeader = 0
    const asked = askLeader()
    await until(() => (brokers.brokers[0]?.requests ?? 0) > 8)
    brokers.toldLeader = undefined
    expect(await asked).toBe(42)
  })

  test('with a single seed that is gone the others are asked', async () => {
    const { brokers } = await open({ seeds: 1 })
    brokers.leader = 2
    await brokers.moods('refuses', 'well', 'well')
    expect(await askLeader()).toBe(42)
  })
})

test('all brokers are gone and come back on their ports: one line for each change, however many calls wait', async () => {
  const { brokers, lines, gauges, log: opened } = await open()
  await askLeader()
  await brokers.moods('refuses', 'refuses', 'refuses')
  const calls = Array.from({ length: 50 }, () => askLeader())
  await until(() => opened.health?.().waiting === true)
  expect(opened.health?.()).toMatchObject({ waiting: true })
  const health = opened.health?.()
  expect(health?.waiting === true && health.why).toMatch(/list offsets: .*ECONNREFUSED.*away: 127/)
  await until(() => gauges.get('orion_kafka_calls_waiting') === 50)
  expect(gauges.get('orion_kafka_brokers_away')).toBe(3)
  await brokers.moods('well', 'well', 'well')
  expect(new Set(await Promise.all(calls))).toEqual(new Set([42]))
  await opened.admin.listTopics()
  expect(opened.health?.()).toEqual({ waiting: false })
  expect(gauges.get('orion_kafka_calls_waiting')).toBe(0)
  const count = (message: RegExp) => lines.filter((line) => message.test(line.message)).length
  expect(count(/does not answer/)).toBe(3)
  expect(count(/calls wait/)).toBe(1)
  expect(count(/no call waits/)).toBe(1)
  expect(lines.length).toBeLessThanOrEqual(8)
})

test('a broker that is frozen and goes on is used again', async () => {
  const { brokers, lines } = await open()
  await askLeader()
  await brokers.moods('frozen')
  const asked = askLeader()
  await until(() => lines.some(({ message }) => /does not answer/.test(message)))
  await brokers.moods('well')
  expect(await asked).toBe(42)
  expect(lines.at(-1)?.message).toMatch(/answers again|no call waits/)
})

test('requests at the moment of connecting wait until the versions are negotiated', async () => {
  const { brokers } = await open({ requestTimeoutMs: 5_000 })
  await askLeader()
  await brokers.moods('refuses', 'refuses', 'refuses')
  await brokers.moods('slow', 'slow', 'slow')
  const received = () => brokers.brokers.reduce((sum, { requests }) => sum + requests, 0)
  const before = received()
  const asked = askLeader()
  // The connection is up, and what the broker understands is not known yet.
  await until(() => received() > before)
  expect(await askLeader()).toBe(42)
  expect(await asked).toBe(42)
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}
