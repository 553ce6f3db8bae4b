export { type CheckOptions, checkSink, type PartitionCheck, type SinkCheck } from './check-sink.ts'
export { type ClickHouse, type ClickHouseOptions, openClickHouse } from './clickhouse.ts'
export {
  type EmbeddedClickHouse,
  type EmbeddedClickHouseOptions,
  startEmbeddedClickHouse,
} from './embedded/start-embedded.ts'
export { migrate } from './migrate.ts'
export { type BarRow, type BarsQuery, queryBars } from './queries.ts'
export { type Sink, type SinkOptions, sinkGroupId, startSink } from './sink.ts'
