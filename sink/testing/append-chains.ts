import type {
  AlertsEnvelope,
  ChangesEnvelope,
  LpMetricsEnvelope,
  Quantiles,
  TcaEnvelope,
} from '#avro'
import { type RfqChain, rfqChain } from '#processors/analytics/fixtures/rfq-chain'
import { type EmbeddedLog, partitionFor } from '#streams/log'
import { recordKey, type Topic, type Topics } from '#topics'

interface LogHouse {
  readonly log: EmbeddedLog
  readonly topics: Topics
}

/** Appends the streams of chains `first` to `first + count`, and one breach and one change of a flag. */
export async function appendChains(
  house: LogHouse,
  { first, count }: { readonly first: number; readonly count: number },
): Promise<readonly RfqChain[]> {
  const { rfq, execution, posttrade, risk, admin } = house.topics
  const chains = Array.from({ length: count }, (_, index) => rfqChain(first + index))
  await append(
    house,
    rfq.lifecycle,
    chains.flatMap(({ lifecycle }) => lifecycle),
  )
  await append(
    house,
    rfq.quotes,
    chains.flatMap(({ quotes }) => quotes),
  )
  await append(
    house,
    execution.trades,
    chains.flatMap(({ trades }) => trades),
  )
  await append(
    house,
    posttrade.confirmations,
    chains.flatMap(({ confirmations }) => confirmations),
  )
  await append(
    house,
    posttrade.settlement,
    chains.flatMap(({ settlement }) => settlement),
  )
  await append(house, risk.alerts, [breach()])
  await append(house, admin.changes, [change()])
  return chains
}

/** Appends events under their tenant and entity. */
export async function append<E extends AppendedEvent>(
  { log }: LogHouse,
  topic: Topic<E>,
  events: readonly E[],
): Promise<void> {
  const producer = await log.createProducer({ clientId: 'test' })
  const { name, entry, valueSerde } = topic
  const partitions = new Map<
    number,
    { key: Uint8Array; value: Uint8Array; timestampMs: number }[]
  >()
  for (const event of events) {
    const key = Buffer.from(recordKey(event.tenantId, event.entity.entityId))
    const partition = partitionFor(key, entry.partitions)
    const records = partitions.get(partition) ?? []
    records.push({ key, value: valueSerde.serialize(name, event), timestampMs: event.occurredAt })
    partitions.set(partition, records)
  }
  await producer.send(
    [...partitions].map(([partition, records]) => ({ topic: name, partition, records })),
  )
  await producer.close()
}

interface AppendedEvent {
  readonly tenantId: string
  readonly occurredAt: number
  readonly entity: { readonly entityId: string }
}

const head = {
  eventVersion: 1,
  occurredAt: Date.UTC(2026, 10, 20, 9),
  producer: 'test',
  tenantId: 'demo',
  correlationId: 'c',
  causationId: null,
}

function breach(): AlertsEnvelope {
  return {
    ...head,
    eventId: 'breach-1',
    eventType: 'RiskLimitBreached',
    entity: { entityType: 'Limit', entityId: 'USER|trader', sequence: 1 },
    payload: {
      rule: 'RFQ_RATE',
      scope: 'USER',
      subject: 'trader',
      figure: '61 a minute',
      limit: '60 a minute',
      reason: 'Too many RFQs.',
      userId: 'trader',
      instrumentId: null,
      rfqId: 'R-1',
      breachedAtMs: head.occurredAt,
    },
  }
}

function change(): ChangesEnvelope {
  return {
    ...head,
    eventId: 'change-1',
    eventType: 'FlagUpdated',
    entity: { entityType: 'Flag', entityId: 'rfq', sequence: 1 },
    payload: { flag: 'rfq', enabled: false },
  }
}

const QUANTILES: Quantiles = { count: 2, mean: 1.5, p50: 1.5, p90: 1.9, p99: 1.99 }

export function lpMetricsEvent(sequence: number): LpMetricsEnvelope {
  return {
    ...head,
    eventId: `metrics-${sequence}`,
    eventType: 'LpMetricsUpdated',
    entity: { entityType: 'LiquidityProvider', entityId: 'LP-FAST', sequence },
    payload: {
      lpId: 'LP-FAST',
      invited: 10 * sequence,
      quoted: 5,
      won: 2,
      quotedOfTraded: 4,
      lastLookRejected: 0,
      quoteRate: 0.5,
      hitRatio: 0.4,
      hitRatioOfTraded: 0.5,
      responseMs: QUANTILES,
      distanceToBestBps: { count: 0, mean: null, p50: null, p90: null, p99: null },
      wonNotional: 2_000_000,
      updatedAtMs: head.occurredAt,
    },
  }
}

export function tcaEventOf(chain: RfqChain): readonly TcaEnvelope[] {
  return chain.lifecycle.flatMap((event) => {
    if (event.eventType !== 'RFQTraded') return []
    const { payload } = event
    const { summary, quote } = payload
    const known = payload.decision !== null
    return [
      {
        ...head,
        eventId: `tca-${payload.tradeId}`,
        tenantId: chain.tenantId,
        eventType: 'TcaComputed' as const,
        entity: { entityType: 'Trade', entityId: payload.tradeId, sequence: 1 },
        payload: {
          tradeId: payload.tradeId,
          rfqId: payload.rfqId,
          instrumentId: summary.instrumentId,
          assetClass: summary.assetClass,
          lpId: quote.lpId,
          userId: summary.requester.userId,
          desk: summary.requester.desk,
          side: summary.side,
          quantity: payload.quantity,
          price: payload.price,
          currency: payload.currency,
          decisionTimeMs: payload.decisionTimeMs,
          executionTimeMs: payload.executionTimeMs,
          decisionMid: payload.decision?.mid ?? null,
          slippageBps: known ? 1.5 : null,
          slippageAmount: known ? 165 : null,
          effectiveSpreadBps: known ? 3 : null,
          spreadCapture: known ? -1.25 : null,
          timeToExecutionMs: 400,
          decisionToExecutionMs: 100,
          quotes: 3,
          coverBps: 0.2,
        },
      },
    ]
  })
}
