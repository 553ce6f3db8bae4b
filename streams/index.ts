export type { AggregateResult } from './authoring/aggregate/aggregate-result.ts'
export { CogroupedKStream } from './authoring/aggregate/cogrouped-stream.ts'
export type { Aggregator, Initializer, Reducer } from './authoring/aggregate/fold.ts'
export type { RowMapper } from './authoring/aggregate/group-rows.ts'
export { Grouped } from './authoring/aggregate/grouped.ts'
export { KGroupedStream } from './authoring/aggregate/grouped-stream.ts'
export { KGroupedTable } from './authoring/aggregate/grouped-table.ts'
export { BranchedKStream } from './authoring/branches.ts'
export {
  type BuildOptions,
  type GlobalTableOptions,
  StreamsBuilder,
  type TableOptions,
} from './authoring/builder.ts'
export {
  Joined,
  type JoinedOptions,
  type JoinedWith,
  StreamJoined,
  type StreamJoinedWith,
  type StreamJoinOptions,
} from './authoring/joins/join-options.ts'
export type { Joiner, LeftJoiner, OuterJoiner, RowKeyMapper } from './authoring/joins/joiners.ts'
export {
  Consumed,
  type ConsumedOptions,
  Materialized,
  type Named,
  Produced,
  type ProducedOptions,
  type ProducedWith,
  type Repartitioned,
  type SinkSerde,
  type SinkTopic,
  type TopicHandle,
} from './authoring/options.ts'
export type { PrintOptions } from './authoring/print.ts'
export type { ProcessOptions } from './authoring/process.ts'
export type { SerdeArguments, SerdesKnown, SerdesNeeded } from './authoring/serdes-known.ts'
export { type Step, type StepResult, step } from './authoring/step.ts'
export {
  type CustomStoreSpec,
  customStore,
  customStoreOf,
  globalStoreOf,
  keyValueStore,
  keyValueStoreOf,
  type StoreEntries,
  sessionStore,
  sessionStoreOf,
  timestampedKeyValueStore,
  versionedStore,
  versionedStoreOf,
  windowStore,
  windowStoreOf,
} from './authoring/stores.ts'
export { KStream } from './authoring/stream.ts'
export type { StreamNode } from './authoring/stream-node.ts'
export {
  type BoundedBufferConfig,
  BufferConfig,
  type StrictBufferConfig,
  Suppressed,
  type SuppressOptions,
} from './authoring/suppress/suppressed.ts'
export { type HeldReport, type HeldResult, whyHeld } from './authoring/suppress/why-held.ts'
export { GlobalKTable } from './authoring/table/global-table.ts'
export { KTable } from './authoring/table/table.ts'
export type { TableTransformer } from './authoring/table/transformer.ts'
export {
  type ForeignKeyJoinOptions,
  TableJoined,
} from './authoring/table-joins/foreign-key/table-joined.ts'
export {
  type SinkOptions,
  type SourceOptions,
  TopologyBuilder,
} from './authoring/topology-builder.ts'
export {
  EmitStrategy,
  type OnWindowClose,
  type OnWindowCloseOptions,
  type OnWindowUpdate,
} from './authoring/windows/emit-strategy.ts'
export type { Merger } from './authoring/windows/session-fold.ts'
export { SessionWindowedKStream } from './authoring/windows/session-windowed-stream.ts'
export type { FixedWindows } from './authoring/windows/window-nodes.ts'
export {
  SessionWindowedCogroupedKStream,
  TimeWindowedCogroupedKStream,
} from './authoring/windows/windowed-cogroup.ts'
export { sessionWindowedSerde, timeWindowedSerde } from './authoring/windows/windowed-serdes.ts'
export { type Sliced, TimeWindowedKStream } from './authoring/windows/windowed-stream.ts'
export {
  type AdjustableJoinWindows,
  type AdjustableUnlimitedWindows,
  JoinWindows,
  SessionWindows,
  SlidingWindows,
  TimeWindows,
  type TumblingWindows,
  UnlimitedWindows,
  type Window,
} from './authoring/windows/windows.ts'
export type { Change } from './change.ts'
export { type Clock, systemClock } from './clock.ts'
export { DESCRIPTION_FORMATS, type DescriptionFormat, describe } from './describe/describe.ts'
export { type Diagram, layOut } from './describe/diagram.ts'
export { type ErrorPlace, StreamsError } from './errors.ts'
export type { CleanupPolicy, Header, NewTopic } from './log/log.ts'
export { type LogFields, type Logger, silentLogger } from './logger.ts'
export {
  type Counter,
  type Gauge,
  type Histogram,
  type Labels,
  type Metrics,
  noMetrics,
} from './metrics.ts'
export type {
  Cancellable,
  DeadLetterCause,
  DropReason,
  ObservedTime,
  Processor,
  ProcessorContext,
  ProcessorMetrics,
  ProcessorSupplier,
  PunctuationType,
  RecordCache,
  RecordMetadata,
  StreamRecord,
} from './processor.ts'
export { jsonValue } from './queries/json-value.ts'
export type { LocalStoreOptions, LocalStorePart } from './queries/local-parts.ts'
export { Position, type PositionEntry, type PositionJson } from './queries/position.ts'
export type {
  QueryAuthorizer,
  QueryPrincipal,
  QueryResource,
} from './queries/service/query-access.ts'
export {
  QueryClient,
  type QueryClientOptions,
  type QueryTerms,
  type ScanTerms,
  type TimeTerms,
} from './queries/service/query-client.ts'
export { QUERY_LIMITS, type QueryLimits } from './queries/service/query-limits.ts'
export { QueryProblem, type QueryProblemKind } from './queries/service/query-problem.ts'
export type { QueryAnswer } from './queries/service/query-routes.ts'
export {
  createQueryServer,
  type QueryServer,
  type QueryServerOptions,
} from './queries/service/query-server.ts'
export type { QueryableStreams } from './queries/service/queryable-streams.ts'
export type { StoreQueryRow } from './queries/service/store-query.ts'
export type { KeyQueryMetadata, StoreLayout } from './queries/store-layout.ts'
export { RegistryWait, type RegistryWaitOptions } from './registry-wait.ts'
export type { OutputComparison, OutputDifference } from './replay/output-report.ts'
export { replay } from './replay/replay.ts'
export type {
  ReplayedStore,
  ReplayedTask,
  ReplayMode,
  ReplayOptions,
  ReplayProgress,
  ReplayResult,
} from './replay/replay-options.ts'
export type { EntryDifference, StoreDifference } from './replay/store-differences.ts'
export {
  type WhatIfChange,
  type WhatIfOptions,
  type WhatIfResult,
  whatIf,
} from './replay/what-if.ts'
export type { RestoreListener, RestoreProgress } from './restore/changelog-restorer.ts'
export type { Serde } from './serde.ts'
export {
  bytesSerde,
  doubleSerde,
  jsonSerde,
  longSerde,
  stringSerde,
  timestampedSerde,
} from './serdes.ts'
export type {
  KeyValueIterator,
  KeyValueStore,
  KeyValueStoreSpec,
  ManagedStore,
  OpenTaskStores,
  ReadOnlyKeyValueStore,
  ReadOnlySessionStore,
  ReadOnlyVersionedKeyValueStore,
  ReadOnlyWindowStore,
  SessionStore,
  SessionStoreSpec,
  StateStore,
  StoreBackend,
  StoreChange,
  StoreDigest,
  StoreSpec,
  TaskStores,
  TimestampedKeyValueStore,
  TimestampedWindowStore,
  ValueAndTimestamp,
  VersionedKeyValueStore,
  VersionedRecord,
  VersionedStoreSpec,
  WindowedKey,
  WindowIterator,
  WindowStore,
  WindowStoreSpec,
} from './store.ts'
export type {
  KeyRange,
  StoreBatch,
  StoreDatabase,
  StoreEngine,
  StoreEntry,
  StoreIterator,
  StoreOpenOptions,
} from './store-engine.ts'
export { type CloseOptions, Streams } from './streams.ts'
export type { HostInfo, StreamsClientMetadata } from './streams-client-metadata.ts'
export type {
  PartitionLag,
  StandbyTaskMetadata,
  StoreChecksum,
  StreamsMetadata,
  TaskMetadata,
  ThreadMetadata,
} from './streams-metadata.ts'
export {
  STREAMS_LIMITS,
  type StreamsLimits,
  type StreamsOptions,
  type UncaughtDecision,
} from './streams-options.ts'
export type { StateListener } from './streams-state.ts'
export type { StreamsStatus } from './streams-status.ts'
export { COMMIT_POINTS, type CommitPoint, type CommitProbe } from './task/commit-point.ts'
export type { DeadLetter, DeadLetterEncoder, EncodedDeadLetter } from './task/dead-letter.ts'
export type { DeadLetterDropped } from './task/drop-policy.ts'
export {
  DEFAULT_RETRY_DELAYS_MS,
  type DeserializationFailure,
  type FailureDecision,
  type FailureHandler,
  type FailureHandlers,
  type FinalDecision,
  InvalidRecordError,
  type ProcessingFailure,
  type ProductionFailure,
  type RetryOptions,
} from './task/handlers.ts'
export type { RetryWait } from './task/record-retries.ts'
export { systemTimers, type Timers } from './timers.ts'
export type {
  GlobalStoreNode,
  ProcessorNode,
  RepartitionTopic,
  SinkNode,
  SourceNode,
  StreamPartitioner,
  SubTopology,
  TimestampExtractor,
  TopicNameExtractor,
  Topology,
  TopologyNode,
  TopologyWarning,
} from './topology.ts'
export { processIdOf } from './worker/process-id.ts'
export { serveStreamsWorker, type WorkerApplication } from './workers/streams-worker.ts'
export { StreamsWorkers, type StreamsWorkersOptions } from './workers/streams-workers.ts'
