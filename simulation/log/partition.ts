import type { Isolation, LogRecord, ProducerRecord, TopicPartition } from '#streams/log'

/** What a partition has to know of a transaction. */
export interface Transaction {
  readonly id: string
  outcome: 'open' | 'committed' | 'aborted'
}

interface Entry {
  readonly offset: number
  /** Undefined: the mark of an end of a transaction. */
  readonly record: LogRecord | undefined
  readonly transaction: Transaction | undefined
}

export interface Slice {
  readonly records: readonly LogRecord[]
  readonly nextOffset: number
  readonly endOffset: number
}

/** A partition as Kafka keeps it: marks of transactions take offsets, too, and readers of committed records wait for the oldest open one. */
export class Partition implements TopicPartition {
  readonly topic: string
  readonly partition: number
  readonly compacted: boolean
  startOffset = 0
  endOffset = 0
  /** Called when something new can be read. */
  readonly waiting = new Set<() => void>()
  #entries: Entry[] = []
  /** Everything ever written, for the checks at the end. */
  readonly #history: Entry[] = []
  readonly #open = new Map<Transaction, number>()

  constructor(topic: string, partition: number, compacted: boolean) {
    this.topic = topic
    this.partition = partition
    this.compacted = compacted
  }

  append(records: readonly ProducerRecord[], transaction?: Transaction): number {
    const baseOffset = this.endOffset
    if (transaction !== undefined && !this.#open.has(transaction)) {
      this.#open.set(transaction, baseOffset)
    }
    for (const { timestampMs, key, value, headers = [] } of records) {
      const offset = this.endOffset++
      // The caller may use its buffers again.
      const record = { offset, timestampMs, key: copy(key), value: copy(value), headers }
      this.#add({ offset, record, transaction })
    }
    this.#wake()
    return baseOffset
  }

  /** The transaction has its outcome; here it is known from now on. */
  mark(transaction: Transaction): void {
    this.#open.delete(transaction)
    this.#add({ offset: this.endOffset++, record: undefined, transaction: undefined })
    this.#wake()
  }

  get stableOffset(): number {
    let stable = this.endOffset
    for (const first of this.#open.values()) stable = Math.min(stable, first)
    return stable
  }

  /** Up to `recordsMax` records; `skipsOpen` is the fault of a reader that does not wait for open transactions. */
  read(position: number, isolation: Isolation, recordsMax: number, skipsOpen = false): Slice {
    const isCommittedOnly = isolation === 'read_committed'
    const endOffset = isCommittedOnly && !skipsOpen ? this.stableOffset : this.endOffset
    const records: LogRecord[] = []
    let nextOffset = Math.max(position, this.startOffset)
    let at = this.#indexOf(nextOffset)
    for (; records.length < recordsMax; at++) {
      const entry = this.#entries[at]
      if (entry === undefined || entry.offset >= endOffset) {
        nextOffset = Math.max(nextOffset, endOffset)
        break
      }
      nextOffset = entry.offset + 1
      if (entry.record === undefined) continue
      if (isCommittedOnly && !isCommitted(entry)) continue
      records.push(entry.record)
    }
    return { records, nextOffset, endOffset }
  }

  offsetAt(timestampMs: number): number {
    for (const { offset, record } of this.#entries) {
      if (record !== undefined && record.timestampMs >= timestampMs) return offset
    }
    return this.endOffset
  }

  truncate(offset: number): void {
    this.startOffset = Math.min(Math.max(offset, this.startOffset), this.endOffset)
    this.#entries = this.#entries.slice(this.#indexOf(this.startOffset))
  }

  /** Leaves the last committed record of each key below the last stable offset; tombstones stay. */
  compact(): void {
    const stable = this.stableOffset
    const last = new Map<string, number>()
    for (const entry of this.#entries) {
      if (entry.offset >= stable || entry.record === undefined || !isCommitted(entry)) continue
      last.set(keyOf(entry.record), entry.offset)
    }
    this.#entries = this.#entries.filter(
      (entry) =>
        entry.offset >= stable ||
        (entry.record !== undefined && last.get(keyOf(entry.record)) === entry.offset),
    )
  }

  /** Every record that was ever committed, also what was compacted or truncated since. */
  committedRecords(): LogRecord[] {
    return this.#history.flatMap((entry) =>
      entry.record !== undefined && isCommitted(entry) ? [entry.record] : [],
    )
  }

  get lastCommittedOffset(): number {
    for (let at = this.#history.length - 1; at >= 0; at--) {
      const entry = this.#history[at] as Entry
      if (entry.record !== undefined && isCommitted(entry)) return entry.offset
    }
    return -1
  }

  #add(entry: Entry): void {
    this.#entries.push(entry)
    this.#history.push(entry)
  }

  #wake(): void {
    for (const wake of [...this.waiting]) wake()
  }

  #indexOf(offset: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle] as Entry).offset < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

function isCommitted({ transaction }: Entry): boolean {
  return transaction === undefined || transaction.outcome === 'committed'
}

function copy(bytes: Uint8Array | null): Uint8Array | null {
  return bytes === null ? null : Uint8Array.from(bytes)
}

function keyOf({ key }: LogRecord): string {
  return key === null ? '' : Buffer.from(key).toString('latin1')
}
