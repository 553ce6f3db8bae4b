// Generated from avro/schemas by scripts/generate-avro.ts. Do not edit.

import type {
  AcceptQuote,
  BarClosed,
  CancelRFQ,
  ChangeRequested,
  CreateRFQ,
  DeadLettered,
  Entity,
  FeedBar,
  FeedDepth,
  FeedHeartbeat,
  FeedQuote,
  FeedTrade,
  FeedUnreadable,
  FlagUpdated,
  InstrumentUpdated,
  KillSwitchDisabled,
  KillSwitchEnabled,
  LPConfigUpdated,
  LastLookStarted,
  LimitsUpdated,
  LpMetricsUpdated,
  MarkPriceUpdated,
  MarketDataRecovered,
  MarketDataStaleDetected,
  MarketDepthReceived,
  MarketHeartbeatReceived,
  MarketSnapshotUpdated,
  MarketTickReceived,
  NotificationRaised,
  QuoteAcceptanceRejected,
  QuoteAccepted,
  QuoteReceived,
  QuoteRejected,
  QuotesRanked,
  RFQCancelled,
  RFQCommandRefused,
  RFQCommandRepeated,
  RFQCreated,
  RFQExpired,
  RFQRejected,
  RFQSent,
  RFQTraded,
  RiskLimitBreached,
  SettlementCompleted,
  SettlementFailed,
  SettlementRequested,
  SettlementRetrying,
  TcaComputed,
  TopologyReported,
  TradeConfirmed,
  TradeExecuted,
  VenueUpdated,
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

/** Events of admin.changes. */
export type ChangesEnvelope =
  | EnvelopeOf<'ChangeRequested', ChangeRequested>
  | EnvelopeOf<'LPConfigUpdated', LPConfigUpdated>
  | EnvelopeOf<'VenueUpdated', VenueUpdated>
  | EnvelopeOf<'LimitsUpdated', LimitsUpdated>
  | EnvelopeOf<'FlagUpdated', FlagUpdated>
  | EnvelopeOf<'InstrumentUpdated', InstrumentUpdated>
  | EnvelopeOf<'KillSwitchEnabled', KillSwitchEnabled>
  | EnvelopeOf<'KillSwitchDisabled', KillSwitchDisabled>

/** Events of admin.flags. */
export type FlagsEnvelope =
  | EnvelopeOf<'FlagUpdated', FlagUpdated>

/** Events of admin.instruments. */
export type InstrumentsEnvelope =
  | EnvelopeOf<'InstrumentUpdated', InstrumentUpdated>

/** Events of admin.limits. */
export type LimitsEnvelope =
  | EnvelopeOf<'LimitsUpdated', LimitsUpdated>

/** Events of admin.lps. */
export type LpsEnvelope =
  | EnvelopeOf<'LPConfigUpdated', LPConfigUpdated>

/** Events of admin.venues. */
export type VenuesEnvelope =
  | EnvelopeOf<'VenueUpdated', VenueUpdated>

/** Events of analytics.lp-metrics. */
export type LpMetricsEnvelope =
  | EnvelopeOf<'LpMetricsUpdated', LpMetricsUpdated>

/** Events of analytics.tca. */
export type TcaEnvelope =
  | EnvelopeOf<'TcaComputed', TcaComputed>

/** Events of dlq. */
export type DeadLetterEnvelope =
  | EnvelopeOf<'DeadLettered', DeadLettered>

/** Events of execution.trades. */
export type TradesEnvelope =
  | EnvelopeOf<'TradeExecuted', TradeExecuted>

/** Events of marketdata.bars. */
export type BarsEnvelope =
  | EnvelopeOf<'BarClosed', BarClosed>

/** Events of marketdata.marks. */
export type MarksEnvelope =
  | EnvelopeOf<'MarkPriceUpdated', MarkPriceUpdated>

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

/** Events of notify.inbox. */
export type InboxEnvelope =
  | EnvelopeOf<'NotificationRaised', NotificationRaised>

/** Events of ops.events. */
export type EventsEnvelope =
  | EnvelopeOf<'MarketDataStaleDetected', MarketDataStaleDetected>
  | EnvelopeOf<'MarketDataRecovered', MarketDataRecovered>

/** Events of ops.topologies. */
export type TopologiesEnvelope =
  | EnvelopeOf<'TopologyReported', TopologyReported>

/** Events of posttrade.confirmations. */
export type ConfirmationsEnvelope =
  | EnvelopeOf<'TradeConfirmed', TradeConfirmed>

/** Events of posttrade.settlement. */
export type SettlementEnvelope =
  | EnvelopeOf<'SettlementRequested', SettlementRequested>
  | EnvelopeOf<'SettlementRetrying', SettlementRetrying>
  | EnvelopeOf<'SettlementCompleted', SettlementCompleted>
  | EnvelopeOf<'SettlementFailed', SettlementFailed>

/** Events of rfq.commands. */
export type CommandsEnvelope =
  | EnvelopeOf<'CreateRFQ', CreateRFQ>
  | EnvelopeOf<'AcceptQuote', AcceptQuote>
  | EnvelopeOf<'CancelRFQ', CancelRFQ>

/** Events of rfq.lifecycle. */
export type LifecycleEnvelope =
  | EnvelopeOf<'RFQCreated', RFQCreated>
  | EnvelopeOf<'RFQSent', RFQSent>
  | EnvelopeOf<'RFQRejected', RFQRejected>
  | EnvelopeOf<'QuotesRanked', QuotesRanked>
  | EnvelopeOf<'QuoteRejected', QuoteRejected>
  | EnvelopeOf<'LastLookStarted', LastLookStarted>
  | EnvelopeOf<'QuoteAccepted', QuoteAccepted>
  | EnvelopeOf<'QuoteAcceptanceRejected', QuoteAcceptanceRejected>
  | EnvelopeOf<'RFQCommandRefused', RFQCommandRefused>
  | EnvelopeOf<'RFQCommandRepeated', RFQCommandRepeated>
  | EnvelopeOf<'RFQCancelled', RFQCancelled>
  | EnvelopeOf<'RFQExpired', RFQExpired>
  | EnvelopeOf<'RFQTraded', RFQTraded>

/** Events of rfq.quotes. */
export type QuotesEnvelope =
  | EnvelopeOf<'QuoteReceived', QuoteReceived>

/** Events of risk.alerts. */
export type AlertsEnvelope =
  | EnvelopeOf<'RiskLimitBreached', RiskLimitBreached>

/** Events of risk.killswitch. */
export type KillswitchEnvelope =
  | EnvelopeOf<'KillSwitchEnabled', KillSwitchEnabled>
  | EnvelopeOf<'KillSwitchDisabled', KillSwitchDisabled>

/** Envelope type by stream. */
export interface StreamEvents {
  readonly 'admin.changes': ChangesEnvelope
  readonly 'admin.flags': FlagsEnvelope
  readonly 'admin.instruments': InstrumentsEnvelope
  readonly 'admin.limits': LimitsEnvelope
  readonly 'admin.lps': LpsEnvelope
  readonly 'admin.venues': VenuesEnvelope
  readonly 'analytics.lp-metrics': LpMetricsEnvelope
  readonly 'analytics.tca': TcaEnvelope
  readonly 'dlq': DeadLetterEnvelope
  readonly 'execution.trades': TradesEnvelope
  readonly 'marketdata.bars': BarsEnvelope
  readonly 'marketdata.marks': MarksEnvelope
  readonly 'marketdata.raw': RawEnvelope
  readonly 'marketdata.snapshots': SnapshotsEnvelope
  readonly 'marketdata.status': StatusEnvelope
  readonly 'marketdata.ticks': TicksEnvelope
  readonly 'notify.inbox': InboxEnvelope
  readonly 'ops.events': EventsEnvelope
  readonly 'ops.topologies': TopologiesEnvelope
  readonly 'posttrade.confirmations': ConfirmationsEnvelope
  readonly 'posttrade.settlement': SettlementEnvelope
  readonly 'rfq.commands': CommandsEnvelope
  readonly 'rfq.lifecycle': LifecycleEnvelope
  readonly 'rfq.quotes': QuotesEnvelope
  readonly 'risk.alerts': AlertsEnvelope
  readonly 'risk.killswitch': KillswitchEnvelope
}
