import type { BarsEnvelope } from '#avro'
import { type NormalisedEvent, normaliseFeed } from '#processors/market-data/normalise-processor'
import { watchSilence } from '#processors/market-data/silence-processor'
import { Materialized, StreamsBuilder, type Topology } from '#streams'
import { PLATFORM_TENANT, recordKey, type Topics } from '#topics'
import { stores } from './stores.ts'

const NAME = 'market-data'

/** Feed messages, each to one canonical event or one dead letter; and word of instruments that fall silent. */
export function marketDataTopology(topics: Topics): Topology {
  const t = new StreamsBuilder()

  const instruments = t.globalTable(topics.admin.instruments, {
    as: 'instruments',
    materialized: Materialized.as(stores.instruments),
  })

  const feedMessages = t.stream(topics.marketdata.raw, { as: 'feed-messages' })

  const normalised = feedMessages.processValues(
    normaliseFeed({
      topology: NAME,
      lastTicks: stores.lastTicks,
      instruments: instruments.store,
    }),
    { as: 'normalise', stores: [stores.lastTicks, instruments.storeName] },
  )

  const { bars, ticks } = normalised
    .split({ as: 'by-kind-' })
    .branch('bars', isBar)
    .defaultBranch('ticks')

  ticks.to(topics.marketdata.ticks, { as: 'ticks-sink' })
  bars.to(topics.marketdata.bars, { as: 'feed-bars-sink' })

  const statuses = normalised.processValues(
    watchSilence({
      topology: NAME,
      silences: stores.silences,
      instruments: instruments.store,
      lookEveryMs: LOOK_EVERY_MS,
    }),
    { as: 'watch-silence', stores: [stores.silences, instruments.storeName] },
  )

  statuses.to(topics.marketdata.status, { as: 'status-sink' })

  const operations = statuses.selectKey(ofThisComponent, { as: 'key-by-component' })
  operations.to(topics.ops.events, { as: 'ops-events-sink' })

  return t.build(NAME)
}

const LOOK_EVERY_MS = 1_000

function isBar(_key: string, event: NormalisedEvent): event is BarsEnvelope {
  return event.eventType === 'BarClosed'
}

function ofThisComponent(): string {
  return recordKey(PLATFORM_TENANT, NAME)
}
