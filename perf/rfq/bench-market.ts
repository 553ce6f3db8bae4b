import { Decimal } from 'decimal.js'
import { type InstrumentUpdated, type LPConfigUpdated, originEvent } from '#avro'
import { type Log, partitionFor } from '#streams/log'
import { recordKey, type Topic, type Topics } from '#topics'

/** One that trades around the clock, so that a benchmark runs on a Sunday, too. */
export const BENCH_INSTRUMENT = 'BENCHUSD.BENCH'
export const BENCH_LPS = ['BENCH1', 'BENCH2', 'BENCH3', 'BENCH4', 'BENCH5'] as const
const TENANT = 'platform'

/** An instrument with a mark, and five liquidity providers that take whatever comes; nobody has a limit. */
export async function publishBenchMarket(log: Log, topics: Topics): Promise<void> {
  const nowMs = Date.now()
  const event = <T extends string, P>(eventType: T, payload: P, entityId: string) =>
    originEvent(
      { producer: 'bench', run: 'rfq', tenantId: TENANT },
      {
        eventType,
        payload,
        occurredAt: nowMs,
        entity: { entityType: 'Bench', entityId, sequence: 1 },
      },
    )
  await write(log, topics.admin.instruments, BENCH_INSTRUMENT, [
    event('InstrumentUpdated', instrument(), BENCH_INSTRUMENT),
  ])
  for (const lpId of BENCH_LPS)
    await write(log, topics.admin.lps, lpId, [event('LPConfigUpdated', provider(lpId), lpId)])
  const mark = { instrumentId: BENCH_INSTRUMENT, bid: 99.99, ask: 100.01, mid: 100 }
  await write(log, topics.marketdata.marks, BENCH_INSTRUMENT, [
    event('MarkPriceUpdated', { ...mark, eventTimeMs: nowMs }, BENCH_INSTRUMENT),
  ])
}

async function write<E extends { readonly tenantId: string; readonly occurredAt: number }>(
  log: Log,
  topic: Topic<E>,
  entityId: string,
  events: readonly E[],
): Promise<void> {
  const producer = await log.createProducer({ clientId: 'orion-bench-market' })
  try {
    for (const event of events) {
      const key = topic.keySerde.serialize(topic.name, recordKey(event.tenantId, entityId))
      const value = topic.valueSerde.serialize(topic.name, event)
      const records = [{ key, value, timestampMs: event.occurredAt }]
      const partition = partitionFor(key, topic.entry.partitions)
      await producer.send([{ topic: topic.name, partition, records }])
    }
  } finally {
    await producer.close()
  }
}

function instrument(): InstrumentUpdated {
  return {
    instrumentId: BENCH_INSTRUMENT,
    symbol: 'BENCHUSD',
    venue: 'BENCH',
    name: 'Benchmark',
    assetClass: 'CRYPTO',
    currency: 'USD',
    tickSize: new Decimal('0.01'),
    lotSize: new Decimal('0.1'),
    priceDecimals: 2,
    priceBasis: 'MID',
    staleAfterMs: 60_000,
    tenor: null,
    tradingHours: '24x7',
    enabled: true,
  }
}

function provider(lpId: string): LPConfigUpdated {
  return {
    lpId,
    name: lpId,
    kind: 'DESK',
    enabled: true,
    assetClasses: ['CRYPTO'],
    instrumentIds: [],
    venueIds: [],
    tenantIds: [],
    rfqsPerSecond: 1_000_000,
    minNotional: null,
    maxNotional: null,
    quoteTtlMs: 60_000,
    lastLook: null,
    personality: null,
  }
}
