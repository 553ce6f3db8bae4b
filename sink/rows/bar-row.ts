import type { BarsEnvelope, Ohlc } from '#avro'
import { finite, finiteOrNull, type RowEncoder, timeText } from './row-encoder.ts'

/** `event_time` is the window's start. */
export const barRow: RowEncoder<BarsEnvelope> = {
  table: 'bars',
  columns: [
    'tenant_id',
    'instrument_id',
    'event_time',
    'interval_ms',
    'window_start',
    'origin',
    'basis',
    'source',
    'open',
    'high',
    'low',
    'close',
    'volume',
    'vwap',
    'ticks',
    'bid_open',
    'bid_high',
    'bid_low',
    'bid_close',
    'ask_open',
    'ask_high',
    'ask_low',
    'ask_close',
  ],
  values({ tenantId, payload }) {
    const start = timeText(payload.windowStartMs)
    return [
      tenantId,
      payload.instrumentId,
      start,
      payload.intervalMs,
      start,
      payload.origin,
      payload.basis,
      payload.source,
      finite(payload.open, 'open'),
      finite(payload.high, 'high'),
      finite(payload.low, 'low'),
      finite(payload.close, 'close'),
      finite(payload.volume, 'volume'),
      finiteOrNull(payload.vwap, 'vwap'),
      payload.ticks,
      ...side(payload.bid, 'bid'),
      ...side(payload.ask, 'ask'),
    ]
  },
}

function side(prices: Ohlc | null, name: string): readonly (number | null)[] {
  if (prices === null) return [null, null, null, null]
  return [
    finite(prices.open, `${name}_open`),
    finite(prices.high, `${name}_high`),
    finite(prices.low, `${name}_low`),
    finite(prices.close, `${name}_close`),
  ]
}
