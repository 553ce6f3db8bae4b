export { CATALOGUE, type StreamEntry } from './catalogue.ts'
export { PLATFORM_TENANT, parseRecordKey, type RecordKey, recordKey } from './record-key.ts'
export {
  allTopics,
  newTopics,
  openTopics,
  prepareTopics,
  type Topic,
  type Topics,
  topicName,
} from './topics.ts'
