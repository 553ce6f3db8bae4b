import { breachKey, noticesOfBreach } from '#processors/alerts/breach-notices'
import { noticesOfKillSwitch } from '#processors/alerts/kill-switch-notices'
import { raise, raiseRemembering } from '#processors/alerts/raise-processor'
import { noticesOfRfq } from '#processors/alerts/rfq-notices'
import { noticesOfSettlement } from '#processors/alerts/settlement-notices'
import { StreamsBuilder, type Topology } from '#streams'
import type { Topics } from '#topics'
import { stores } from './stores.ts'

const NAME = 'alerts'

/** What traders, sales and risk have to know, each to the inbox of whom it concerns. */
export function alertsTopology(topics: Topics): Topology {
  const t = new StreamsBuilder()

  const lifecycle = t.stream(topics.rfq.lifecycle, { as: 'lifecycle' })
  const ofRfqs = lifecycle.process(
    raiseRemembering({
      topology: NAME,
      step: noticesOfRfq,
      memory: { store: stores.watchedRfqs, keyOf: (_event, key) => key },
    }),
    { as: 'raise-of-rfqs', stores: [stores.watchedRfqs] },
  )

  const breaches = t.stream(topics.risk.alerts, { as: 'breaches' })
  const ofBreaches = breaches.process(
    raiseRemembering({
      topology: NAME,
      step: noticesOfBreach,
      memory: { store: stores.toldBreaches, keyOf: breachKey },
    }),
    { as: 'raise-of-breaches', stores: [stores.toldBreaches] },
  )

  const settlements = t.stream(topics.posttrade.settlement, { as: 'settlements' })
  const ofSettlements = settlements.process(raise({ topology: NAME, step: noticesOfSettlement }), {
    as: 'raise-of-settlements',
  })

  const killSwitches = t.stream(topics.risk.killswitch, { as: 'kill-switches' })
  const ofKillSwitches = killSwitches.process(
    raise({ topology: NAME, step: noticesOfKillSwitch }),
    { as: 'raise-of-kill-switches' },
  )

  ofRfqs
    .merge(ofBreaches, { as: 'with-breaches' })
    .merge(ofSettlements, { as: 'with-settlements' })
    .merge(ofKillSwitches, { as: 'notifications' })
    .to(topics.notify.inbox, { as: 'inbox-sink' })

  return t.build(NAME)
}
