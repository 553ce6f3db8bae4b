import type { Serde } from '#streams'
import type { Topic, Topics } from '#topics'
import { adminChangeRow, riskAlertRow } from './rows/admin-rows.ts'
import { lpMetricsRow, tcaRow } from './rows/analytics-rows.ts'
import { barRow } from './rows/bar-row.ts'
import { deadLetterRow } from './rows/dead-letter-row.ts'
import { confirmationRow, settlementRow } from './rows/post-trade-rows.ts'
import { quoteRow } from './rows/quote-row.ts'
import { rfqRow } from './rows/rfq-row.ts'
import type { AnyEvent, RowEncoder } from './rows/row-encoder.ts'
import { snapshotRow } from './rows/snapshot-row.ts'
import { tickRow } from './rows/tick-row.ts'
import { tradeRow } from './rows/trade-row.ts'
import { isTradingTable } from './tables.ts'

/** A topic whose records become rows of a table. */
export interface SinkSource {
  readonly topic: string
  readonly partitions: number
  /** Compaction removes records that were rows already: the check compares accordingly. */
  readonly compacted: boolean
  /** How many times as long as usual records wait for more: an insert of a few rows costs as much as one of thousands. */
  readonly lingerTimes: number
  readonly serde: Serde<AnyEvent>
  readonly encoder: RowEncoder<AnyEvent>
}

/** What the sink writes: market data, the chain from RFQ to settlement and what is made of it, and every topic of dead letters. */
export function sinkSources(topics: Topics): readonly SinkSource[] {
  const { marketdata, rfq, execution, posttrade, analytics, risk, admin, dlq } = topics
  return [
    source(marketdata.ticks, tickRow),
    source(marketdata.snapshots, snapshotRow),
    source(marketdata.bars, barRow),
    source(rfq.lifecycle, rfqRow),
    source(rfq.quotes, quoteRow),
    source(execution.trades, tradeRow),
    source(posttrade.confirmations, confirmationRow),
    source(posttrade.settlement, settlementRow),
    source(analytics['lp-metrics'], lpMetricsRow),
    source(analytics.tca, tcaRow),
    source(risk.alerts, riskAlertRow),
    source(admin.changes, adminChangeRow),
    ...Object.values(dlq).map((topic) => source(topic, deadLetterRow)),
  ]
}

function source<E extends AnyEvent>(topic: Topic<E>, encoder: RowEncoder<E>): SinkSource {
  return {
    topic: topic.name,
    partitions: topic.entry.partitions,
    compacted: topic.entry.cleanup !== 'delete',
    lingerTimes: isTradingTable(encoder.table) ? 2 : 1,
    // The serde and the encoder belong to the same events: only what one decodes is given to the other.
    serde: topic.valueSerde as unknown as Serde<AnyEvent>,
    encoder: encoder as unknown as RowEncoder<AnyEvent>,
  }
}
