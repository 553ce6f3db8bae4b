export { StreamsError, type ErrorPlace } from './errors.ts'
export type { Serde } from './serde.ts'
export type { CleanupPolicy, Header, NewTopic } from './log/log.ts'
