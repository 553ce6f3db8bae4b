import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FlagsEnvelope, openEmbeddedRegistry } from '#avro'
import { memoryEngine } from '#state-stores'
import { noMetrics, Position, silentLogger, systemClock } from '#streams'
import { type EmbeddedLog, openEmbeddedLog } from '#streams/log'
import { newTopics, openTopics, prepareTopics, type Topics } from '#topics'
import { EventWriter, eventWrite } from '../commands/event-writer.ts'
import { EventFeed } from './event-feed.ts'
import type { TopicView } from './topic-view.ts'

let log: EmbeddedLog
let topics: Topics
let writer: EventWriter
const opened: TopicView[] = []

beforeAll(async () => {
  const shared = { clock: systemClock, logger: silentLogger, metrics: noMetrics }
  log = await openEmbeddedLog({ engine: memoryEngine(), directory: 'memory', ...shared })
  const registry = openEmbeddedRegistry()
  topics = openTopics({ env: 'test', registry })
  await log.admin.createTopics(newTopics(topics, { diskMaxBytes: 4_000_000_000 }))
  await prepareTopics(topics, registry)
  writer = new EventWriter({ log, instanceId: 'test', waitingMax: 100, ...shared })
})

afterAll(async () => {
  await Promise.all(opened.map((view) => view.close()))
  await writer.close()
  await log.close()
})

function flag(sequence: number): FlagsEnvelope {
  return {
    eventId: `flag-${sequence}`,
    eventType: 'FlagUpdated',
    eventVersion: 1,
    occurredAt: sequence,
    producer: 'test',
    tenantId: 'demo',
    correlationId: 'test',
    causationId: null,
    entity: { entityType: 'Flag', entityId: 'rfq', sequence },
    payload: { flag: 'rfq', enabled: true },
  }
}

/** Both topics in one transaction. */
async function write(sequence: number): Promise<Position> {
  const facts = { tenantId: 'demo', entityId: 'rfq', event: flag(sequence) }
  return writer.write([
    eventWrite(topics.admin.flags, facts),
    eventWrite(topics.admin.changes, facts),
  ])
}

function follow() {
  const feed = new EventFeed()
  const seen: string[] = []
  feed.on(topics.admin.flags, () => {
    throw new Error('this view cannot take it')
  })
  feed.on(topics.admin.flags, ({ eventId }, { offset }) => seen.push(`${eventId} at ${offset}`))
  feed.on(topics.admin.changes, () => {})
  const view = feed.open({ log, logger: silentLogger, metrics: noMetrics })
  opened.push(view)
  return { seen, view }
}

test('every version of a key comes once and in order, whatever another view makes of it', async () => {
  const { seen, view } = follow()
  for (const sequence of [1, 2]) await write(sequence)
  const third = await write(3)
  // All in one fetch.
  view.start()
  expect(await view.reached(third, 5_000)).toBe(true)
  expect(seen).toEqual(['flag-1 at 0', 'flag-2 at 1', 'flag-3 at 2'])
})

test('what one view reflects another one reaches, when it has read that far', async () => {
  const written = await write(4)
  const { view: first } = follow()
  const { view: second } = follow()
  first.start()
  expect(await first.reached(written, 5_000)).toBe(true)
  const position = first.position(topics.admin.flags.name)
  expect(position.toJSON()).toEqual({ [topics.admin.flags.name]: { 0: 4 } })
  expect(await second.reached(position, 20)).toBe(false)
  const waiting = second.reached(position, 5_000)
  second.start()
  expect(await waiting).toBe(true)
  const ahead = Position.of([{ topic: topics.admin.flags.name, partition: 0, offset: 100 }])
  const never = second.reached(ahead, 60_000)
  await second.close()
  expect(await never).toBe(false)
})
