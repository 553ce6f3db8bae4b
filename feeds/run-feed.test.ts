import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openEmbeddedRegistry } from '#avro'
import { memoryEngine } from '#state-stores'
import { noMetrics, StreamsError, silentLogger, systemClock } from '#streams'
import { type Log, openEmbeddedLog } from '#streams/log'
import { newTopics, openTopics, type Topics } from '#topics'
import type { FeedSource } from './feed-source.ts'
import { publishInstruments } from './publish-instruments.ts'
import { appendEvents, latestEvents } from './reference/latest-events.ts'
import { createReplay } from './replay/replay.ts'
import { feedGroup, runFeed } from './run-feed.ts'
import { createSimulator } from './simulator/simulator.ts'

const source = (): FeedSource =>
  createSimulator({ seed: 5, startTimeMs: 0, ticksPerSecond: 1_000, instruments: 30, ticks: 9_000 })

async function house(): Promise<{ log: Log; topics: Topics }> {
  const registry = openEmbeddedRegistry()
  const topics = openTopics({ env: 'test', registry })
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

function feed(
  { log, topics }: { log: Log; topics: Topics },
  from: FeedSource = source(),
): ReturnType<typeof runFeed> {
  return runFeed({
    env: 'test',
    source: from,
    log,
    topic: topics.marketdata.raw,
    speed: Number.POSITIVE_INFINITY,
    clock: systemClock,
    logger: silentLogger,
    metrics: noMetrics,
  })
}

/** Instrument and sequence of every message on the topic, by partition. */
async function written({ log, topics }: { log: Log; topics: Topics }): Promise<string[][]> {
  const { name, valueSerde, entry } = topics.marketdata.raw
  const places = Array.from({ length: entry.partitions }, (_, partition) => ({
    topic: name,
    partition,
  }))
  const ends = await log.admin.offsets(places, 'stable')
  const found: string[][] = places.map(() => [])
  const reader = await log.createPartitionReader({ clientId: 'test' })
  await reader.assign(places.map((place) => ({ ...place, offset: 0 })))
  const open = new Set(
    places.filter(({ partition }) => (ends[partition] ?? 0) > 0).map(({ partition }) => partition),
  )
  while (open.size > 0) {
    for (const { partition, records, nextOffset } of await reader.poll({ maxWaitMs: 100 })) {
      for (const { value } of records) {
        if (value === null) continue
        const { entity } = valueSerde.deserialize(name, value)
        found[partition]?.push(`${entity.entityId}#${entity.sequence}`)
      }
      if (nextOffset >= (ends[partition] ?? 0)) open.delete(partition)
    }
  }
  await reader.close()
  return found
}

test('a feed that is stopped and started again writes what one run writes', async () => {
  const whole = await house()
  expect(await feed(whole).done).toMatchObject({ position: 9_030, sentNow: 9_030, ended: true })

  const parts = await house()
  let runs = 0
  for (let ended = false; !ended; runs += 1) {
    const running = feed(parts)
    running.stop()
    const again = feed(parts)
    setImmediate(() => again.stop())
    ended = (await again.done.catch(fenced)).ended
    await running.done.catch(fenced)
    if (runs > 50) break
  }
  expect(await written(parts)).toEqual(await written(whole))
  expect(runs).toBeGreaterThan(1)
})

function fenced(error: unknown): { ended: boolean } {
  // Two feeds at once: the later one fences the earlier.
  if (error instanceof StreamsError && error.code === 'LOG_FENCED') return { ended: false }
  throw error
}

test('a failure after the commit does not write the batch again, one before it loses nothing', async () => {
  const calm = await house()
  await feed(calm).done
  for (const when of ['before', 'after'] as const) {
    const parts = await house()
    await feed({ ...parts, log: failingOnce(parts.log, when) }).done
    expect(await written(parts)).toEqual(await written(calm))
    const [committed] = await parts.log.admin.groupOffsets(feedGroup('test', source().feedId), [
      { topic: parts.topics.marketdata.raw.name, partition: 0 },
    ])
    expect(committed?.offset).toBe(9_030)
  }
})

/** A log whose third commit fails, before or after it took effect. */
function failingOnce(log: Log, when: 'before' | 'after'): Log {
  let commits = 0
  return {
    ...log,
    admin: log.admin,
    createTransactionalProducer: async (options) => {
      const producer = await log.createTransactionalProducer(options)
      return {
        init: () => producer.init(),
        begin: () => producer.begin(),
        send: (appends) => producer.send(appends),
        sendOffsets: (group, offsets) => producer.sendOffsets(group, offsets),
        abort: () => producer.abort(),
        close: () => producer.close(),
        commit: async () => {
          commits += 1
          if (commits !== 3) return producer.commit()
          if (when === 'after') await producer.commit()
          throw new StreamsError(
            'LOG_OUTCOME_UNKNOWN',
            'the answer was lost',
            {},
            'Look what happened',
          )
        },
      }
    },
  }
}

test('reference data are published once, and again only where they changed', async () => {
  const { log, topics } = await house()
  const { instruments } = source()
  const publish = (list: typeof instruments): Promise<number> =>
    publishInstruments(log, topics.admin.instruments, list, { run: 'test', nowMs: 1 })
  expect(await publish(instruments)).toBe(30)
  expect(await publish(instruments)).toBe(0)
  expect(
    await publish(
      instruments.map((one, index) => (index === 4 ? { ...one, tickSize: '0.25' } : one)),
    ),
  ).toBe(1)
  // What an administrator set stands.
  const { instruments: topic } = topics.admin
  const key = `platform|${instruments[0]?.instrumentId}`
  const first = (await latestEvents(log, topic)).get(key)
  if (first === undefined) throw new Error('nothing was published')
  const payload = { ...first.payload, enabled: false, name: 'Renamed' }
  await appendEvents(log, topic, [{ key, event: { ...first, producer: 'gateway', payload } }], 1)
  expect(await publish(instruments)).toBe(1)
  expect((await latestEvents(log, topic)).get(key)?.payload).toEqual(payload)
})

test('the recording in the repository replays its messages and closes with heartbeats', async () => {
  const replay = await createReplay(join(import.meta.dirname, 'recordings'))
  const messages = [...replay.messages()]
  expect(replay.progress()).toMatchObject({ rows: 3_001, rowsTotal: 3_001, skipped: [] })
  expect(messages.slice(3_001).every(({ event }) => event.eventType === 'FeedHeartbeat')).toBe(true)
  expect(replay.instruments).toHaveLength(40)
})
