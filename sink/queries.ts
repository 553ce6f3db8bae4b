import type { ClickHouse } from './clickhouse.ts'

export interface BarsQuery {
  /** Whose rows may be read: the caller's tenant, and `platform`. */
  readonly tenants: readonly string[]
  readonly instrumentId: string
  readonly intervalMs: number
  /** Of window starts; inclusive. */
  readonly fromMs: number
  /** Exclusive. */
  readonly toMs: number
  /** The latest ones are kept. */
  readonly limit: number
}

export interface BarRow {
  readonly windowStartMs: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly vwap: number | null
  readonly ticks: number
  readonly origin: 'COMPUTED' | 'FEED'
}

/**
 * Bars in order of time, one a window. Where a window has a computed bar and one of the feed, the computed one is given; of several
 * of one origin (a corrected bar), the one written last.
 */
export function queryBars(
  clickhouse: ClickHouse,
  { limit, ...query }: BarsQuery,
): Promise<readonly BarRow[]> {
  return clickhouse.query<BarRow>(
    `SELECT * FROM (
       SELECT toUnixTimestamp64Milli(window_start) AS windowStartMs, open, high, low, close, volume, vwap, ticks, origin
       FROM orion.bars
       WHERE tenant_id IN {tenants:Array(String)} AND instrument_id = {instrumentId:String} AND interval_ms = {intervalMs:Int64}
         AND window_start >= fromUnixTimestamp64Milli({fromMs:Int64}) AND window_start < fromUnixTimestamp64Milli({toMs:Int64})
       ORDER BY windowStartMs DESC, origin = 'COMPUTED' DESC, inserted_at DESC, offset DESC
       LIMIT 1 BY windowStartMs LIMIT {limit:UInt32}
     ) ORDER BY windowStartMs`,
    { ...query, limit },
    { max_execution_time: 10 },
  )
}
