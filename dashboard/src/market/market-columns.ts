import type { LaidOutColumn } from '../columns/column-layout.ts'

type MarketColumnId =
  | 'instrument'
  | 'bid'
  | 'ask'
  | 'mid'
  | 'spread'
  | 'spreadBps'
  | 'age'
  | 'status'

export interface MarketColumn extends LaidOutColumn {
  readonly id: MarketColumnId
}

/** Of the market watch, beside the pin. The name takes what is over. */
export const MARKET_COLUMNS: readonly MarketColumn[] = [
  { id: 'instrument', title: 'Instrument', width: 110, share: 1, isKept: true },
  { id: 'bid', title: 'Bid', unit: 'price', width: 112, share: 0 },
  { id: 'ask', title: 'Ask', unit: 'price', width: 112, share: 0 },
  { id: 'mid', title: 'Mid', unit: 'price', width: 94, share: 0 },
  { id: 'spread', title: 'Spread', unit: 'pip/tick', width: 104, share: 0 },
  { id: 'spreadBps', title: 'Spread', unit: 'bps', width: 82, share: 0 },
  { id: 'age', title: 'Age', width: 58, share: 0 },
  { id: 'status', title: 'Status', width: 84, share: 0 },
]
