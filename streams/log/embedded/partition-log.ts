import type { StoreBatch, StoreDatabase } from '../../store-engine.ts'
import type { LogRecord, NewTopic } from '../log.ts'
import { asBuffer, type BatchKind, batchKey, LOG, lastOffsetOf, metaKey, numbers } from './keys.ts'
import {
  type BatchSummary,
  decodeSummary,
  encodeSummary,
  readBatch,
  type SealedBatch,
} from './record-batch.ts'
import { PartitionTail, type TailCache } from './tail-cache.ts'

/** What is stored about a partition; written with every batch of records, so opening reads this and nothing else. */
export interface PartitionState {
  readonly startOffset: number
  /** Behind the last committed record. */
  readonly endOffset: number
  readonly sizeBytes: number
  /** Records before it are free of superseded ones (compacted topics). */
  readonly cleanedOffset: number
  readonly cleanedBytes: number
}

export const EMPTY_PARTITION: PartitionState = {
  startOffset: 0,
  endOffset: 0,
  sizeBytes: 0,
  cleanedOffset: 0,
  cleanedBytes: 0,
}

/** Offsets that an open transaction holds in a partition: readers stop before the first of them. */
export interface Reservation {
  readonly firstOffset: number
  endOffset: number
}

export interface ReadResult {
  readonly records: LogRecord[]
  readonly nextOffset: number
  readonly sizeBytes: number
}

/** One partition: which offsets are taken, committed and visible, and where its batches are. */
export class PartitionLog {
  readonly topicId: number
  readonly partition: number
  readonly config: { value: NewTopic }
  state: PartitionState
  deleted = false
  readonly #database: StoreDatabase
  readonly #cache: TailCache
  readonly #tail: PartitionTail
  readonly #open = new Set<Reservation>()
  readonly #readers = new Set<() => void>()
  #nextOffset: number

  constructor(options: {
    readonly database: StoreDatabase
    readonly cache: TailCache
    readonly topicId: number
    readonly partition: number
    readonly config: { value: NewTopic }
    readonly state: PartitionState
  }) {
    this.#database = options.database
    this.#cache = options.cache
    this.topicId = options.topicId
    this.partition = options.partition
    this.config = options.config
    this.state = options.state
    this.#nextOffset = options.state.endOffset
    this.#tail = new PartitionTail(options.state.endOffset)
  }

  get topic(): string {
    return this.config.value.topic
  }

