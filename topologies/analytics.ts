import { avroValueSerde, recordSchemas } from '#avro'
import { endedRfqs } from '#processors/analytics/ended-rfq-processor'
import { answersOfLps } from '#processors/analytics/lp-answers-processor'
import { measureLps } from '#processors/analytics/lp-metrics-processor'
import { computeTca } from '#processors/analytics/tca-processor'
import { StreamsBuilder, stringSerde, type Topology } from '#streams'
import type { Topics } from '#topics'
import { stores } from './stores.ts'

const NAME = 'analytics'

/** What ended RFQs say of trades (TCA) and, put together again by tenant and liquidity provider, of who quoted them. */
export function analyticsTopology(topics: Topics): Topology {
  const t = new StreamsBuilder()

  const lifecycle = t.stream(topics.rfq.lifecycle, { as: 'lifecycle' })

  const ended = lifecycle.processValues(endedRfqs({ ended: stores.endedRfqs }), {
    as: 'ended-rfqs',
    stores: [stores.endedRfqs],
  })

  const tca = ended.process(computeTca({ topology: NAME }), { as: 'compute-tca' })
  tca.to(topics.analytics.tca, { as: 'tca-sink' })

  const answers = ended.process(answersOfLps(), { as: 'answers-of-lps' }).repartition({
    as: 'lp-answers',
    keySerde: stringSerde,
    valueSerde: avroValueSerde(recordSchemas.LpAnswer),
  })

  const metrics = answers.processValues(
    measureLps({ topology: NAME, tallies: stores.lpTallies, publishEveryMs: PUBLISH_EVERY_MS }),
    { as: 'measure-lps', stores: [stores.lpTallies] },
  )
  metrics.to(topics.analytics['lp-metrics'], { as: 'lp-metrics-sink' })

  return t.build(NAME)
}

const PUBLISH_EVERY_MS = 1_000
