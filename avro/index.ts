export { recordSchemas, streamSchemas, type RecordValues, type StreamName } from './generated/schemas.ts'
export type { AvroSchema, AvroSchemaObject, EventOf, RecordSchema, StreamSchema } from './schema.ts'
export { avroSerde, isUnknownBranch, type AvroSerdeOptions } from './envelope-serde.ts'
export { SERDE_UNKNOWN_BRANCH } from './envelope-reader.ts'
export { avroValueSerde } from './value-serde.ts'
export { prepareSchemas, valueSubject, type TopicSchema } from './registry/prepare-schemas.ts'
export type { ImmediateRegistry, RegisteredVersion, SchemaRegistry } from './registry/registry.ts'
export type { Compatibility } from './compatibility.ts'
// generated types: begin
export type {
  BarsEnvelope,
  DeadLetterEnvelope,
  EnvelopeOf,
  EventsEnvelope,
  InstrumentsEnvelope,
  RawEnvelope,
  SnapshotsEnvelope,
  StatusEnvelope,
  StreamEvents,
  TicksEnvelope,
} from './generated/envelopes.ts'
export type {
  AssetClass,
  BarClosed,
  BarOrigin,
  DeadLettered,
  Entity,
  FeedBar,
  FeedDepth,
  FeedHeartbeat,
  FeedQuote,
  FeedTrade,
  FeedUnreadable,
  Header,
  InstrumentUpdated,
  Level,
  MarketDataRecovered,
  MarketDataStaleDetected,
  MarketDepthReceived,
  MarketHeartbeatReceived,
  MarketSnapshotUpdated,
  MarketTickReceived,
  Ohlc,
  PriceBasis,
  QualityFlag,
  SnapshotCause,
  TickKind,
} from './generated/types.ts'
// generated types: end
