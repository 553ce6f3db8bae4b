import assert from 'node:assert'
import type { Clock } from '../../clock.ts'
import type { Logger } from '../../logger.ts'
import type { Counter } from '../../metrics.ts'
import type { StoreDatabase } from '../../store-engine.ts'
import type { PartitionAppend, TopicPartition } from '../log.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import type { GroupOffsets, StoredOffset } from './group-offsets.ts'
import { invalidRecord, logClosed, recordTooLarge } from './log-errors.ts'
import type { PartitionLog, PartitionState, Reservation } from './partition-log.ts'
import { recordBytes, type SealedBatch } from './record-batch.ts'
import type { TopicCatalogue } from './topic-catalogue.ts'

interface LogLimits {
  /** Of one record: key, value and headers. */
  readonly recordBytesMax: number
  /** Of one transaction, kept in memory until its commit. */
  readonly transactionBytesMax: number
  /** Records are packed into batches of about this size. */
  readonly batchBytes: number
}

interface LogCounters {
  readonly records: Counter
  readonly bytes: Counter
  readonly commits: Counter
  readonly aborts: Counter
}

/** What the parts of the embedded log share. */
export interface LogCore {
  readonly database: StoreDatabase
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: LogLimits
  readonly counters: LogCounters
  readonly topics: TopicCatalogue
  readonly offsets: GroupOffsets
  readonly groups: GroupCoordinator
  readonly fsync: boolean
  /** Set once the log is closed. */
  closed: boolean
}

export interface PartitionWrite {
  readonly log: PartitionLog
  readonly sealed: readonly SealedBatch[]
  readonly reservation?: Reservation | undefined
}

/** The one way in which records and offsets reach the database: all of it in one atomic batch, then the readers are woken. */
export function writeAtomically(
  core: LogCore,
  partitions: readonly PartitionWrite[],
  offsets: readonly StoredOffset[] = [],
): void {
  const batch = core.database.batch()
  const states: PartitionState[] = partitions.map(({ log, sealed }) => log.stage(batch, sealed))
  core.offsets.stage(batch, offsets)
  if (batch.length > 0) batch.write({ fsync: core.fsync })
  for (const [index, { log, sealed, reservation }] of partitions.entries()) {
    const state = states[index]
    assert(state !== undefined)
    log.applied(state, sealed, reservation)
    for (const { recordCount, sizeBytes } of sealed) {
      core.counters.records.add(recordCount)
      core.counters.bytes.add(sizeBytes)
    }
  }
  core.offsets.applied(offsets)
}

/**
 * The partition of an append, after looking at every record of it.
 * @throws {StreamsError} LOG_UNKNOWN_TOPIC, LOG_RECORD_TOO_LARGE, LOG_RECORD_INVALID
 */
export function checkedPartition(core: LogCore, append: PartitionAppend): PartitionLog {
  const log = core.topics.partition(append)
  const place: TopicPartition = { topic: append.topic, partition: append.partition }
  const { recordBytesMax } = core.limits
  const compacted = log.config.value.cleanup !== 'delete'
  for (const record of append.records) {
    const size = recordBytes(record)
    if (size > recordBytesMax) throw recordTooLarge(place, size, recordBytesMax)
    if (compacted && record.key === null) {
      throw invalidRecord(place, 'a record of a compacted topic has no key')
    }
    if (!Number.isSafeInteger(record.timestampMs) || record.timestampMs < 0) {
      throw invalidRecord(place, `timestamp ${record.timestampMs} is not a count of milliseconds`)
    }
  }
  return log
}

export function requireOpen(core: LogCore): void {
  if (core.closed) throw logClosed()
}
