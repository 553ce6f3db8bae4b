import { type ClickHouse, queryBars } from '#sink'
import type { Bar, BarInterval } from '../protocol.ts'

export interface BarQuery {
  /** Whose instrument it is. */
  readonly tenant: string
  readonly instrumentId: string
  readonly interval: BarInterval
  /** Inclusive. */
  readonly fromMs: number
  /** Exclusive. */
  readonly toMs: number
  /** The latest ones are given. */
  readonly limit: number
}

/** Bars in order of time. Rejects when the database does not answer; should stop when told to. */
export type BarSource = (query: BarQuery, signal: AbortSignal) => Promise<readonly Bar[]>

const INTERVAL_MS: Readonly<Record<BarInterval, number>> = {
  '1s': 1_000,
  '1m': 60_000,
  '1h': 3_600_000,
}

/** Bars that the sink wrote. A query that is given up runs into the sink's own limit of time. */
export function clickhouseBars(clickhouse: ClickHouse): BarSource {
  return ({ tenant, interval, ...query }) =>
    queryBars(clickhouse, { ...query, tenants: [tenant], intervalMs: INTERVAL_MS[interval] })
}
