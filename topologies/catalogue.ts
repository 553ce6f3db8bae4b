import type { Topology } from '#streams'
import type { Topics } from '#topics'
import { alertsTopology } from './alerts.ts'
import { analyticsTopology } from './analytics.ts'
import { barsTopology } from './bars.ts'
import { executionTopology } from './execution.ts'
import { marketDataTopology } from './market-data.ts'
import { postTradeTopology } from './post-trade.ts'
import { rfqTopology } from './rfq.ts'
import type { TopologySettings } from './settings.ts'
import { snapshotsTopology } from './snapshots.ts'

export interface TopologyEntry {
  /** Never changes: application id, internal topics and local state go by it. */
  readonly name: string
  /** In a sentence, for `orion topology list`. */
  readonly does: string
  /** @param settings the default ones unless given: the graph is the same with any */
  readonly build: (topics: Topics, settings?: TopologySettings) => Topology
}

/** Every topology, in the order of the data's way. */
export const topologies: readonly TopologyEntry[] = [
  {
    name: 'market-data',
    does: 'Normalises feed messages to ticks, depth, heartbeats and bars; detects silent instruments.',
    build: marketDataTopology,
  },
  {
    name: 'snapshots',
    does: 'Keeps the latest state, day range and order book of each instrument.',
    build: snapshotsTopology,
  },
  {
    name: 'bars',
    does: 'Makes bars of 1 s, 1 m and 1 h with VWAP by event time.',
    build: barsTopology,
  },
  {
    name: 'rfq',
    does: 'Admits and routes requests for quote, ranks quotes, and follows each request to its end.',
    build: (topics) => rfqTopology(topics),
  },
  {
    name: 'execution',
    does: 'Makes one trade of each accepted quote.',
    build: executionTopology,
  },
  {
    name: 'post-trade',
    does: 'Confirms trades and settles them, with attempts that may fail.',
    build: postTradeTopology,
  },
  {
    name: 'analytics',
    does: 'Measures trades (TCA) and liquidity providers by the RFQs that have ended.',
    build: analyticsTopology,
  },
  {
    name: 'alerts',
    does: 'Tells users and roles what happened to their RFQs, limits, settlements and the kill switch.',
    build: alertsTopology,
  },
]
