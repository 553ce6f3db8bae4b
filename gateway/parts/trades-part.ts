import { reportRoutes } from '../api/report-routes.ts'
import { TradeReads } from '../api/trade-reads.ts'
import { tradeRoutes } from '../api/trade-routes.ts'
import { TradesView } from '../views/trades-view.ts'
import type { GatewayPart, PartContext } from './part.ts'

/** Trades, their confirmations and their settlement. */
export function tradesPart({ channels, events, feed, limits, options }: PartContext): GatewayPart {
  const { clock, metrics, topics } = options
  const { execution, posttrade } = topics
  const trades = new TradesView({
    tradesMax: limits.tradesPerTenantMax,
    changesMax: limits.journalChangesMax,
  })
  feed.on(execution.trades, (event) => trades.apply(event))
  feed.on(posttrade.confirmations, (event) => trades.apply(event))
  feed.on(posttrade.settlement, (event) => trades.apply(event))
  channels.add('trades', trades)
  metrics.observe('orion_gateway_trades', 'Trades in the view.', {}, () => trades.size)
  const names = [execution.trades.name, posttrade.confirmations.name, posttrade.settlement.name]
  const reads = new TradeReads(events, names, limits.positionWaitMs)
  return { routes: [...tradeRoutes({ trades, reads }), ...reportRoutes({ clock, reads, trades })] }
}
