import type { StreamName } from '#avro'
import type { CleanupPolicy } from '#streams'

/** One stream of the platform, whatever the environment. */
export interface StreamEntry<S extends StreamName = StreamName> {
  /** `<domain>.<stream>`, without environment and version. */
  readonly stream: string
  readonly schema: S
  /** What the entity part of a record's key is. */
  readonly keyEntity: string
  readonly major: number
  readonly partitions: number
  readonly cleanup: CleanupPolicy
  /**
   * Part of the byte budget of all topics, in hundredths, over all partitions. A compacted topic keeps the last record of each key in any
   * case: over its part, it is compacted early.
   */
  readonly budgetPercent: number
  /**
   * Of a compacted topic: how long each record stays, however soon the next one of its key comes. Readers that want every record (the sink)
   * may be down for that long, or for as long as half of the topic's budget lasts where that is shorter.
   */
  readonly minCompactionLagMs: number
}

const PARTITIONS = 4

const FIVE_MINUTES_MS = 300_000
/** An exact replay of the last day finds every version. */
const ONE_DAY_MS = 24 * 60 * 60_000

/**
 * Every stream there is. Nothing expires by time: recorded data of past years would be gone on arrival, so topics are bounded by size alone.
 * A partition count, once topics exist, is only changed with a new major version: keys would move.
 */
export const CATALOGUE = {
  admin: {
    instruments: {
      ...stream('admin.instruments', 'admin.instruments', 'instrumentId', 'compact', 1),
      minCompactionLagMs: ONE_DAY_MS,
    },
    venues: reference('admin.venues', 'venueId'),
    lps: reference('admin.lps', 'lpId'),
    limits: reference('admin.limits', 'scope|subject'),
    flags: reference('admin.flags', 'flag'),
    changes: single(stream('admin.changes', 'admin.changes', 'entityId', 'delete', 0.5)),
  },
  marketdata: {
    raw: stream('marketdata.raw', 'marketdata.raw', 'instrumentId', 'delete', 21),
    ticks: stream('marketdata.ticks', 'marketdata.ticks', 'instrumentId', 'delete', 24),
    snapshots: {
      ...stream('marketdata.snapshots', 'marketdata.snapshots', 'instrumentId', 'compact', 12),
      minCompactionLagMs: FIVE_MINUTES_MS,
    },
    status: stream('marketdata.status', 'marketdata.status', 'instrumentId', 'compact', 1),
    bars: stream('marketdata.bars', 'marketdata.bars', 'instrumentId', 'delete', 9),
    marks: {
      ...stream('marketdata.marks', 'marketdata.marks', 'instrumentId', 'compact', 2),
      minCompactionLagMs: ONE_DAY_MS,
    },
  },
  rfq: {
    commands: stream('rfq.commands', 'rfq.commands', 'rfqId', 'delete', 1),
    lifecycle: stream('rfq.lifecycle', 'rfq.lifecycle', 'rfqId', 'delete', 4),
    quotes: stream('rfq.quotes', 'rfq.quotes', 'rfqId', 'delete', 2),
  },
  execution: {
    trades: stream('execution.trades', 'execution.trades', 'tradeId', 'delete', 2),
  },
  posttrade: {
    confirmations: stream(
      'posttrade.confirmations',
      'posttrade.confirmations',
      'tradeId',
      'delete',
      1,
    ),
    settlement: stream('posttrade.settlement', 'posttrade.settlement', 'tradeId', 'delete', 1),
  },
  risk: {
    alerts: single(stream('risk.alerts', 'risk.alerts', 'scope|subject', 'delete', 0.5)),
    killswitch: reference('risk.killswitch', 'killswitch'),
  },
  analytics: {
    tca: stream('analytics.tca', 'analytics.tca', 'tradeId', 'compact', 1),
    'lp-metrics': single(
      stream('analytics.lp-metrics', 'analytics.lp-metrics', 'lpId', 'compact', 0.25),
    ),
  },
  notify: {
    inbox: stream('notify.inbox', 'notify.inbox', 'user:<id> or role:<ROLE>', 'delete', 1),
  },
  ops: {
    events: stream('ops.events', 'ops.events', 'component', 'delete', 2),
    topologies: stream('ops.topologies', 'ops.topologies', 'applicationId|processId', 'compact', 1),
  },
  /** By service, which is the topology or component that gave the records up. */
  dlq: {
    'market-data': stream('dlq.market-data', 'dlq', 'original key', 'delete', 2),
    snapshots: stream('dlq.snapshots', 'dlq', 'original key', 'delete', 1),
    bars: stream('dlq.bars', 'dlq', 'original key', 'delete', 1),
    sink: stream('dlq.sink', 'dlq', 'original key', 'delete', 1),
    rfq: single(stream('dlq.rfq', 'dlq', 'original key', 'delete', 0.25)),
    execution: single(stream('dlq.execution', 'dlq', 'original key', 'delete', 0.25)),
    'post-trade': single(stream('dlq.post-trade', 'dlq', 'original key', 'delete', 0.25)),
    analytics: single(stream('dlq.analytics', 'dlq', 'original key', 'delete', 0.25)),
    alerts: single(stream('dlq.alerts', 'dlq', 'original key', 'delete', 0.25)),
  },
} as const

function stream<S extends StreamName>(
  name: string,
  schema: S,
  keyEntity: string,
  cleanup: CleanupPolicy,
  budgetPercent: number,
): StreamEntry<S> {
  return {
    stream: name,
    schema,
    keyEntity,
    major: 1,
    partitions: PARTITIONS,
    cleanup,
    budgetPercent,
    minCompactionLagMs: 0,
  }
}

/** Little of it, and read whole: one partition. */
function single<E extends StreamEntry>(entry: E): E {
  return { ...entry, partitions: 1 }
}

/** What administrators set: the current state of each entity. */
function reference<S extends StreamName>(name: S, keyEntity: string): StreamEntry<S> {
  return {
    ...single(stream(name, name, keyEntity, 'compact', 0.25)),
    minCompactionLagMs: ONE_DAY_MS,
  }
}
