import { expect, test } from 'vitest'
import { type LifecycleEnvelope, openEmbeddedRegistry, type QuotesEnvelope } from '#avro'
import { memoryEngine } from '#state-stores'
import { noMetrics, silentLogger, systemClock } from '#streams'
import { type Log, openEmbeddedLog, partitionFor } from '#streams/log'
import { newTopics, openTopics, recordKey, type Topic, type Topics } from '#topics'
import { envelope, INSTRUMENT, instrument, lpConfig, mark, rfqSent } from './fixtures/rfq-events.ts'
import { quoteIdOf } from './response.ts'
import { type LpBots, lpBotsGroup, startLpBots } from './start-lp-bots.ts'

interface House {
  readonly log: Log
  readonly topics: Topics
}

async function house(): Promise<House> {
  const topics = openTopics({ env: 'test', registry: openEmbeddedRegistry() })
  const log = await openEmbeddedLog({
    engine: memoryEngine(),
    directory: 'log',
    clock: systemClock,
    logger: silentLogger,
    metrics: noMetrics,
    maintenanceIntervalMs: 0,
  })
  await log.admin.createTopics(newTopics(topics, { diskMaxBytes: 2e9 }))
  return { log, topics }
}

async function write<E extends { readonly tenantId: string; readonly occurredAt: number }>(
  { log }: House,
  topic: Topic<E>,
  entityId: string,
  event: E,
): Promise<void> {
  const producer = await log.createProducer({ clientId: 'test' })
  const key = topic.keySerde.serialize(topic.name, recordKey(event.tenantId, entityId))
  const value = topic.valueSerde.serialize(topic.name, event)
  const partition = partitionFor(key, topic.entry.partitions)
  const records = [{ key, value, timestampMs: event.occurredAt }]
  await producer.send([{ topic: topic.name, partition, records }])
  await producer.close()
}

async function reference(at: House, lpIds: readonly string[], medianMs: number): Promise<void> {
  const nowMs = systemClock.nowMs()
  const { admin, marketdata } = at.topics
  for (const lpId of lpIds) {
    const config = lpConfig(lpId)
    const personality = config.personality && {
      ...config.personality,
      responseMedianMs: medianMs,
      responseSigma: 0,
    }
    await write(at, admin.lps, lpId, {
      ...envelope('LPConfigUpdated', 'platform', lpId, nowMs),
      payload: { ...config, personality },
    })
  }
  await write(at, admin.instruments, INSTRUMENT, {
    ...envelope('InstrumentUpdated', 'platform', INSTRUMENT, nowMs),
    payload: instrument(),
  })
  await write(at, marketdata.marks, INSTRUMENT, {
    ...envelope('MarkPriceUpdated', 'platform', INSTRUMENT, nowMs),
    payload: mark(100, nowMs),
  })
}

const send = (at: House, rfqId: string, lpIds: readonly string[], tenantId = 'demo') => {
  const nowMs = systemClock.nowMs()
  const event: LifecycleEnvelope = rfqSent(rfqId, {
    tenantId,
    lpIds,
    sentAtMs: nowMs,
    expiryTimeMs: nowMs + 60_000,
  })
  return write(at, at.topics.rfq.lifecycle, rfqId, event)
}

const start = ({ log, topics }: House): Promise<LpBots> =>
  startLpBots({
    env: 'test',
    log,
    topics,
    seed: 1,
    clock: systemClock,
    logger: silentLogger,
    metrics: noMetrics,
  })

/** Follows rfq.quotes from its start. */
async function quotes({ log, topics }: House) {
  const { name, entry, valueSerde } = topics.rfq.quotes
  const reader = await log.createPartitionReader({ clientId: 'test' })
  await reader.assign(
    Array.from({ length: entry.partitions }, (_, partition) => ({
      topic: name,
      partition,
      offset: 0,
    })),
  )
  const seen: QuotesEnvelope[] = []
  return {
    seen,
    until: async (count: number): Promise<readonly QuotesEnvelope[]> => {
      while (seen.length < count)
        for (const { records } of await reader.poll({ maxWaitMs: 50 }))
          for (const { value } of records)
            if (value !== null) seen.push(valueSerde.deserialize(name, value))
      return seen
    },
  }
}

test('an RFQ on the log is quoted on the log, in its partition and tenant', async () => {
  const at = await house()
  await reference(at, ['LP1', 'LP2'], 5)
  const bots = await start(at)
  await send(at, 'R-1', ['LP1', 'LP2', 'LP3'])
  await send(at, 'R-1', ['LP1'], 'other')
  const written = await (await quotes(at)).until(3)
  expect(
    written.map(({ tenantId, payload }) => `${tenantId} ${payload.rfqId} ${payload.lpId}`).sort(),
  ).toEqual(['demo R-1 LP1', 'demo R-1 LP2', 'other R-1 LP1'])
  for (const { payload } of written) expect(payload.price.toString()).toBe('100.1')
  await bots.close()
})

test('restarted bots go on with what was not quoted, and repeat nothing', async () => {
  const at = await house()
  await reference(at, ['FAST'], 5)
  await reference(at, ['SLOW'], 700)
  const follower = await quotes(at)
  const rfqIds = Array.from({ length: 8 }, (_, n) => `R-${n}`)
  const first = await start(at)
  for (const rfqId of rfqIds) await send(at, rfqId, ['FAST', 'SLOW'])
  await follower.until(8)
  await first.close()
  // Committed is the first open RFQ: nothing of what is still to be quoted is behind it.
  const places = Array.from({ length: 4 }, (_, partition) => ({
    topic: at.topics.rfq.lifecycle.name,
    partition,
  }))
  const committed = await at.log.admin.groupOffsets(lpBotsGroup('test'), places)
  expect(committed.every((commit) => (commit?.offset ?? 0) === 0)).toBe(true)

  const second = await start(at)
  await follower.until(16)
  // One more, so that a repeat would have come before it.
  await send(at, 'R-last', ['FAST'])
  const all = await follower.until(17)
  await second.close()
  const ids = all.map(({ payload }) => payload.quoteId)
  expect(new Set(ids).size).toBe(17)
  const expected = rfqIds.flatMap((rfqId) =>
    ['FAST', 'SLOW'].map((lpId) => quoteIdOf({ tenantId: 'demo', lpId, rfqId, n: 0 })),
  )
  expect(ids.slice(0, 16).sort()).toEqual(expected.sort())
})

test('a provider that is disabled is silent from its next RFQ on', async () => {
  const at = await house()
  await reference(at, ['LP1', 'LP2'], 5)
  const follower = await quotes(at)
  const bots = await start(at)
  await send(at, 'R-1', ['LP1', 'LP2'])
  await follower.until(2)
  await write(at, at.topics.admin.lps, 'LP1', {
    ...envelope('LPConfigUpdated', 'platform', 'LP1', systemClock.nowMs()),
    payload: lpConfig('LP1', { enabled: false }),
  })
  for (let n = 2; ; n += 1) {
    const before = follower.seen.length
    await send(at, `R-${n}`, ['LP1', 'LP2'])
    await send(at, `R-${n}-after`, ['LP2'])
    await follower.until(before + 2)
    const told = follower.seen.filter(({ payload }) => payload.rfqId === `R-${n}`)
    if (told.every(({ payload }) => payload.lpId === 'LP2')) break
    expect(n).toBeLessThan(50)
  }
  await bots.close()
})
