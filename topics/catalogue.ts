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
  },
  marketdata: {
    raw: stream('marketdata.raw', 'marketdata.raw', 'instrumentId', 'delete', 30),
    ticks: stream('marketdata.ticks', 'marketdata.ticks', 'instrumentId', 'delete', 30),
    snapshots: {
      ...stream('marketdata.snapshots', 'marketdata.snapshots', 'instrumentId', 'compact', 14),
      minCompactionLagMs: FIVE_MINUTES_MS,
    },
    status: stream('marketdata.status', 'marketdata.status', 'instrumentId', 'compact', 1),
    bars: stream('marketdata.bars', 'marketdata.bars', 'instrumentId', 'delete', 10),
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
