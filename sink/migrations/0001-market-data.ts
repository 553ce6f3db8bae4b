import type { Migration } from './migration.ts'

/**
 * Every row is one record of a topic. `inserted_at` is the time at which the sink planned the batch, so a repeated batch falls into the
 * same partition, where deduplication looks. Partitions follow it, never event time: rows of past years do not spread over
 * hundreds of partitions, and retention drops what came first.
 */
export const PLACE = `
  topic LowCardinality(String), partition Int32, offset Int64,
  event_id String, event_type LowCardinality(String), producer LowCardinality(String),
  correlation_id String, causation_id Nullable(String), entity_sequence Int64,
  inserted_at DateTime64(3, 'UTC') CODEC(DoubleDelta, LZ4),
  INDEX offset_range offset TYPE minmax GRANULARITY 1`

export const KEY = `
  tenant_id LowCardinality(String), instrument_id LowCardinality(String),
  event_time DateTime64(3, 'UTC') CODEC(Delta, LZ4)`

const engine = (order: string) => `
ENGINE = MergeTree PARTITION BY toStartOfHour(inserted_at) ORDER BY (${order})
SETTINGS non_replicated_deduplication_window = 10000, max_bytes_to_merge_at_max_space_in_pool = 268435456`

const LEVELS = 'Array(Tuple(price Float64, size Float64))'

export const marketDataTables: Migration = {
  version: 1,
  name: 'market-data',
  statements: [
    `CREATE TABLE IF NOT EXISTS orion.ticks (${KEY},
  kind Enum8('QUOTE' = 1, 'TRADE' = 2, 'DEPTH' = 3, 'HEARTBEAT' = 4), source LowCardinality(String),
  received_time Nullable(DateTime64(3, 'UTC')),
  bid Nullable(Float64), ask Nullable(Float64), mid Nullable(Float64), bid_size Nullable(Float64), ask_size Nullable(Float64),
  price Nullable(Float64), size Nullable(Float64), basis LowCardinality(String),
  book_snapshot Bool, first_update_id Int64, last_update_id Int64, bids ${LEVELS}, asks ${LEVELS},
  flags Array(LowCardinality(String)),${PLACE})${engine('tenant_id, instrument_id, event_time')}`,

    `CREATE TABLE IF NOT EXISTS orion.snapshots (${KEY},
  cause LowCardinality(String), source LowCardinality(String), sequence Int64, received_time DateTime64(3, 'UTC'),
  bid Nullable(Float64), ask Nullable(Float64), mid Nullable(Float64), bid_size Nullable(Float64), ask_size Nullable(Float64),
  last_price Nullable(Float64), last_size Nullable(Float64),
  day_start DateTime64(3, 'UTC'), day_open Nullable(Float64), day_high Nullable(Float64), day_low Nullable(Float64),
  day_volume Float64, day_ticks Int64, bids ${LEVELS}, asks ${LEVELS},
  flags Array(LowCardinality(String)),${PLACE})${engine('tenant_id, instrument_id, event_time')}`,

    `CREATE TABLE IF NOT EXISTS orion.bars (${KEY},
  interval_ms Int64, window_start DateTime64(3, 'UTC'), origin LowCardinality(String), basis LowCardinality(String), source LowCardinality(String),
  open Float64, high Float64, low Float64, close Float64, volume Float64, vwap Nullable(Float64), ticks Int64,
  bid_open Nullable(Float64), bid_high Nullable(Float64), bid_low Nullable(Float64), bid_close Nullable(Float64),
  ask_open Nullable(Float64), ask_high Nullable(Float64), ask_low Nullable(Float64), ask_close Nullable(Float64),${PLACE})${engine('tenant_id, instrument_id, interval_ms, window_start')}`,

    `CREATE TABLE IF NOT EXISTS orion.dlq (${KEY},
  source_topic LowCardinality(String), source_partition Int32, source_offset Int64,
  record_key String, value_base64 String, headers Array(Tuple(name String, value_base64 String)),
  code LowCardinality(String), cause String, remedy String, stack String,
  consumer LowCardinality(String), consumer_version LowCardinality(String), attempts Int32,${PLACE})${engine('tenant_id, event_time')}`,

    // Sums, not averages: parts of a minute that came in different batches add up.
    `CREATE TABLE IF NOT EXISTS orion.spreads_1m_state (
  tenant_id LowCardinality(String), instrument_id LowCardinality(String), minute DateTime('UTC'), inserted_hour DateTime('UTC'),
  quotes SimpleAggregateFunction(sum, UInt64), spread_sum SimpleAggregateFunction(sum, Float64), spread_max SimpleAggregateFunction(max, Float64),
  trades SimpleAggregateFunction(sum, UInt64), volume SimpleAggregateFunction(sum, Float64), notional SimpleAggregateFunction(sum, Float64))
ENGINE = AggregatingMergeTree PARTITION BY inserted_hour ORDER BY (tenant_id, instrument_id, minute)
SETTINGS non_replicated_deduplication_window = 10000`,

    `CREATE MATERIALIZED VIEW IF NOT EXISTS orion_admin.spreads_1m_feed TO orion.spreads_1m_state AS
SELECT tenant_id, instrument_id, toStartOfMinute(event_time, 'UTC') AS minute, toStartOfHour(inserted_at, 'UTC') AS inserted_hour,
  countIf(kind = 'QUOTE' AND isNotNull(bid) AND isNotNull(ask)) AS quotes,
  sumIf(assumeNotNull(ask) - assumeNotNull(bid), kind = 'QUOTE' AND isNotNull(bid) AND isNotNull(ask)) AS spread_sum,
  maxIf(assumeNotNull(ask) - assumeNotNull(bid), kind = 'QUOTE' AND isNotNull(bid) AND isNotNull(ask)) AS spread_max,
  countIf(kind = 'TRADE') AS trades, sumIf(assumeNotNull(size), kind = 'TRADE' AND isNotNull(size)) AS volume,
  sumIf(assumeNotNull(size) * assumeNotNull(price), kind = 'TRADE' AND isNotNull(size) AND isNotNull(price)) AS notional
FROM orion.ticks WHERE kind IN ('QUOTE', 'TRADE') GROUP BY tenant_id, instrument_id, minute, inserted_hour`,

    `CREATE VIEW IF NOT EXISTS orion.spreads_1m AS
SELECT tenant_id, instrument_id, minute, sum(s.quotes) AS quotes, if(quotes = 0, NULL, sum(s.spread_sum) / quotes) AS spread_mean,
  if(quotes = 0, NULL, max(s.spread_max)) AS spread_max, sum(s.trades) AS trades, sum(s.volume) AS volume,
  if(volume = 0, NULL, sum(s.notional) / volume) AS vwap
FROM orion.spreads_1m_state AS s GROUP BY tenant_id, instrument_id, minute`,

    `CREATE TABLE IF NOT EXISTS orion_admin.dropped (
  topic String, partition Int32, below_offset Int64, at DateTime64(3, 'UTC'))
ENGINE = MergeTree ORDER BY (topic, partition)`,
  ],
}
