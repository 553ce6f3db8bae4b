import { Decimal } from 'decimal.js'
import {
  type EnvelopeOf,
  type InstrumentsEnvelope,
  type InstrumentUpdated,
  originEvent,
} from '#avro'
import { type Log, partitionFor } from '#streams/log'
import { recordKey, type Topic } from '#topics'
import type { FeedInstrument } from './feed-source.ts'

const TENANT = 'platform'
const TEXT_FIELDS = [
  'symbol',
  'venue',
  'name',
  'assetClass',
  'currency',
  'priceDecimals',
  'priceBasis',
  'staleAfterMs',
  'tenor',
  'tradingHours',
] as const

/**
 * Publishes reference data on admin.instruments: an event for each instrument that is new or differs from what the topic says, none for the
 * others. Returns how many were written.
 */
export async function publishInstruments(
  log: Log,
  topic: Topic<InstrumentsEnvelope>,
  instruments: readonly FeedInstrument[],
  run: { readonly run: string; readonly nowMs: number },
): Promise<number> {
  const current = await readCurrent(log, topic)
  const changed = instruments.filter((instrument) =>
    differs(current.get(instrument.instrumentId)?.payload, instrument),
  )
  if (changed.length === 0) return 0
  const partitions = topic.entry.partitions
  const appends = new Map<number, { key: Uint8Array; value: Uint8Array; timestampMs: number }[]>()
  for (const instrument of changed) {
    const sequence = (current.get(instrument.instrumentId)?.entity.sequence ?? 0) + 1
    const event = originEvent(
      { producer: 'feeds', run: run.run, tenantId: TENANT },
      {
        eventType: 'InstrumentUpdated',
        payload: payloadOf(instrument),
        occurredAt: run.nowMs,
        entity: { entityType: 'Instrument', entityId: instrument.instrumentId, sequence },
      },
    )
    const key = topic.keySerde.serialize(topic.name, recordKey(TENANT, instrument.instrumentId))
    const partition = partitionFor(key, partitions)
    const records = appends.get(partition) ?? []
    records.push({
      key,
      value: topic.valueSerde.serialize(topic.name, event),
      timestampMs: run.nowMs,
    })
    appends.set(partition, records)
  }
  const producer = await log.createProducer({ clientId: 'orion-feeds-reference' })
  try {
    await producer.send(
      [...appends].map(([partition, records]) => ({ topic: topic.name, partition, records })),
    )
  } finally {
    await producer.close()
  }
  return changed.length
}

function payloadOf(instrument: FeedInstrument): InstrumentUpdated {
  return {
    ...instrument,
    tickSize: new Decimal(instrument.tickSize),
    lotSize: new Decimal(instrument.lotSize),
    enabled: true,
  }
}

function differs(current: InstrumentUpdated | undefined, instrument: FeedInstrument): boolean {
  if (current === undefined) return true
  return (
    TEXT_FIELDS.some((field) => current[field] !== instrument[field]) ||
    !current.tickSize.equals(instrument.tickSize) ||
    !current.lotSize.equals(instrument.lotSize)
  )
}

type InstrumentEvent = EnvelopeOf<'InstrumentUpdated', InstrumentUpdated>

/** The last event of each instrument on the topic. */
async function readCurrent(
  log: Log,
  topic: Topic<InstrumentsEnvelope>,
): Promise<ReadonlyMap<string, InstrumentEvent>> {
  const partitions = Array.from({ length: topic.entry.partitions }, (_, partition) => ({
    topic: topic.name,
    partition,
  }))
  const [starts, ends] = await Promise.all([
    log.admin.offsets(partitions, 'earliest'),
    log.admin.offsets(partitions, 'stable'),
  ])
  const positions = partitions.map((partition, index) => ({
    ...partition,
    offset: starts[index] ?? 0,
  }))
  const open = new Map(
    positions.flatMap(({ partition, offset }) =>
      (ends[partition] ?? 0) > offset ? [[partition, ends[partition] ?? 0] as const] : [],
    ),
  )
  const current = new Map<string, InstrumentEvent>()
  const reader = await log.createPartitionReader({ clientId: 'orion-feeds-reference' })
  try {
    await reader.assign(positions)
    while (open.size > 0) {
      for (const batch of await reader.poll({ maxWaitMs: 1_000 })) {
        for (const { value } of batch.records) {
          if (value === null) continue
          await topic.valueSerde.pending?.(value)
          const event = topic.valueSerde.deserialize(topic.name, value)
          current.set(event.entity.entityId, event)
        }
        if (batch.nextOffset >= (open.get(batch.partition) ?? 0)) open.delete(batch.partition)
      }
    }
  } finally {
    await reader.close()
  }
  return current
}
