import { Decimal } from 'decimal.js'
import { type InstrumentsEnvelope, type InstrumentUpdated, originEvent } from '#avro'
import type { Log } from '#streams/log'
import { PLATFORM_TENANT, recordKey, type Topic } from '#topics'
import type { FeedInstrument } from './feed-source.ts'
import { appendEvents, latestEvents } from './reference/latest-events.ts'

const PRODUCER = 'feeds'

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
 * others. What an administrator has set stands, whatever the feed says. Returns how many were written.
 */
export async function publishInstruments(
  log: Log,
  topic: Topic<InstrumentsEnvelope>,
  instruments: readonly FeedInstrument[],
  run: { readonly run: string; readonly nowMs: number },
): Promise<number> {
  const current = await latestEvents(log, topic)
  const keyOf = ({ instrumentId }: FeedInstrument) => recordKey(PLATFORM_TENANT, instrumentId)
  const changed = instruments.filter((instrument) =>
    isStale(current.get(keyOf(instrument)), instrument),
  )
  const events = changed.map((instrument) => {
    const key = keyOf(instrument)
    const sequence = (current.get(key)?.entity.sequence ?? 0) + 1
    const event = originEvent(
      { producer: PRODUCER, run: run.run, tenantId: PLATFORM_TENANT },
      {
        eventType: 'InstrumentUpdated',
        payload: payloadOf(instrument),
        occurredAt: run.nowMs,
        entity: { entityType: 'Instrument', entityId: instrument.instrumentId, sequence },
      },
    )
    return { key, event }
  })
  await appendEvents(log, topic, events, run.nowMs)
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

/** Not there, or published by a feed and now different. */
function isStale(event: InstrumentsEnvelope | undefined, instrument: FeedInstrument): boolean {
  if (event !== undefined && event.producer !== PRODUCER) return false
  return differs(event?.payload, instrument)
}

function differs(current: InstrumentUpdated | undefined, instrument: FeedInstrument): boolean {
  if (current === undefined) return true
  return (
    TEXT_FIELDS.some((field) => current[field] !== instrument[field]) ||
    !current.tickSize.equals(instrument.tickSize) ||
    !current.lotSize.equals(instrument.lotSize)
  )
}
