/** Database that users read. */
export const DATABASE = 'orion'
/** Database of the sink's own books: migrations, what retention dropped, materialised views. Users have no way to it. */
export const ADMIN_DATABASE = 'orion_admin'

/**
 * Which part of a caller's row scope a table's rows are filtered by: `market` is the own tenant and the platform, `dead-letters` the own
 * tenant and for some roles the platform, `trading` the own tenant for roles that may see all of its trading, nothing for others.
 */
export type RowScopePart = 'market' | 'dead-letters' | 'trading'

/** Every table and view of `orion`. A table that is missing here must not exist in `orion`: the migrations' test compares. */
export const READABLE_TABLES = {
  ticks: 'market',
  snapshots: 'market',
  bars: 'market',
  dlq: 'dead-letters',
  spreads_1m: 'market',
  spreads_1m_state: 'market',
  rfqs: 'trading',
  quotes: 'trading',
  trades: 'trading',
  confirmations: 'trading',
  settlements: 'trading',
  lp_metrics: 'trading',
  tca: 'trading',
  risk_alerts: 'trading',
  admin_changes: 'trading',
  rfq_outcomes: 'trading',
  rfq_quotes: 'trading',
  lp_performance: 'trading',
  lp_metrics_latest: 'trading',
  settlements_latest: 'trading',
  execution_quality: 'trading',
} as const satisfies Readonly<Record<string, RowScopePart>>

/** Tables that the sink writes, one row a record. */
export const SINK_TABLES = [
  'ticks',
  'snapshots',
  'bars',
  'dlq',
  'rfqs',
  'quotes',
  'trades',
  'confirmations',
  'settlements',
  'lp_metrics',
  'tca',
  'risk_alerts',
  'admin_changes',
] as const satisfies readonly (keyof typeof READABLE_TABLES)[]

export type SinkTable = (typeof SINK_TABLES)[number]

/** True for tables of trading: few rows, asked for long after the ticks of their time have gone. */
export function isTradingTable(table: string): boolean {
  const part: RowScopePart | undefined = (READABLE_TABLES as Record<string, RowScopePart>)[table]
  return part === 'trading'
}
