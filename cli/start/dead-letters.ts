import { type DeadLetterEnvelope, eventId } from '#avro'
import type { DeadLetter, DeadLetterEncoder } from '#streams'
import type { Topic } from '#topics'

const TENANT = 'platform'

/**
 * Dead letters of a topology as events of its `dlq` topic: the original bytes, headers and position, with the cause. The tenant is that of the
 * original key.
 */
export function deadLetterEncoder(
  topic: Topic<DeadLetterEnvelope>,
  topology: string,
  version: string,
): DeadLetterEncoder {
  return (letter) => ({
    topic: topic.name,
    key: letter.key,
    value: topic.valueSerde.serialize(topic.name, deadLetterEvent(letter, topology, version)),
  })
}

function deadLetterEvent(
  letter: DeadLetter,
  topology: string,
  version: string,
): DeadLetterEnvelope {
  const place = `${letter.topic}-${letter.partition}`
  const id = eventId(`${topology}|dlq`, place, letter.offset)
  return {
    eventId: id,
    eventType: 'DeadLettered',
    eventVersion: 1,
    occurredAt: letter.timestampMs,
    producer: topology,
    tenantId: tenantOf(letter.key),
    correlationId: id,
    causationId: null,
    entity: { entityType: 'Record', entityId: `${place}@${letter.offset}`, sequence: 1 },
    payload: {
      sourceTopic: letter.topic,
      sourcePartition: letter.partition,
      sourceOffset: letter.offset,
      sourceTimestampMs: letter.timestampMs,
      key: letter.key,
      value: letter.value,
      headers: letter.headers.map(([name, value]) => ({ name, value })),
      code: letter.code,
      cause: letter.what,
      remedy: letter.remedy,
      stack: letter.stack ?? null,
      consumer: letter.consumer,
      consumerVersion: version,
      attempts: letter.attempts,
      firstFailedAt: letter.firstFailedMs,
      lastFailedAt: letter.lastFailedMs,
    },
  }
}

function tenantOf(key: Uint8Array | null): string {
  if (key === null) return TENANT
  const text = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('utf8')
  const bar = text.indexOf('|')
  return bar > 0 ? text.slice(0, bar) : TENANT
}
