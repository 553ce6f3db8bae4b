import { KEY, PLACE } from './0001-market-data.ts'
import type { Migration } from './migration.ts'

/** Few rows beside ticks: parts of a day instead of an hour. */
const engine = (order: string) => `
ENGINE = MergeTree PARTITION BY toStartOfDay(inserted_at) ORDER BY (${order})
SETTINGS non_replicated_deduplication_window = 10000, max_bytes_to_merge_at_max_space_in_pool = 268435456`

const TIME = "DateTime64(3, 'UTC')"
const EXACT = 'Decimal(38, 18)'
const NAME = 'LowCardinality(String)'
const REQUESTER = `user_id ${NAME}, desk ${NAME}`

const quantiles = (name: string) =>
  `${name}_count Int64, ${['mean', 'p50', 'p90', 'p99'].map((figure) => `${name}_${figure} Nullable(Float64)`).join(', ')}`

/** +1 for a buyer, -1 for a seller: times it, a distance in price is what the requester pays. */
const SIGN = "if(side = 'BUY', 1, -1)"

export const trading: Migration = {
  version: 2,
  name: 'trading',
  statements: [
    `CREATE TABLE IF NOT EXISTS orion.rfqs (${KEY},
  rfq_id String, version Int32, state ${NAME}, command_id Nullable(String), command ${NAME}, reason ${NAME}, text String, ${REQUESTER},
  asset_class ${NAME}, currency ${NAME}, venue_id ${NAME}, side ${NAME},
  size Nullable(${EXACT}), min_size Nullable(${EXACT}), partial_allowed Nullable(Bool),
  created_time Nullable(${TIME}), expiry_time Nullable(${TIME}), closed_time Nullable(${TIME}), decision_time Nullable(${TIME}), execution_time Nullable(${TIME}),
  quote_id String, lp_id ${NAME}, trade_id String, price Nullable(${EXACT}), quantity Nullable(${EXACT}),
  spread_bps Nullable(Float64), impact_bps Nullable(Float64), drift_bps Nullable(Float64),
  mark_bid Nullable(Float64), mark_ask Nullable(Float64), mark_mid Nullable(Float64), mark_time Nullable(${TIME}),
  execution_bid Nullable(Float64), execution_ask Nullable(Float64), execution_mid Nullable(Float64),
  invited Array(${NAME}), winner_lp_id Nullable(String), last_look_rejected Array(${NAME}),
  quotes Array(Tuple(quote_id String, lp_id String, quoted_by String, price ${EXACT}, size ${EXACT}, rank Int32, response_ms Nullable(Int64),
    spread_bps Nullable(Float64), impact_bps Nullable(Float64))),
  decisions Array(Tuple(rule String, passed Bool, figure String, limit_text String, reason String)),
  routes Array(Tuple(lp_id String, eligible Bool, reason String)),${PLACE})${engine('tenant_id, event_type, event_time, rfq_id')}`,

    `CREATE TABLE IF NOT EXISTS orion.quotes (${KEY},
  quote_id String, rfq_id String, lp_id ${NAME}, quoted_by ${NAME}, price ${EXACT}, size ${EXACT}, expires_time ${TIME},${PLACE})${engine('tenant_id, lp_id, event_time')}`,

    `CREATE TABLE IF NOT EXISTS orion.trades (${KEY},
  trade_id String, rfq_id String, quote_id String, asset_class ${NAME}, side ${NAME},
  quantity ${EXACT}, price ${EXACT}, notional ${EXACT}, currency ${NAME}, buyer ${NAME}, seller ${NAME},
  lp_id ${NAME}, quoted_by ${NAME}, venue_id ${NAME}, ${REQUESTER}, decision_time ${TIME}, decision_mid Nullable(Float64), trade_date Date32,${PLACE})${engine('tenant_id, instrument_id, event_time')}`,

    `CREATE TABLE IF NOT EXISTS orion.confirmations (${KEY},
  confirmation_id String, trade_id String, rfq_id String, side ${NAME}, quantity ${EXACT}, price ${EXACT}, notional ${EXACT}, currency ${NAME},
  buyer ${NAME}, seller ${NAME}, lp_id ${NAME}, venue_id ${NAME}, ${REQUESTER}, trade_date Date32, settlement_date Date32,
  settlement_cycle ${NAME}, calendar ${NAME},${PLACE})${engine('tenant_id, trade_id, event_time')}`,

    `CREATE TABLE IF NOT EXISTS orion.settlements (${KEY},
  trade_id String, rfq_id String, state ${NAME}, attempt Int32, settlement_date Date32, quantity ${EXACT}, amount ${EXACT}, currency ${NAME},
  buyer ${NAME}, seller ${NAME}, ${REQUESTER}, reason String, next_attempt_time Nullable(${TIME}),
  failure_probability Nullable(Float64), attempts_max Nullable(Int32),${PLACE})${engine('tenant_id, trade_id, event_time')}`,

    `CREATE TABLE IF NOT EXISTS orion.lp_metrics (${KEY},
  lp_id ${NAME}, invited Int64, quoted Int64, won Int64, quoted_of_traded Int64, last_look_rejected Int64,
  quote_rate Nullable(Float64), hit_ratio Nullable(Float64), hit_ratio_of_traded Nullable(Float64),
  ${quantiles('response_ms')}, ${quantiles('to_best_bps')}, won_notional Float64,${PLACE})${engine('tenant_id, lp_id, event_time')}`,

    `CREATE TABLE IF NOT EXISTS orion.tca (${KEY},
  trade_id String, rfq_id String, asset_class ${NAME}, lp_id ${NAME}, ${REQUESTER}, side ${NAME}, quantity ${EXACT}, price ${EXACT}, currency ${NAME},
  decision_time ${TIME}, decision_mid Nullable(Float64), slippage_bps Nullable(Float64), slippage_amount Nullable(Float64),
  effective_spread_bps Nullable(Float64), spread_capture Nullable(Float64), time_to_execution_ms Int64, decision_to_execution_ms Int64,
  quotes Int32, cover_bps Nullable(Float64),${PLACE})${engine('tenant_id, instrument_id, event_time')}`,

    `CREATE TABLE IF NOT EXISTS orion.risk_alerts (${KEY},
  rule ${NAME}, scope ${NAME}, subject ${NAME}, figure String, limit_text String, reason String, user_id ${NAME}, rfq_id String,${PLACE})${engine('tenant_id, event_time')}`,

    `CREATE TABLE IF NOT EXISTS orion.admin_changes (${KEY},
  entity_type ${NAME}, entity_id String, change String,${PLACE})${engine('tenant_id, event_time')}`,

    // One row an RFQ that has ended, whatever was delivered twice.
    `CREATE VIEW IF NOT EXISTS orion.rfq_outcomes AS
SELECT tenant_id, instrument_id, event_time, rfq_id, state, reason, user_id, desk, asset_class, side, size, created_time, closed_time, invited,
  winner_lp_id, last_look_rejected, quotes, quote_id, lp_id, trade_id, currency, quantity, price, spread_bps, impact_bps,
  mark_bid AS decision_bid, mark_ask AS decision_ask, mark_mid AS decision_mid, decision_time, execution_time, execution_bid, execution_ask, execution_mid,
  correlation_id
FROM orion.rfqs WHERE event_type IN ('RFQRejected', 'RFQExpired', 'RFQCancelled', 'RFQTraded') LIMIT 1 BY tenant_id, rfq_id`,

    // One row a quote that counted. Distance to the best price of its RFQ, as a cost of the requester: 0 is the best.
    `CREATE VIEW IF NOT EXISTS orion.rfq_quotes AS
SELECT tenant_id, instrument_id, event_time, rfq_id, state, user_id, desk, asset_class, side, q.quote_id AS quote_id, q.lp_id AS lp_id, q.quoted_by AS quoted_by,
  q.price AS price, q.size AS size, q.rank AS rank, q.response_ms AS response_ms,
  if(o.side = 'BUY', arrayMin(o.quotes.price), arrayMax(o.quotes.price)) AS best_price,
  if(best_price = 0, NULL, ${SIGN} * (toFloat64(q.price) - toFloat64(best_price)) / abs(toFloat64(best_price)) * 10000) AS to_best_bps,
  o.state = 'TRADED' AND q.quote_id = o.quote_id AS won
FROM orion.rfq_outcomes AS o ARRAY JOIN quotes AS q`,

    // Exact, of all RFQs that the tables hold; the figures of lp_metrics are those of the stream since its beginning, quantiles within 1 %.
    `CREATE VIEW IF NOT EXISTS orion.lp_performance AS
SELECT p.tenant_id AS tenant_id, p.lp_id AS lp_id, invited, quoted, won, quoted_of_traded, last_look_rejected,
  if(invited = 0, NULL, quoted / invited) AS quote_rate, if(quoted = 0, NULL, won / quoted) AS hit_ratio,
  if(quoted_of_traded = 0, NULL, won / quoted_of_traded) AS hit_ratio_of_traded,
  response_ms_mean, response_ms_p50, response_ms_p90, response_ms_p99, to_best_bps_mean, to_best_bps_p50, to_best_bps_p90, to_best_bps_p99, won_notional
FROM (
  SELECT tenant_id, lp_id, countIf(has(o.invited, lp_id)) AS invited, countIf(has(o.quotes.lp_id, lp_id)) AS quoted, countIf(winner_lp_id = lp_id) AS won,
    countIf(state = 'TRADED' AND has(o.quotes.lp_id, lp_id)) AS quoted_of_traded, sum(countEqual(o.last_look_rejected, lp_id)) AS last_look_rejected,
    sumIf(toFloat64(assumeNotNull(quantity)) * toFloat64(assumeNotNull(price)) / if(asset_class IN ('RATES', 'CREDIT'), 100, 1), state = 'TRADED' AND winner_lp_id = lp_id) AS won_notional
  FROM (SELECT * EXCEPT lp_id FROM orion.rfq_outcomes) AS o
  ARRAY JOIN arrayDistinct(arrayConcat(CAST(o.invited, 'Array(String)'), o.quotes.lp_id)) AS lp_id
  GROUP BY tenant_id, lp_id
) AS p LEFT JOIN (
  SELECT tenant_id, lp_id, avg(response_ms) AS response_ms_mean, quantileExactInclusive(0.5)(response_ms) AS response_ms_p50,
    quantileExactInclusive(0.9)(response_ms) AS response_ms_p90, quantileExactInclusive(0.99)(response_ms) AS response_ms_p99,
    avg(to_best_bps) AS to_best_bps_mean, quantileExactInclusive(0.5)(to_best_bps) AS to_best_bps_p50,
    quantileExactInclusive(0.9)(to_best_bps) AS to_best_bps_p90, quantileExactInclusive(0.99)(to_best_bps) AS to_best_bps_p99
  FROM orion.rfq_quotes GROUP BY tenant_id, lp_id
) AS q ON p.tenant_id = q.tenant_id AND p.lp_id = q.lp_id`,

    `CREATE VIEW IF NOT EXISTS orion.lp_metrics_latest AS
SELECT * FROM orion.lp_metrics ORDER BY event_time DESC, entity_sequence DESC LIMIT 1 BY tenant_id, lp_id`,

    `CREATE VIEW IF NOT EXISTS orion.settlements_latest AS
SELECT * FROM orion.settlements ORDER BY event_time DESC, entity_sequence DESC LIMIT 1 BY tenant_id, trade_id`,

    // Slippage weighted by the value at the decision's mid, as a portfolio would feel it.
    `CREATE VIEW IF NOT EXISTS orion.execution_quality AS
SELECT tenant_id, toDate(event_time) AS day, instrument_id, lp_id, count() AS trades, sum(quantity) AS quantity_sum,
  sum(slippage_amount) AS slippage_amount_sum,
  sum(slippage_amount) / nullIf(sum(toFloat64(quantity) * decision_mid / if(asset_class IN ('RATES', 'CREDIT'), 100, 1)), 0) * 10000 AS slippage_bps_weighted, avg(slippage_bps) AS slippage_bps_mean,
  avg(effective_spread_bps) AS effective_spread_bps_mean, avg(spread_capture) AS spread_capture_mean, avg(cover_bps) AS cover_bps_mean,
  quantileExactInclusive(0.5)(time_to_execution_ms) AS time_to_execution_ms_p50
FROM (SELECT * FROM orion.tca LIMIT 1 BY tenant_id, trade_id) GROUP BY tenant_id, day, instrument_id, lp_id`,
  ],
}
