import type { StoreDatabase } from '../../store-engine.ts'
import { batchKey, LOG } from './keys.ts'
import type { PartitionLog } from './partition-log.ts'

/**
 * Batches deleted in one slice: a few milliseconds. A longer range would be deleted by the engine outside of the batch, which
 * costs it a note in a keyspace of its own.
 */
const SLICE_BATCHES_MAX = 1_000

/**
 * Deletes whole batches that are too old or too many for the topic's bounds, a slice at a time; the log's start moves with them.
 * Age is counted from the append, never from event time: recorded data of past years stay as long as fresh ones.
 * @returns whether there may be more to do
 */
export function retainSlice(database: StoreDatabase, log: PartitionLog, nowMs: number): boolean {
  const { cleanup, retentionMs, retentionBytes } = log.config.value
  if (cleanup === 'compact') return false
  const { startOffset, sizeBytes } = log.state
  let removedBytes = 0
  let removed = 0
  let newStart = startOffset
  for (const batch of log.summaries(startOffset, log.stableOffset)) {
    const tooLarge = retentionBytes >= 0 && sizeBytes - removedBytes > retentionBytes
    const tooOld = retentionMs >= 0 && batch.appendTimeMs < nowMs - retentionMs
    if (!tooLarge && !tooOld) break
    removedBytes += batch.sizeBytes
    newStart = batch.lastOffset + 1
    removed += 1
    if (removed >= SLICE_BATCHES_MAX) break
  }
  if (removed === 0) return false
  moveStart(database, log, newStart, removedBytes)
  return removed >= SLICE_BATCHES_MAX
}

/** Deletes what lies before `offset`, at once; a batch that goes beyond it is kept, and its earlier records are hidden. */
export function removeBefore(database: StoreDatabase, log: PartitionLog, offset: number): void {
  const { startOffset } = log.state
  const newStart = Math.min(offset, log.stableOffset)
  if (newStart <= startOffset) return
  let removedBytes = 0
  for (const batch of log.summaries(startOffset, newStart)) removedBytes += batch.sizeBytes
  moveStart(database, log, newStart, removedBytes)
}

function moveStart(
  database: StoreDatabase,
  log: PartitionLog,
  startOffset: number,
  removedBytes: number,
): void {
  const { state } = log
  const batch = database.batch()
  for (const kind of ['records', 'index'] as const) {
    batch.deleteRange(LOG, batchKey(kind, log, state.startOffset), batchKey(kind, log, startOffset))
  }
  const moved = {
    ...state,
    startOffset,
    sizeBytes: Math.max(0, state.sizeBytes - removedBytes),
    cleanedOffset: Math.max(state.cleanedOffset, startOffset),
    cleanedBytes: Math.max(0, state.cleanedBytes - removedBytes),
  }
  log.stageState(batch, moved)
  batch.write()
  log.applied(moved, [])
}