  /** Readers of committed records stop here. */
  get stableOffset(): number {
    let stable = this.state.endOffset
    for (const { firstOffset } of this.#open) stable = Math.min(stable, firstOffset)
    return stable
  }

  get hasOpenTransactions(): boolean {
    return this.#open.size > 0
  }

  /** The next offset that nobody has; it stays free unless `reserve` or `append` takes it. */
  get nextOffset(): number {
    return this.#nextOffset
  }

  /** Takes the next offsets for a transaction. */
  reserve(count: number, reservation: Reservation | undefined): Reservation {
    const held = reservation ?? { firstOffset: this.#nextOffset, endOffset: this.#nextOffset }
    this.#nextOffset += count
    held.endOffset = this.#nextOffset
    this.#open.add(held)
    return held
  }

  /** Gives up the offsets of an aborted transaction: those at the end are used again, others stay a hole. */
  release(reservation: Reservation): void {
    if (!this.#open.delete(reservation)) return
    let next = this.state.endOffset
    for (const { endOffset } of this.#open) next = Math.max(next, endOffset)
    this.#nextOffset = next
    this.wakeReaders()
  }

  /** Adds batches and the partition's new state to a database batch; nothing changes here before `applied`. */
  stage(batch: StoreBatch, sealed: readonly SealedBatch[]): PartitionState {
    let { endOffset, sizeBytes } = this.state
    for (const one of sealed) {
      this.stageBatch(batch, one)
      endOffset = Math.max(endOffset, one.lastOffset + 1)
      sizeBytes += one.sizeBytes
    }
    const state = { ...this.state, endOffset, sizeBytes }
    this.stageState(batch, state)
    return state
  }

  stageBatch(batch: StoreBatch, sealed: SealedBatch): void {
    batch.put(LOG, batchKey('records', this, sealed.lastOffset), sealed.bytes)
    batch.put(LOG, batchKey('index', this, sealed.lastOffset), encodeSummary(sealed))
  }

  stageState(batch: StoreBatch, state: PartitionState): void {
    batch.put(LOG, partitionKey(this.topicId, this.partition), encodeState(state))
  }

  /** After the database batch is written. */
  applied(
    state: PartitionState,
    sealed: readonly SealedBatch[],
    reservation?: Reservation | undefined,
  ): void {
    this.state = state
    this.#nextOffset = Math.max(this.#nextOffset, state.endOffset)
    if (reservation !== undefined) this.#open.delete(reservation)
    for (const one of sealed) this.#cache.add(this.#tail, one)
    this.wakeReaders()
  }

  /** After batches up to this offset were rewritten. */
  forgetCached(lastOffset: number): void {
    this.#tail.forget(lastOffset)
  }

  onChange(wake: () => void): () => void {
    this.#readers.add(wake)
    return () => this.#readers.delete(wake)
  }

  wakeReaders(): void {
    for (const wake of this.#readers) wake()
  }

  /**
   * Committed records from `offset` on: whole batches, until `bytesMax` or `recordsMax` is reached. `nextOffset` goes over
   * holes, so that a reader of a compacted or truncated end knows that it is there.
   */
  read(
    offset: number,
    limits: { readonly bytesMax: number; readonly recordsMax: number },
  ): ReadResult {
    const from = Math.max(offset, this.state.startOffset)
    const stable = this.stableOffset
    const records: LogRecord[] = []
    if (from >= stable) return { records, nextOffset: from, sizeBytes: 0 }
    let sizeBytes = 0
    let nextOffset = stable
    for (const { bytes, lastOffset } of this.#batches(from, stable)) {
      readBatch(bytes, from, records)
      sizeBytes += bytes.length
      if (sizeBytes >= limits.bytesMax || records.length >= limits.recordsMax) {
        nextOffset = lastOffset + 1
        break
      }
    }
    return { records, nextOffset, sizeBytes }
  }

  *#batches(
    from: number,
    before: number,
  ): Generator<{ readonly bytes: Uint8Array; readonly lastOffset: number }> {
    const cached = this.#tail.from(from)
    if (cached !== undefined) {
      for (const batch of cached) {
        if (batch.lastOffset >= before) return
        yield batch
      }
      return
    }
    for (const { key, value } of this.scan('records', from, before)) {
      yield { bytes: value, lastOffset: lastOffsetOf(key) }
    }
  }

  /** Entries of batches that end at or after `from` and before `before`. */
  scan(kind: BatchKind, from: number, before: number) {
    return this.#database.scan(LOG, {
      from: batchKey(kind, this, from),
      to: batchKey(kind, this, before),
    })
  }

  *summaries(from: number, before: number): Generator<BatchSummary> {
    for (const { key, value } of this.scan('index', from, before)) {
      yield decodeSummary(value, lastOffsetOf(key))
    }
  }

  /** The first visible offset whose timestamp is at least `timestampMs`; the stable end where there is none. */
  offsetAt(timestampMs: number): number {
    const { startOffset } = this.state
    const stable = this.stableOffset
    for (const summary of this.summaries(startOffset, stable)) {
      if (summary.newestTimestampMs < timestampMs) continue
      const bytes = this.#database.get(LOG, batchKey('records', this, summary.lastOffset))
      if (bytes === undefined) continue
      const records: LogRecord[] = []
      readBatch(bytes, startOffset, records)
      const found = records.find((record) => record.timestampMs >= timestampMs)
      if (found !== undefined) return found.offset
    }
    return stable
  }
}

export const partitionKey = (topicId: number, partition: number): Buffer =>
  metaKey('partition', numbers(topicId, partition))

export function encodeState(state: PartitionState): Buffer {
  const bytes = Buffer.allocUnsafe(40)
  bytes.writeDoubleBE(state.startOffset, 0)
  bytes.writeDoubleBE(state.endOffset, 8)
  bytes.writeDoubleBE(state.sizeBytes, 16)
  bytes.writeDoubleBE(state.cleanedOffset, 24)
  bytes.writeDoubleBE(state.cleanedBytes, 32)
  return bytes
}

export function decodeState(bytes: Uint8Array): PartitionState {
  const view = asBuffer(bytes)
  return {
    startOffset: view.readDoubleBE(0),
    endOffset: view.readDoubleBE(8),
    sizeBytes: view.readDoubleBE(16),
    cleanedOffset: view.readDoubleBE(24),
    cleanedBytes: view.readDoubleBE(32),
  }
}
