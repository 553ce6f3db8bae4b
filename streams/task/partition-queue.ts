import type { FetchedBatch, LogRecord } from '../log/log.ts'
import type { SourceRunner } from './source-runner.ts'

export interface PartitionQueueOptions {
  readonly topic: string
  readonly partition: number
  readonly source: SourceRunner
  /** Next offset to take: the committed one. */
  readonly position: number
  /** Largest timestamp taken so far; -1 when none. */
  readonly partitionTimeMs: number
  readonly metadata?: string | undefined
  /** End of the partition as far as is known; decides whether an empty queue has more to come. */
  readonly endOffset: number
}

/**
 * Fetched records of one input partition that wait for their turn. The head's timestamp is known, because the task takes the smallest one
 * first; a value is deserialised once, early only when the timestamp is extracted from it.
 */
export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  source: SourceRunner
  /** Text that was committed with the position. */
  metadata: string | undefined
  /** The next offset to commit: everything before it was processed, or is no record. */
  position: number
  partitionTimeMs: number
  /** Undefined when the queue is empty. */
  head: LogRecord | undefined
  headTimestampMs = -1
  headKey: unknown
  headValue: unknown
  /** What deserialisation or timestamp extraction threw. Acted upon when the record's turn comes, never before. */
  headFailure: unknown
  buffered = 0
  /** Since when the task waits for this empty queue, by its wall clock; undefined when it does not. */
  idleSinceMs: number | undefined
  /** Paused at the consumer because too much is buffered. */
  paused = false
  #decoded = false
  #records: readonly LogRecord[] = []
  #index = 0
  #batchNextOffset: number
  #waiting: FetchedBatch[] = []
  /** Batches opened since the last commit, in order: what a rollback takes again. */
  #opened: FetchedBatch[] = []
  #fetchedTo: number
  #endOffset: number

  constructor(options: PartitionQueueOptions) {
    this.topic = options.topic
    this.partition = options.partition
    this.source = options.source
    this.position = options.position
    this.partitionTimeMs = options.partitionTimeMs
    this.metadata = options.metadata
    this.#batchNextOffset = options.position
    this.#fetchedTo = options.position
    this.#endOffset = options.endOffset
  }

  /** Takes every offset once: of a batch that was fetched again, only what is new. */
  add(fetched: FetchedBatch): void {
    if (fetched.endOffset > this.#endOffset) this.#endOffset = fetched.endOffset
    if (fetched.nextOffset < this.#fetchedTo) return
    const batch = this.#withoutTaken(fetched)
    this.#fetchedTo = batch.nextOffset
    this.idleSinceMs = undefined
    if (this.head === undefined) {
      this.#open(batch)
      this.buffered += batch.records.length
      this.#advance()
    } else {
      this.buffered += batch.records.length
      this.#waiting.push(batch)
    }
  }

  #withoutTaken(batch: FetchedBatch): FetchedBatch {
    const [first] = batch.records
    if (first === undefined || first.offset >= this.#fetchedTo) return batch
    return { ...batch, records: batch.records.filter(({ offset }) => offset >= this.#fetchedTo) }
  }

  /** The next offset to fetch. */
  get fetchedTo(): number {
    return this.#fetchedTo
  }

  /** Records that the log holds and that were not fetched. */
  get unfetched(): number {
    return Math.max(0, this.#endOffset - this.#fetchedTo)
  }

  /** Records between what was processed and the end of the partition as far as it is known. */
  get lag(): number {
    return Math.max(0, this.#endOffset - this.position)
  }

  /** Deserialises the head, once; an absent key or value is `undefined`. Never throws: the failure waits in `headFailure`. */
  decodeHead(): void {
    if (this.#decoded || this.head === undefined) return
    this.#decoded = true
    const { head, source, topic } = this
    try {
      this.headKey =
        head.key === null ? undefined : source.keySerde.deserialize(topic, head.key, head.headers)
      this.headValue =
        head.value === null
          ? undefined
          : source.valueSerde.deserialize(topic, head.value, head.headers)
    } catch (cause) {
      this.headFailure = cause ?? new Error('undefined was thrown')
    }
  }

  /** Lets go of the head, which was processed, and shows the next record. */
  pop(): void {
    const head = this.head
    if (head === undefined) return
    this.buffered--
    if (this.headTimestampMs > this.partitionTimeMs) this.partitionTimeMs = this.headTimestampMs
    this.position = head.offset + 1
    this.#advance()
  }

  /** Everything before this position is committed, with this text. */
  committed(position: number, metadata: string | undefined): void {
    this.metadata = metadata
    let passed = 0
    for (const { nextOffset } of this.#opened) {
      if (nextOffset > position) break
      passed++
    }
    if (passed > 0) this.#opened.splice(0, passed)
  }

  /** Goes back to the last commit: what was taken since is taken again, by nodes that were made anew. */
  rollBack(source: SourceRunner, position: number, partitionTimeMs: number): void {
    const batches = [...this.#opened, ...this.#waiting]
    this.clear()
    this.source = source
    this.position = position
    this.partitionTimeMs = partitionTimeMs
    this.#fetchedTo = position
    for (const batch of batches) this.add(batch)
  }

  clear(): void {
    this.head = undefined
    this.#records = []
    this.#index = 0
    this.#waiting = []
    this.#opened = []
    this.buffered = 0
  }

  #open(batch: FetchedBatch): void {
    this.#opened.push(batch)
    this.#records = batch.records
    this.#index = 0
    this.#batchNextOffset = batch.nextOffset
  }

  #advance(): void {
    while (this.#index >= this.#records.length) {
      // All of a batch is processed: what the log skipped at its end (aborted, control records) is behind us too.
      this.position = this.#batchNextOffset
      const next = this.#waiting.shift()
      if (next === undefined) {
        this.head = undefined
        return
      }
      this.#open(next)
    }
    const head = this.#records[this.#index++]
    this.head = head
    this.#decoded = false
    this.headFailure = undefined
    if (head !== undefined) this.headTimestampMs = this.#timestampOf(head)
  }

  #timestampOf(head: LogRecord): number {
    const extract = this.source.timestampExtractor
    if (extract === undefined) return head.timestampMs
    this.decodeHead()
    if (this.headFailure !== undefined) return head.timestampMs
    const record = { key: this.headKey, value: this.headValue, timestampMs: head.timestampMs }
    try {
      return extract(record, this.partitionTimeMs)
    } catch (cause) {
      this.headFailure = cause ?? new Error('undefined was thrown')
      return head.timestampMs
    }
  }
}
