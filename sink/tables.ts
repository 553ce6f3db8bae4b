/** Database that users read. */
export const DATABASE = 'orion'
/** Database of the sink's own books: migrations, what retention dropped, materialised views. Users have no way to it. */
export const ADMIN_DATABASE = 'orion_admin'

/**
 * Every table and view of `orion`, and which part of a caller's row scope its rows are filtered by. A table that is missing here must
 * not exist in `orion`: the migrations' test compares.
 */
export const READABLE_TABLES = {
  ticks: 'market',
  snapshots: 'market',
  bars: 'market',
  dlq: 'dead-letters',
  spreads_1m: 'market',
  spreads_1m_state: 'market',
} as const satisfies Readonly<Record<string, 'market' | 'dead-letters'>>

/** Tables that the sink writes, one row a record. */
export type SinkTable = 'ticks' | 'snapshots' | 'bars' | 'dlq'

export const SINK_TABLES: readonly SinkTable[] = ['ticks', 'snapshots', 'bars', 'dlq']
