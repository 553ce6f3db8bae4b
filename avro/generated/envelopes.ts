// Generated from avro/schemas by scripts/generate-avro.ts. Do not edit.

import type {
  BarClosed,
  DeadLettered,
  Entity,
  FeedBar,
  FeedDepth,
  FeedHeartbeat,
  FeedQuote,
  FeedTrade,
  FeedUnreadable,
  InstrumentUpdated,
  MarketDataRecovered,
  MarketDataStaleDetected,
  MarketDepthReceived,
  MarketHeartbeatReceived,
  MarketSnapshotUpdated,
  MarketTickReceived,
  TopologyReported,
} from './types.ts'

/** Canonical envelope of every event. A stream's schema is this record under the stream's own name, with the stream's records as the payload union. */
export interface EnvelopeOf<T extends string, P> {
  /** Deterministic: the same input gives the same id. */
  readonly eventId: string
  /** Name of the payload record. */
  readonly eventType: T
  readonly eventVersion: number
  /** When it happened, by the event's own clock. */
  readonly occurredAt: number
  /** Topology or feed that wrote it. */
  readonly producer: string
  readonly tenantId: string
  readonly correlationId: string
  /** Event or command that caused this one. */
  readonly causationId: string | null
  readonly entity: Entity
  readonly payload: P
}

/** Events of admin.instruments. */
export type InstrumentsEnvelope =
  | EnvelopeOf<'InstrumentUpdated', InstrumentUpdated>

/** Events of dlq. */
export type DeadLetterEnvelope =
  | EnvelopeOf<'DeadLettered', DeadLettered>

/** Events of marketdata.bars. */
export type BarsEnvelope =
  | EnvelopeOf<'BarClosed', BarClosed>

/** Events of marketdata.raw. */
export type RawEnvelope =
  | EnvelopeOf<'FeedQuote', FeedQuote>
  | EnvelopeOf<'FeedTrade', FeedTrade>
  | EnvelopeOf<'FeedBar', FeedBar>
  | EnvelopeOf<'FeedDepth', FeedDepth>
  | EnvelopeOf<'FeedHeartbeat', FeedHeartbeat>
  | EnvelopeOf<'FeedUnreadable', FeedUnreadable>

/** Events of marketdata.snapshots. */
export type SnapshotsEnvelope =
  | EnvelopeOf<'MarketSnapshotUpdated', MarketSnapshotUpdated>

/** Events of marketdata.status. */
export type StatusEnvelope =
  | EnvelopeOf<'MarketDataStaleDetected', MarketDataStaleDetected>
  | EnvelopeOf<'MarketDataRecovered', MarketDataRecovered>

/** Events of marketdata.ticks. */
export type TicksEnvelope =
  | EnvelopeOf<'MarketTickReceived', MarketTickReceived>
  | EnvelopeOf<'MarketDepthReceived', MarketDepthReceived>
  | EnvelopeOf<'MarketHeartbeatReceived', MarketHeartbeatReceived>

/** Events of ops.events. */
export type EventsEnvelope =
  | EnvelopeOf<'MarketDataStaleDetected', MarketDataStaleDetected>
  | EnvelopeOf<'MarketDataRecovered', MarketDataRecovered>

/** Events of ops.topologies. */
export type TopologiesEnvelope =
  | EnvelopeOf<'TopologyReported', TopologyReported>

/** Envelope type by stream. */
export interface StreamEvents {
  readonly 'admin.instruments': InstrumentsEnvelope
  readonly 'dlq': DeadLetterEnvelope
  readonly 'marketdata.bars': BarsEnvelope
  readonly 'marketdata.raw': RawEnvelope
  readonly 'marketdata.snapshots': SnapshotsEnvelope
  readonly 'marketdata.status': StatusEnvelope
  readonly 'marketdata.ticks': TicksEnvelope
  readonly 'ops.events': EventsEnvelope
  readonly 'ops.topologies': TopologiesEnvelope
}
