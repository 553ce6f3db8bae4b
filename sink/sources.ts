import type { Serde } from '#streams'
import type { Topic, Topics } from '#topics'
import { barRow } from './rows/bar-row.ts'
import { deadLetterRow } from './rows/dead-letter-row.ts'
import type { AnyEvent, RowEncoder } from './rows/row-encoder.ts'
import { snapshotRow } from './rows/snapshot-row.ts'
import { tickRow } from './rows/tick-row.ts'

/** A topic whose records become rows of a table. */
export interface SinkSource {
  readonly topic: string
  readonly partitions: number
  /** Compaction removes records that were rows already: the check compares accordingly. */
  readonly compacted: boolean
  readonly serde: Serde<AnyEvent>
  readonly encoder: RowEncoder<AnyEvent>
}

/** What the sink writes: ticks, snapshots, bars, and every topic of dead letters. */
export function sinkSources(topics: Topics): readonly SinkSource[] {
  const { marketdata, dlq } = topics
  return [
    source(marketdata.ticks, tickRow),
    source(marketdata.snapshots, snapshotRow),
    source(marketdata.bars, barRow),
    ...Object.values(dlq).map((topic) => source(topic, deadLetterRow)),
  ]
}

function source<E extends AnyEvent>(topic: Topic<E>, encoder: RowEncoder<E>): SinkSource {
  return {
    topic: topic.name,
    partitions: topic.entry.partitions,
    compacted: topic.entry.cleanup !== 'delete',
    // The serde and the encoder belong to the same events: only what one decodes is given to the other.
    serde: topic.valueSerde as unknown as Serde<AnyEvent>,
    encoder: encoder as unknown as RowEncoder<AnyEvent>,
  }
}
