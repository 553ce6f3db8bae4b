import type { Clock } from '../../clock.ts'
import type { StoreDatabase } from '../../store-engine.ts'
import type { LogRecord } from '../log.ts'
import { asBuffer, batchKey, LOG, lastOffsetOf } from './keys.ts'
import type { PartitionLog } from './partition-log.ts'
import { BatchBuilder, readBatch, type SealedBatch, summaryOf } from './record-batch.ts'

/** After a look that found too little that is old enough. */
const LOOK_AGAIN_MS = 30_000
/** What a partition over its bound still grants slow readers of tombstones. */
const TOMBSTONE_RETENTION_MS_MIN = 60_000
/** Over its bound, a partition is compacted for this part of the usual share of new records. */
const OVER_BOUND_DIRTY_FACTOR = 0.2
/** Up to so many times its bound a partition keeps what a group has not read yet. */
const UNREAD_FACTOR = 2

export interface CompactionLimits {
  /** A pass starts when new records make up this part of the partition. */
  readonly dirtyRatio: number
  /** And no pass is made for less than this. */
  readonly dirtyBytesMin: number
  /** Keys of one pass; with more it ends earlier, and the next one goes on. */
  readonly keysMax: number
  /** Of records read in one slice: a few milliseconds. */
  readonly sliceBytes: number
  /** A tombstone is kept for this long after its append, so that slow readers see it. */
  readonly tombstoneRetentionMs: number
  readonly batchBytes: number
}

interface Pass {
  readonly endOffset: number
  /** Tombstones that were appended before it go. */
  readonly oldestTombstoneMs: number
  /** The newest offset of each key between the pass's dirty start and its end. */
  readonly newest: Map<string, number>
  phase: 'collect' | 'rewrite'
  offset: number
  cleanedBytes: number
}

/**
 * Removes superseded records of one partition, as Kafka's cleaner does: collects the newest offset of each key that was written
 * since the last pass, then rewrites the batches before that point. Offsets and order stay. A pass lives in memory; if the
 * process dies it is begun again, and what it wrote is as good as it was.
 *
 * A partition over its topic's `retentionBytes` is compacted early: its lag then holds for the newest half of the bound, and for what a group
 * that has committed offsets of it has not read yet, up to twice the bound; tombstones go after a minute. The last record of a key stays,
 * whatever the bound.
 */
export class PartitionCompaction {
  readonly #database: StoreDatabase
  readonly #log: PartitionLog
  readonly #clock: Clock
  readonly #limits: CompactionLimits
  readonly #unreadFrom: () => number
  #pass: Pass | undefined
  #lookAgainMs = 0

  constructor(options: {
    readonly database: StoreDatabase
    readonly log: PartitionLog
    readonly clock: Clock
    readonly limits: CompactionLimits
    /** The first offset that some group has not read; infinite where no group reads. */
    readonly unreadFrom: () => number
  }) {
    this.#database = options.database
    this.#log = options.log
    this.#clock = options.clock
    this.#limits = options.limits
    this.#unreadFrom = options.unreadFrom
  }

