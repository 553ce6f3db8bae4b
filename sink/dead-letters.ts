import { eventId, originEvent } from '#avro'
import type { GroupMetadata } from '#streams/log'
import { type Log, type LogRecord, partitionFor, type TransactionalProducer } from '#streams/log'
import { parseRecordKey, type Topics } from '#topics'
import type { RangePlan } from './range-plan.ts'

export interface Refusal {
  readonly record: LogRecord
  readonly code: string
  readonly cause: string
  readonly remedy: string
  readonly stack: string | null
  /** Of the event, where the record could be read as one. */
  readonly correlationId: string | undefined
}

const CONSUMER = 'sink'
const CONSUMER_VERSION = '1'
const TRANSACTION_MS_MAX = 60_000
/** Tenant of a record whose key names none. */
const FALLBACK_TENANT = 'platform'

/**
 * Writes refused records to `dlq.sink` in one transaction with the group's offset, so that each is there once whatever fails. One
 * transactional id a partition, made when it is first needed: a successor fences it.
 */
export class DeadLetters {
  readonly #log: Log
  readonly #topic: Topics['dlq']['sink']
  readonly #groupId: string
  readonly #producers = new Map<string, TransactionalProducer>()

  constructor({
    log,
    topic,
    groupId,
  }: { readonly log: Log; readonly topic: Topics['dlq']['sink']; readonly groupId: string }) {
    this.#log = log
    this.#topic = topic
    this.#groupId = groupId
  }

  /** After a rejection the outcome is unknown: call it again with the same, it starts anew. */
  async write(plan: RangePlan, refusals: readonly Refusal[], group: GroupMetadata): Promise<void> {
    const id = `${this.#groupId}-${plan.topic}-${plan.partition}`
    let producer = this.#producers.get(id)
    try {
      if (producer === undefined) {
        producer = await this.#log.createTransactionalProducer({
          clientId: CONSUMER,
          transactionalId: id,
          transactionTimeoutMs: TRANSACTION_MS_MAX,
        })
        this.#producers.set(id, producer)
        await producer.init()
      }
      await producer.begin()
      await producer.send(this.#appends(plan, refusals))
      await producer.sendOffsets(group, [
        { topic: plan.topic, partition: plan.partition, offset: plan.to },
      ])
      await producer.commit()
    } catch (cause) {
      this.#producers.delete(id)
      await producer?.close().catch(() => {})
      throw cause
    }
  }

  async close(): Promise<void> {
    for (const producer of this.#producers.values()) await producer.close()
  }

  #appends(plan: RangePlan, refusals: readonly Refusal[]) {
    const { name, entry, valueSerde } = this.#topic
    const byPartition = new Map<number, Refusal[]>()
    for (const refusal of refusals) {
      const partition = partitionFor(refusal.record.key ?? new Uint8Array(), entry.partitions)
      const rows = byPartition.get(partition)
      if (rows === undefined) byPartition.set(partition, [refusal])
      else rows.push(refusal)
    }
    return [...byPartition].map(([partition, rows]) => ({
      topic: name,
      partition,
      records: rows.map((refusal) => ({
        key: refusal.record.key,
        value: valueSerde.serialize(name, deadLetterOf(plan, refusal)),
        timestampMs: refusal.record.timestampMs,
      })),
    }))
  }
}

/** Always the same of the same refusal: it can be named before it is written. */
export function deadLetterOf(plan: RangePlan, { record, correlationId, ...why }: Refusal) {
  const position = `${plan.topic}-${plan.partition}`
  const { tenantId, entityId } = keyParts(record.key)
  const event = originEvent(
    { producer: CONSUMER, run: position, tenantId },
    {
      eventType: 'DeadLettered',
      occurredAt: record.timestampMs,
      entity: { entityType: 'deadLetter', entityId, sequence: record.offset },
      payload: {
        sourceTopic: plan.topic,
        sourcePartition: plan.partition,
        sourceOffset: record.offset,
        sourceTimestampMs: record.timestampMs,
        key: record.key,
        value: record.value,
        headers: record.headers.map(([name, value]) => ({ name, value })),
        ...why,
        consumer: CONSUMER,
        consumerVersion: CONSUMER_VERSION,
        attempts: 1,
        // A batch that is taken again must be the same to the byte.
        firstFailedAt: null,
        lastFailedAt: null,
      },
    },
  )
  // Of one key and offset there may be records in several partitions: the position makes the id.
  const id = eventId(CONSUMER, position, record.offset)
  return { ...event, eventId: id, correlationId: correlationId ?? id }
}

function keyParts(key: Uint8Array | null): {
  readonly tenantId: string
  readonly entityId: string
} {
  try {
    return parseRecordKey(Buffer.from(key ?? []).toString('utf8'))
  } catch {
    return { tenantId: FALLBACK_TENANT, entityId: 'unknown' }
  }
}
