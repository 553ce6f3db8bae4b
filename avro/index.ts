export { commandEventId } from './command-event-id.ts'
export type { Compatibility } from './compatibility.ts'
export { SERDE_UNKNOWN_BRANCH } from './envelope-reader.ts'
export { type AvroSerdeOptions, avroSerde, isUnknownBranch } from './envelope-serde.ts'
export {
  type Cause,
  causedEvent,
  type EventFacts,
  type EventOrigin,
  originEvent,
} from './event-factory.ts'
export { eventId } from './event-id.ts'
export { fixedIdSerde } from './fixed-id-serde.ts'
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
  TopologiesEnvelope,
} from './generated/envelopes.ts'
export {
  type RecordValues,
  recordSchemas,
  type StreamName,
  streamSchemas,
} from './generated/schemas.ts'
export type {
  AssetClass,
  BarClosed,
  BarOrigin,
  BookLevel,
  DeadLettered,
  Entity,
  FeedBar,
  FeedDepth,
  FeedHeartbeat,
  FeedQuote,
  FeedTrade,
  FeedUnreadable,
  GlobalStoreReport,
  Header,
  InstrumentSilence,
  InstrumentUpdated,
  LastTick,
  Level,
  MarketDataRecovered,
  MarketDataStaleDetected,
  MarketDepthReceived,
  MarketHeartbeatReceived,
  MarketSnapshotUpdated,
  MarketTickReceived,
  Ohlc,
  OpenBar,
  OpenBars,
  PriceBasis,
  QualityFlag,
  RestoreReport,
  SnapshotCause,
  SnapshotState,
  TaskInputReport,
  TaskReport,
  TaskRole,
  TaskStoreReport,
  TickKind,
  TopologyReported,
} from './generated/types.ts'
export {
  type ConfluentRegistryOptions,
  connectRegistry,
} from './registry/confluent-registry.ts'
export {
  EmbeddedRegistry,
  type EmbeddedRegistryOptions,
  openEmbeddedRegistry,
} from './registry/embedded-registry.ts'
export { prepareSchemas, type TopicSchema, valueSubject } from './registry/prepare-schemas.ts'
export type { ImmediateRegistry, RegisteredVersion, SchemaRegistry } from './registry/registry.ts'
export {
  type RegistryServer,
  type ServeRegistryOptions,
  serveRegistry,
} from './registry/serve-registry.ts'
export type { AvroSchema, AvroSchemaObject, EventOf, RecordSchema, StreamSchema } from './schema.ts'
export { avroValueSerde } from './value-serde.ts'