  /** @returns whether there may be more to do */
  slice(options: { readonly force: boolean }): boolean {
    this.#pass ??= this.#begin(options.force)
    const pass = this.#pass
    if (pass === undefined) return false
    if (pass.phase === 'collect') {
      this.#collect(pass)
      return true
    }
    if (!this.#rewrite(pass)) return true
    this.#pass = undefined
    return false
  }

  #begin(force: boolean): Pass | undefined {
    const log = this.#log
    const { startOffset, cleanedOffset, cleanedBytes, sizeBytes } = log.state
    const { dirtyBytesMin, tombstoneRetentionMs } = this.#limits
    const { retentionBytes, minCompactionLagMs = 0 } = log.config.value
    const over = retentionBytes >= 0 && sizeBytes > retentionBytes
    const dirtyBytes = sizeBytes - cleanedBytes
    const dirtyRatio = this.#limits.dirtyRatio * (over ? OVER_BOUND_DIRTY_FACTOR : 1)
    const nowMs = this.#clock.nowMs()
    if (!force) {
      // Looking costs a scan of the index: not before there can be enough, and not again right after there was not.
      if (dirtyBytes < dirtyBytesMin || dirtyBytes < dirtyRatio * sizeBytes) return undefined
      if (!over && nowMs < this.#lookAgainMs) return undefined
    }
    const from = Math.max(startOffset, cleanedOffset)
    const youngestMs = nowMs - minCompactionLagMs
    const youngBytesMax = over ? retentionBytes / 2 : Number.POSITIVE_INFINITY
    const unreadFrom =
      over && sizeBytes <= retentionBytes * UNREAD_FACTOR
        ? this.#unreadFrom()
        : Number.POSITIVE_INFINITY
    let endOffset = from
    let bytes = 0
    for (const batch of log.summaries(from, log.stableOffset)) {
      const isYoung = batch.appendTimeMs > youngestMs
      if (isYoung && (dirtyBytes - bytes <= youngBytesMax || batch.lastOffset >= unreadFrom)) break
      endOffset = batch.lastOffset + 1
      bytes += batch.sizeBytes
    }
    if (bytes === 0 || (!force && bytes < dirtyRatio * (bytes + cleanedBytes))) {
      this.#lookAgainMs = nowMs + LOOK_AGAIN_MS
      return undefined
    }
    const keptMs = over
      ? Math.min(tombstoneRetentionMs, TOMBSTONE_RETENTION_MS_MIN)
      : tombstoneRetentionMs
    return {
      endOffset,
      oldestTombstoneMs: nowMs - keptMs,
      newest: new Map(),
      phase: 'collect',
      offset: from,
      cleanedBytes: 0,
    }
  }

  #collect(pass: Pass): void {
    let bytes = 0
    let records: LogRecord[] = []
    for (const { key, value } of this.#log.scan('records', pass.offset, pass.endOffset)) {
      records = []
      readBatch(value, pass.offset, records)
      for (const record of records) pass.newest.set(keyText(record), record.offset)
      pass.offset = lastOffsetOf(key) + 1
      bytes += value.length
      if (bytes >= this.#limits.sliceBytes) return
      if (pass.newest.size >= this.#limits.keysMax) break
    }
    // The rest of the dirty part, if any, is the next pass's.
    const endOffset = pass.newest.size >= this.#limits.keysMax ? pass.offset : pass.endOffset
    this.#pass = {
      ...pass,
      endOffset,
      phase: 'rewrite',
      offset: this.#log.state.startOffset,
    }
  }

  /** @returns whether the pass is finished */
  #rewrite(pass: Pass): boolean {
    const log = this.#log
    const from = Math.max(pass.offset, log.state.startOffset)
    const builder = new BatchBuilder()
    const removed: { readonly lastOffset: number; readonly sizeBytes: number }[] = []
    const written: SealedBatch[] = []
    let bytes = 0
    let lastOffset = from - 1
    let previousOffset = lastOffset
    let finished = true
    for (const { key, value } of log.scan('records', from, pass.endOffset)) {
      const summary = summaryOf(value)
      lastOffset = lastOffsetOf(key)
      const records: LogRecord[] = []
      readBatch(value, from, records)
      const expired = summary.appendTimeMs < pass.oldestTombstoneMs
      const surviving = records.filter((record) => this.#survives(pass, record, expired))
      bytes += value.length
      // Most of the clean part is as it was: leave it.
      if (surviving.length === summary.recordCount && value.length * 2 >= this.#limits.batchBytes) {
        if (builder.recordCount > 0) written.push(builder.seal(previousOffset))
        pass.cleanedBytes += value.length
        previousOffset = lastOffset
        if (bytes < this.#limits.sliceBytes) continue
        finished = false
        break
      }
      for (const record of surviving) builder.add(record.offset, record, summary.appendTimeMs)
      previousOffset = lastOffset
      removed.push({ lastOffset, sizeBytes: value.length })
      if (builder.sizeBytes >= this.#limits.batchBytes) written.push(builder.seal(lastOffset))
      if (bytes >= this.#limits.sliceBytes) {
        finished = false
        break
      }
    }
    if (builder.recordCount > 0) written.push(builder.seal(lastOffset))
    this.#replace(pass, removed, written, finished)
    pass.offset = lastOffset + 1
    return finished
  }

  #survives(pass: Pass, record: LogRecord, expired: boolean): boolean {
    const newest = pass.newest.get(keyText(record))
    if (newest !== undefined && record.offset < newest) return false
    return record.value !== null || !expired
  }

  #replace(
    pass: Pass,
    removed: readonly { readonly lastOffset: number; readonly sizeBytes: number }[],
    written: readonly SealedBatch[],
    finished: boolean,
  ): void {
    const log = this.#log
    const batch = this.#database.batch()
    let sizeBytes = log.state.sizeBytes
    for (const one of removed) {
      sizeBytes -= one.sizeBytes
      batch.delete(LOG, batchKey('records', log, one.lastOffset))
      batch.delete(LOG, batchKey('index', log, one.lastOffset))
    }
    for (const one of written) {
      sizeBytes += one.sizeBytes
      pass.cleanedBytes += one.sizeBytes
      log.stageBatch(batch, one)
    }
    const cleaned = { cleanedOffset: pass.endOffset, cleanedBytes: pass.cleanedBytes }
    const state = { ...log.state, sizeBytes, ...(finished ? cleaned : {}) }
    log.stageState(batch, state)
    batch.write()
    log.applied(state, [])
    const last = removed.at(-1)
    if (last !== undefined) log.forgetCached(last.lastOffset)
  }
}

/** One character a byte: a key of a map, and as exact as the bytes. */
function keyText({ key }: LogRecord): string {
  return key === null ? '' : asBuffer(key).toString('latin1')
}
