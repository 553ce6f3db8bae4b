import type { TicksEnvelope } from '#avro'
import { finiteOrNull, levelPairs, type RowEncoder, timeText } from './row-encoder.ts'

/** Quotes, trades, depth and heartbeats: one row a record, told apart by `kind`. */
export const tickRow: RowEncoder<TicksEnvelope> = {
  table: 'ticks',
  columns: [
    'tenant_id',
    'instrument_id',
    'event_time',
    'kind',
    'source',
    'received_time',
    'bid',
    'ask',
    'mid',
    'bid_size',
    'ask_size',
    'price',
    'size',
    'basis',
    'book_snapshot',
    'first_update_id',
    'last_update_id',
    'bids',
    'asks',
    'flags',
  ],
  values(event) {
    const { tenantId, payload } = event
    const head = [tenantId, payload.instrumentId, timeText(payload.eventTimeMs)]
    switch (event.eventType) {
      case 'MarketTickReceived': {
        const tick = event.payload
        return [
          ...head,
          tick.kind,
          tick.source,
          timeText(tick.receivedTimeMs),
          finiteOrNull(tick.bid, 'bid'),
          finiteOrNull(tick.ask, 'ask'),
          finiteOrNull(tick.mid, 'mid'),
          finiteOrNull(tick.bidSize, 'bid_size'),
          finiteOrNull(tick.askSize, 'ask_size'),
          finiteOrNull(tick.price, 'price'),
          finiteOrNull(tick.size, 'size'),
          tick.basis,
          false,
          0,
          0,
          [],
          [],
          tick.flags,
        ]
      }
      case 'MarketDepthReceived': {
        const depth = event.payload
        return [
          ...head,
          'DEPTH',
          depth.source,
          timeText(depth.receivedTimeMs),
          ...NO_PRICES,
          '',
          depth.snapshot,
          depth.firstUpdateId,
          depth.lastUpdateId,
          levelPairs(depth.bids, 'bids'),
          levelPairs(depth.asks, 'asks'),
          depth.flags,
        ]
      }
      case 'MarketHeartbeatReceived':
        return [
          ...head,
          'HEARTBEAT',
          payload.source,
          null,
          ...NO_PRICES,
          '',
          false,
          0,
          0,
          [],
          [],
          [],
        ]
    }
  },
}

const NO_PRICES: readonly null[] = [null, null, null, null, null, null, null]
