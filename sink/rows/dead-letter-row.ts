import type { DeadLetterEnvelope } from '#avro'
import { type RowEncoder, timeText } from './row-encoder.ts'

/** Bytes are base64: a record may hold anything. `event_time` is the source record's. */
export const deadLetterRow: RowEncoder<DeadLetterEnvelope> = {
  table: 'dlq',
  columns: [
    'tenant_id',
    'instrument_id',
    'event_time',
    'source_topic',
    'source_partition',
    'source_offset',
    'record_key',
    'value_base64',
    'headers',
    'code',
    'cause',
    'remedy',
    'stack',
    'consumer',
    'consumer_version',
    'attempts',
  ],
  values({ tenantId, entity, payload }) {
    const key = text(payload.key)
    return [
      tenantId,
      // The entity part of the key: for market data, the instrument.
      key.includes('|') ? key.slice(key.indexOf('|') + 1) : entity.entityId,
      timeText(payload.sourceTimestampMs),
      payload.sourceTopic,
      payload.sourcePartition,
      payload.sourceOffset,
      key,
      base64(payload.value),
      payload.headers.map((header) => [header.name, base64(header.value)]),
      payload.code,
      payload.cause,
      payload.remedy,
      payload.stack ?? '',
      payload.consumer,
      payload.consumerVersion,
      payload.attempts,
    ]
  },
}

function text(bytes: Uint8Array | null): string {
  return bytes === null ? '' : Buffer.from(bytes).toString('utf8')
}

function base64(bytes: Uint8Array | null): string {
  return bytes === null ? '' : Buffer.from(bytes).toString('base64')
}
