import type { LifecycleEnvelope } from '#avro'
import { type AcceptedEvent, executeTrades } from '#processors/execution/execute-processor'
import { StreamsBuilder, type Topology } from '#streams'
import type { Topics } from '#topics'
import { stores } from './stores.ts'

const NAME = 'execution'

/** Accepted quotes, each to one trade. */
export function executionTopology(topics: Topics): Topology {
  const t = new StreamsBuilder()

  const lifecycle = t.stream(topics.rfq.lifecycle, { as: 'rfq-lifecycle' })

  const acceptances = lifecycle.filter(isAcceptance, { as: 'acceptances' })

  const trades = acceptances.process(
    executeTrades({ topology: NAME, tradeKeys: stores.tradeKeys }),
    { as: 'execute', stores: [stores.tradeKeys] },
  )

  trades.to(topics.execution.trades, { as: 'trades-sink' })

  return t.build(NAME)
}

function isAcceptance(_key: string, event: LifecycleEnvelope): event is AcceptedEvent {
  return event.eventType === 'QuoteAccepted'
}
