export { freePortPair } from './free-port.ts'
export {
  type KafkaNodeStatus,
  kafkaStart,
  kafkaStatus,
  kafkaStop,
  kafkaWipe,
} from './kafka-cluster.ts'
export { KAFKA_VERSIONS, type KafkaOptions, type KafkaVersion } from './kafka-options.ts'
export { sweepBrokers } from './sweep-brokers.ts'
