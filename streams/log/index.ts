export { openChannelLog } from './channel/channel-log.ts'
export { type LogServing, type ServedLog, serveLog } from './channel/serve-log.ts'
export {
  type EmbeddedLog,
  type EmbeddedLogOptions,
  openEmbeddedLog,
} from './embedded/embedded-log.ts'
export { type KafkaLogOptions, openKafkaLog } from './kafka/kafka-log.ts'
export type {
  AppendResult,
  CleanupPolicy,
  FetchedBatch,
  GroupConsumer,
  GroupConsumerOptions,
  GroupDescription,
  GroupMember,
  GroupMetadata,
  Header,
  Isolation,
  Log,
  LogAdmin,
  LogHealth,
  LogRecord,
  MemberAssignment,
  NewTopic,
  OffsetCommit,
  OffsetQuery,
  PartitionAppend,
  PartitionAssignor,
  PartitionReader,
  PartitionReaderOptions,
  Producer,
  ProducerOptions,
  ProducerRecord,
  RebalanceProtocol,
  TopicDescription,
  TopicPartition,
  TransactionalProducer,
  TransactionalProducerOptions,
} from './log.ts'
export { partitionFor } from './partitioner.ts'
