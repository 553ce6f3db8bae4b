import type { BarsEnvelope, TicksEnvelope } from '#avro'

const START_MS = Date.UTC(2014, 4, 1, 12)

/** Tick `index` of ten instruments: quotes with a spread of 0.5, every fifth a trade of size 2 at price 100. */
export function tickEvent(index: number): TicksEnvelope {
  const instrumentId = `I${index % 10}.SIM`
  const trade = index % 5 === 4
  const bid = 100 + (index % 7)
  const occurredAt = START_MS + index * 10
  return {
    eventId: `tick-${index}`,
    eventType: 'MarketTickReceived',
    eventVersion: 1,
    occurredAt,
    producer: 'test',
    tenantId: 'platform',
    correlationId: `tick-${index}`,
    causationId: null,
    entity: { entityType: 'instrument', entityId: instrumentId, sequence: index + 1 },
    payload: {
      instrumentId,
      kind: trade ? 'TRADE' : 'QUOTE',
      source: 'SIM',
      eventTimeMs: occurredAt,
      receivedTimeMs: occurredAt + 1,
      bid,
      ask: bid + 0.5,
      mid: bid + 0.25,
      bidSize: 10,
      askSize: 12,
      price: trade ? 100 : null,
      size: trade ? 2 : null,
      basis: 'MID',
      flags: index % 11 === 0 ? ['LATE'] : [],
    },
  }
}

/** An update of an order book: two bids, one of them taken away, and an ask. */
export function depthEvent(index: number): TicksEnvelope {
  const { payload, ...envelope } = tickEvent(index)
  const { instrumentId, source, eventTimeMs } = payload
  return {
    ...envelope,
    eventType: 'MarketDepthReceived',
    payload: {
      instrumentId,
      source,
      eventTimeMs,
      receivedTimeMs: eventTimeMs + 1,
      snapshot: false,
      firstUpdateId: index,
      lastUpdateId: index,
      bids: [
        { price: 99.5, size: 3.75 },
        { price: 99, size: 0 },
      ],
      asks: [{ price: 100.5, size: 0.00023 }],
      flags: [],
    },
  }
}

/** A bar of one minute whose close tells it apart. */
export function barEvent(window: number, origin: 'COMPUTED' | 'FEED', close: number): BarsEnvelope {
  const windowStartMs = START_MS + window * 60_000
  return {
    eventId: `bar-${window}-${origin}-${close}`,
    eventType: 'BarClosed',
    eventVersion: 1,
    occurredAt: windowStartMs,
    producer: 'test',
    tenantId: 'platform',
    correlationId: 'bar',
    causationId: null,
    entity: { entityType: 'instrument', entityId: 'I0.SIM', sequence: window + 1 },
    payload: {
      instrumentId: 'I0.SIM',
      intervalMs: 60_000,
      windowStartMs,
      origin,
      basis: 'MID',
      source: 'SIM',
      open: 1,
      high: 9,
      low: 1,
      close,
      volume: 3,
      vwap: 2.5,
      ticks: 4,
      bid: null,
      ask: { open: 1, high: 2, low: 1, close: 2 },
    },
  }
}
