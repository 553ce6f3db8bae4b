import { type EventOrigin, originEvent, type RawEnvelope } from '#avro'
import { type Clock, type Logger, type Metrics, StreamsError } from '#streams'
import {
  type Log,
  type ProducerRecord,
  partitionFor,
  type TransactionalProducer,
} from '#streams/log'
import { recordKey, type Topic } from '#topics'
import type { FeedMessage, FeedProgress, FeedSource } from './feed-source.ts'
import { Pacing } from './pacing.ts'

const TENANT = 'platform'
/** Messages of one transaction at most; also bounds how long the event loop is held. */
const BATCH_MESSAGES_MAX = 2_000
/** A paced feed gathers what falls due within this time. */
const SLICE_MS = 10
/** Waits after failures of the log; the last one repeats. */
const BACKOFF_MS = [500, 1_000, 2_000, 5_000, 10_000]

export interface FeedOptions {
  readonly env: string
  readonly source: FeedSource
  readonly log: Log
  /** marketdata.raw. */
  readonly topic: Topic<RawEnvelope>
  /** Feed ms per wall ms; `Infinity` for as fast as possible. */
  readonly speed: number
  /** Asked before each batch: ms to wait first. A feed that would outrun the disk is slowed, never stopped. */
  readonly holdMs?: () => number
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

export interface RunningFeed {
  /** Resolves when the source has ended or the feed was stopped. */
  readonly done: Promise<FeedSummary>
  /** Stops after the batch under way. */
  stop(): void
}

export interface FeedSummary {
  readonly feedId: string
  /** Messages of the sequence that are on the log now, those of earlier runs included. */
  readonly position: number
  readonly sentNow: number
  /** False when it was stopped before the source ended. */
  readonly ended: boolean
  readonly progress: FeedProgress
}

/**
 * Writes a source to marketdata.raw, each message exactly once over any number of crashes: the position in the sequence commits with the
 * messages, as the offset of the feed's group. A restarted feed passes over what is on the log and goes on with the next message.
 */
export function runFeed(options: FeedOptions): RunningFeed {
  let stopped = false
  return {
    done: run(options, () => stopped),
    stop: () => {
      stopped = true
    },
  }
}

async function run(options: FeedOptions, stopped: () => boolean): Promise<FeedSummary> {
  const { log, source, logger, clock } = options
  const group = feedGroup(options.env, source.feedId)
  const producer = await log.createTransactionalProducer({
    clientId: group,
    transactionalId: group,
    transactionTimeoutMs: 60_000,
  })
  const messages = source.messages()[Symbol.iterator]()
  const pacing = new Pacing(clock, options.speed)
  const sent = options.metrics.counter(
    'orion_feed_messages_total',
    'Messages written to marketdata.raw',
    { feed: source.feedId },
  )
  const encode = encoder(options)
  try {
    await producer.init()
    const start = await committedPosition(options, group)
    let position = skip(messages, start)
    if (start > 0)
      logger.info({ entity: source.feedId, position }, 'feed goes on after what is on the log')
    let next = messages.next()
    while (!next.done && !stopped()) {
      const waitMs = pacing.waitMs(next.value.eventTimeMs)
      if (waitMs > 0) await pause(Math.max(SLICE_MS, waitMs))
      const holdMs = options.holdMs?.() ?? 0
      if (holdMs > 0) await pause(holdMs)
      const batch: FeedMessage[] = []
      do {
        batch.push(next.value)
        next = messages.next()
      } while (
        !next.done &&
        batch.length < BATCH_MESSAGES_MAX &&
        pacing.waitMs(next.value.eventTimeMs) <= 0
      )
      position = await write(options, producer, { group, encode, batch, position })
      sent.add(batch.length)
    }
    return {
      feedId: source.feedId,
      position,
      sentNow: position - start,
      ended: next.done === true,
      progress: source.progress(),
    }
  } finally {
    await producer.close()
  }
}

/** The group whose offset is the feed's position. */
export function feedGroup(env: string, feedId: string): string {
  return `orion-${env}-feed-${feedId}`
}

function skip(messages: Iterator<FeedMessage>, count: number): number {
  for (let passed = 0; passed < count; passed += 1) {
    if (messages.next().done) return passed
  }
  return count
}

async function committedPosition({ log, topic }: FeedOptions, group: string): Promise<number> {
  const [committed] = await log.admin.groupOffsets(group, [{ topic: topic.name, partition: 0 }])
  return committed?.offset ?? 0
}

interface Batch {
  readonly group: string
  readonly encode: (batch: readonly FeedMessage[]) => ReadonlyMap<number, ProducerRecord[]>
  readonly batch: readonly FeedMessage[]
  readonly position: number
}

/** One transaction; after a failure whose outcome is unknown, the position on the log says whether it happened. */
async function write(
  options: FeedOptions,
  producer: TransactionalProducer,
  { group, encode, batch, position }: Batch,
): Promise<number> {
  const after = position + batch.length
  const appends = [...encode(batch)].map(([partition, records]) => ({
    topic: options.topic.name,
    partition,
    records,
  }))
  for (let attempt = 0; ; attempt += 1) {
    try {
      if (attempt > 0) {
        await producer.init()
        if ((await committedPosition(options, group)) >= after) return after
      }
      await producer.begin()
      await producer.send(appends)
      await producer.sendOffsets({ groupId: group, memberId: '', generationId: -1 }, [
        { topic: options.topic.name, partition: 0, offset: after },
      ])
      await producer.commit()
      return after
    } catch (error) {
      if (
        error instanceof StreamsError &&
        (error.code === 'LOG_FENCED' || error.code === 'LOG_RECORD_TOO_LARGE')
      )
        throw error
      const waitMs = BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)] as number
      options.logger.warn(
        { entity: options.source.feedId, topic: options.topic.name, error: String(error), waitMs },
        'feed could not write; trying again',
      )
      await pause(waitMs)
    }
  }
}

function encoder({
  source,
  topic,
}: FeedOptions): (batch: readonly FeedMessage[]) => ReadonlyMap<number, ProducerRecord[]> {
  const origin: EventOrigin = {
    producer: source.feedId.startsWith('replay') ? 'replay' : 'simulator',
    run: source.feedId,
    tenantId: TENANT,
  }
  const partitions = topic.entry.partitions
  const keys = new Map<string, { key: Uint8Array; partition: number }>()
  const keyOf = (entityId: string): { key: Uint8Array; partition: number } => {
    let entry = keys.get(entityId)
    if (entry === undefined) {
      const key = topic.keySerde.serialize(topic.name, recordKey(TENANT, entityId))
      entry = { key, partition: partitionFor(key, partitions) }
      keys.set(entityId, entry)
    }
    return entry
  }
  return (batch) => {
    const byPartition = new Map<number, ProducerRecord[]>()
    for (const { entityId, sequence, eventTimeMs, receivedTimeMs, event } of batch) {
      const { key, partition } = keyOf(entityId)
      // The pair of event type and payload is a member of the stream's union: RawEvent is made of the same pairs.
      const envelope = originEvent(origin, {
        eventType: event.eventType,
        payload: event.payload,
        occurredAt: receivedTimeMs,
        entity: { entityType: 'Instrument', entityId, sequence },
      }) as RawEnvelope
      const record = {
        key,
        value: topic.valueSerde.serialize(topic.name, envelope),
        timestampMs: eventTimeMs,
      }
      const records = byPartition.get(partition)
      if (records === undefined) byPartition.set(partition, [record])
      else records.push(record)
    }
    return byPartition
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
