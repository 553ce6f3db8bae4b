import { avroValueSerde, type ConfirmationsEnvelope, recordSchemas } from '#avro'
import { type ConfirmedEvent, confirmTrades } from '#processors/settlement/confirm-processor'
import { opened } from '#processors/settlement/confirmation'
import { settle } from '#processors/settlement/settle-processor'
import { Materialized, StreamsBuilder, type Topology } from '#streams'
import type { Topics } from '#topics'
import { DEFAULT_SETTINGS, type TopologySettings } from './settings.ts'
import { stores } from './stores.ts'

const NAME = 'post-trade'

/** Trades, each to one confirmation, and to its settlement by attempts. */
export function postTradeTopology(
  topics: Topics,
  { settlement: settings }: TopologySettings = DEFAULT_SETTINGS,
): Topology {
  const t = new StreamsBuilder()

  const instruments = t.globalTable(topics.admin.instruments, {
    as: 'instruments',
    materialized: Materialized.as(stores.instruments),
  })

  const trades = t.stream(topics.execution.trades, { as: 'trades' })

  const confirmed = trades.processValues(
    confirmTrades({
      topology: NAME,
      confirmed: stores.confirmed,
      instruments: instruments.store,
      settings,
    }),
    { as: 'confirm', stores: [stores.confirmed, instruments.storeName] },
  )

  const { confirmations, requests } = confirmed
    .split({ as: 'by-kind-' })
    .branch('confirmations', isConfirmation)
    .defaultBranch('requests')

  confirmations.to(topics.posttrade.confirmations, { as: 'confirmations-sink' })
  requests.to(topics.posttrade.settlement, { as: 'requests-sink' })

  // Attempts follow requests as they were written: by themselves, whatever the settings are when they are replayed.
  const openSettlements = requests.mapValues(opened, { as: 'open' }).repartition({
    as: 'open-settlements',
    valueSerde: avroValueSerde(recordSchemas.OpenSettlement),
  })

  const outcomes = openSettlements.processValues(
    settle({
      topology: NAME,
      settlements: stores.settlements,
      timers: stores.attemptTimers,
      lookEveryMs: LOOK_EVERY_MS,
    }),
    { as: 'settle', stores: [stores.settlements, stores.attemptTimers] },
  )

  outcomes.to(topics.posttrade.settlement, { as: 'outcomes-sink' })

  return t.build(NAME)
}

const LOOK_EVERY_MS = 50

function isConfirmation(_key: string, event: ConfirmedEvent): event is ConfirmationsEnvelope {
  return event.eventType === 'TradeConfirmed'
}
