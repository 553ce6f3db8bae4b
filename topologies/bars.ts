import { BAR_RULES } from '#processors/market-data/bars'
import { closeBars } from '#processors/market-data/bars-processor'
import { StreamsBuilder, type Topology } from '#streams'
import type { Topics } from '#topics'
import { stores } from './stores.ts'

const NAME = 'bars'

/** Ticks to bars of one second, one minute and one hour, each once, when it is final. */
export function barsTopology(topics: Topics): Topology {
  const t = new StreamsBuilder()

  const ticks = t.stream(topics.marketdata.ticks, { as: 'ticks' })

  const bars = ticks.processValues(
    closeBars({ topology: NAME, openBars: stores.openBars, rules: BAR_RULES }),
    { as: 'close-bars', stores: [stores.openBars] },
  )

  bars.to(topics.marketdata.bars, { as: 'bars-sink' })

  return t.build(NAME)
}
