import { instrumentRoutes } from '../api/instrument-routes.ts'
import { marketRoutes } from '../api/market-routes.ts'
import type { GatewayOptions } from '../gateway-options.ts'
import type { GatewayLimits } from '../limits.ts'
import { MarketChannel } from '../stream/market-channel.ts'
import { type StreamMetrics, streamMetrics } from '../stream/stream-metrics.ts'
import { InstrumentsView } from '../views/instruments-view.ts'
import { MarketView } from '../views/market-view.ts'
import { TopicView, viewSource } from '../views/topic-view.ts'
import type { GatewayPart } from './part.ts'

export interface MarketPart extends GatewayPart {
  readonly instruments: InstrumentsView
  readonly market: MarketView
  readonly channel: MarketChannel
  readonly streamMetrics: StreamMetrics
  readonly views: readonly TopicView[]
}

/** Instruments and live prices. */
export function marketPart(options: GatewayOptions, limits: GatewayLimits): MarketPart {
  const { clock, log, logger, metrics, topics } = options
  const instruments = new InstrumentsView(limits.instrumentsMax)
  const market = new MarketView({
    clock,
    instrumentsMax: limits.instrumentsMax,
    marketSilentMs: limits.marketSilentMs,
    instrument: (key) => instruments.get(key),
  })
  const forStream = streamMetrics(metrics)
  const channel = new MarketChannel({ view: market, limits, clock, metrics: forStream })
  metrics.observe(
    'orion_gateway_instruments',
    'Instruments in the view.',
    {},
    () => instruments.size,
  )
  metrics.observe(
    'orion_gateway_unheard_instruments',
    'Instruments marked stale here because no market data at all is heard.',
    {},
    () => market.unheard,
  )
  metrics.observe(
    'orion_gateway_subscription_groups',
    'Distinct sets of instruments that connections are subscribed to.',
    {},
    () => channel.groupCount,
  )
  return {
    instruments,
    market,
    channel,
    streamMetrics: forStream,
    views: [
      new TopicView({
        name: 'instruments',
        log,
        logger,
        metrics,
        sources: [
          viewSource(topics.admin.instruments, (key, event) => instruments.apply(key, event)),
        ],
      }),
      new TopicView({
        name: 'market',
        log,
        logger,
        metrics,
        sources: [
          viewSource(topics.marketdata.snapshots, (key, event) => market.applySnapshot(key, event)),
          viewSource(topics.marketdata.status, (key, event) => market.applyStatus(key, event)),
        ],
        gate: () => channel.passing,
      }),
    ],
    routes: [
      ...instrumentRoutes(instruments),
      ...marketRoutes({ instruments, market, bars: options.bars, limits, clock, logger }),
    ],
  }
}
