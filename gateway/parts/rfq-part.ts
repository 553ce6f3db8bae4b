import { auditRoutes } from '../api/audit-routes.ts'
import { rfqCommandRoutes } from '../api/rfq-command-routes.ts'
import { RfqReads } from '../api/rfq-reads.ts'
import { rfqRoutes } from '../api/rfq-routes.ts'
import { CommandRunner } from '../commands/command-runner.ts'
import { RfqCommands } from '../commands/rfq-commands.ts'
import { RfqOutcomes } from '../commands/rfq-outcomes.ts'
import { ChainIndex } from '../views/chain-index.ts'
import { RfqView } from '../views/rfq-view.ts'
import type { GatewayPart, PartContext } from './part.ts'

/** Requests for quote, and the chains of events that they start. */
export function rfqPart(context: PartContext): GatewayPart {
  const { admin, channels, events, feed, instruments, limits, writer } = context
  const { clock, metrics, random, topics } = context.options
  const rfqs = new RfqView({
    rfqsMax: limits.rfqsPerTenantMax,
    changesMax: limits.journalChangesMax,
  })
  const known = new RfqOutcomes(limits.outcomesRememberedMax)
  const chains = new ChainIndex({
    eventsMax: limits.chainEventsPerTenantMax,
    chainMax: limits.chainEventsMax,
  })

  // Before what tells of outcomes: who is told finds its RFQ in the view, and its chain.
  const { rfq, execution, posttrade, analytics, notify, risk } = topics
  chains.follow(feed, rfq.commands)
  chains.follow(feed, rfq.quotes)
  chains.follow(feed, rfq.lifecycle)
  chains.follow(feed, execution.trades)
  chains.follow(feed, posttrade.confirmations)
  chains.follow(feed, posttrade.settlement)
  chains.follow(feed, analytics.tca)
  chains.follow(feed, notify.inbox)
  chains.follow(feed, risk.alerts)
  feed.on(rfq.lifecycle, (event) => rfqs.apply(event))
  feed.on(rfq.commands, (event) => known.applyCommand(event))
  feed.on(rfq.quotes, (event) => known.applyQuote(event))
  feed.on(rfq.lifecycle, (event) => known.applyLifecycle(event))
  channels.add('rfqs', rfqs)

  const runner = new CommandRunner({
    writer,
    outcomes: known.outcomes,
    digestOf: (commandId) => known.digest(commandId),
    isRefusal: ({ refused }) => refused !== undefined,
    waitMs: limits.commandWaitMs,
    clock,
    metrics,
  })
  const commands = new RfqCommands({
    runner,
    topics,
    instruments,
    admin: admin.view,
    clock,
    random,
  })
  const reads = new RfqReads(events, rfq.lifecycle, limits.positionWaitMs)

  const observe = (name: string, help: string, read: () => number) =>
    metrics.observe(`orion_gateway_${name}`, help, {}, read)
  observe('rfqs', 'RFQs in the view.', () => rfqs.size)
  observe('rfqs_live', 'RFQs in the view that are not over.', () => rfqs.live)
  observe('rfq_events_unknown', 'Events of RFQs that are not in the view.', () => rfqs.unknown)
  observe('outcomes', 'Outcomes of commands that are remembered.', () => known.outcomes.size)
  observe('chain_events', 'Events kept for chains of events.', () => chains.size)
  observe('chain_events_left_out', 'Events beyond what one chain takes.', () => chains.leftOut)

  return {
    routes: [
      ...rfqRoutes({ rfqs, reads }),
      ...rfqCommandRoutes({ rfqs, reads, commands }),
      ...auditRoutes({ chains, reads }),
    ],
  }
}
