import { StreamsError } from '../errors.ts'
import type { LogAdmin, LogRecord, PartitionAppend, TopicPartition } from '../log/log.ts'
import type { OutputReport } from './output-report.ts'
import type { PartitionCursor, PartitionCursors } from './partition-cursor.ts'
import { type RecordBytes, recordText, sameRecord } from './record-text.ts'
import type { RecordedTransaction } from './schedule-reader.ts'

/** Where the records lie that one recorded transaction wrote to one partition. */
export interface RecordedChunk extends TopicPartition {
  readonly taskId: string
  /** Of the transaction. */
  readonly ordinal: number
  readonly baseOffset: number
  readonly records: number
}

const PAGE = 2_000

/** What one task wrote, as the log holds it, beside what its replay writes. */
export class RecordedOutputs {
  readonly #taskId: string
  readonly #cursors: PartitionCursors
  readonly #admin: LogAdmin
  readonly #compacted = new Map<string, boolean>()
  /** After what was last found, by partition: the task's next records lie behind it. */
  readonly #next = new Map<string, number>()

  constructor(taskId: string, cursors: PartitionCursors, admin: LogAdmin) {
    this.#taskId = taskId
    this.#admin = admin
    this.#cursors = cursors
  }

  /**
   * Where the outputs of a transaction lie. Its successor tells; where there is none (the last before a restart or before the end), they are
   * looked for by what was rebuilt.
   */
  async locate(
    transaction: RecordedTransaction,
    successor: RecordedTransaction | undefined,
    rebuilt: readonly PartitionAppend[],
  ): Promise<readonly RecordedChunk[]> {
    const told = successor?.start === undefined ? (successor?.priorOffsets ?? []) : []
    const chunks: RecordedChunk[] = []
    for (const [index, output] of transaction.outputs.entries()) {
      const { topic, partition, records } = output
      const baseOffset =
        told.length === transaction.outputs.length
          ? told[index]
          : await this.#search(output, appendOf(rebuilt, output)?.records ?? [])
      if (baseOffset === undefined) continue
      this.#next.set(idOf(output), baseOffset + records)
      const { ordinal } = transaction
      chunks.push({ taskId: this.#taskId, ordinal, topic, partition, baseOffset, records })
    }
    return chunks
  }

  /** Record by record, in order. */
  async compare(
    transaction: RecordedTransaction,
    chunks: readonly RecordedChunk[],
    rebuilt: readonly PartitionAppend[],
    report: OutputReport,
  ): Promise<void> {
    for (const output of transaction.outputs) {
      const { records = [] } = appendOf(rebuilt, output) ?? {}
      const held = await this.#held(output, chunks)
      const base = held.base
      for (let index = 0; index < Math.max(output.records, records.length); index++) {
        const one = records[index]
        const offset = base === undefined ? undefined : base + index
        const other = offset === undefined ? undefined : held.byOffset.get(offset)
        this.#compareOne(transaction, output, report, {
          rebuilt: one,
          recorded: other,
          offset,
          wasRecorded: index < output.records,
          mayBeGone: held.mayBeGone(offset),
        })
      }
    }
    for (const append of rebuilt) {
      if (appendOf(transaction.outputs, append) !== undefined) continue
      for (const record of append.records)
        report.differ('added', this.#difference(transaction, append, { rebuilt: record }))
    }
  }

  /**
   * What one replay writes beside what another did, by key, so that one record more or less does not shift all that follow; for runs that are
   * meant to differ. The log is not asked: it may not hold everything any more.
   */
  compareByKey(
    transaction: RecordedTransaction,
    chunks: readonly RecordedChunk[],
    runs: {
      readonly recorded: readonly PartitionAppend[]
      readonly rebuilt: readonly PartitionAppend[]
    },
    report: OutputReport,
  ): void {
    const places = [
      ...runs.recorded,
      ...runs.rebuilt.filter((one) => appendOf(runs.recorded, one) === undefined),
    ]
    for (const place of places) {
      const base = appendOf(chunks, place)?.baseOffset
      const recorded = byKey(appendOf(runs.recorded, place)?.records ?? [])
      const found = byKey(appendOf(runs.rebuilt, place)?.records ?? [])
      for (const key of new Set([...recorded.keys(), ...found.keys()])) {
        const left = recorded.get(key) ?? []
        const right = found.get(key) ?? []
        for (let at = 0; at < Math.max(left.length, right.length); at++) {
          const [one, other] = [left[at], right[at]]
          if (one !== undefined && other !== undefined && sameRecord(one.record, other.record)) {
            report.count(this.#taskId, place.topic, 'equal')
            continue
          }
          const kind = one === undefined ? 'added' : other === undefined ? 'missing' : 'changed'
          report.differ(
            kind,
            this.#difference(transaction, place, {
              recorded: one?.record,
              rebuilt: other?.record,
              offset: one === undefined || base === undefined ? undefined : base + one.index,
            }),
          )
        }
      }
    }
  }

  #compareOne(
    transaction: RecordedTransaction,
    place: TopicPartition,
    report: OutputReport,
    pair: {
      readonly rebuilt: RecordBytes | undefined
      readonly recorded: RecordBytes | undefined
      readonly offset: number | undefined
      readonly wasRecorded: boolean
      readonly mayBeGone: boolean
    },
  ): void {
    const { rebuilt, recorded, offset } = pair
    const differ = (kind: 'changed' | 'missing' | 'added') =>
      report.differ(kind, this.#difference(transaction, place, { rebuilt, recorded, offset }))
    if (!pair.wasRecorded) differ('added')
    else if (rebuilt === undefined) differ('missing')
    else if (recorded !== undefined && sameRecord(rebuilt, recorded))
      report.count(this.#taskId, place.topic, 'equal')
    else if (recorded === undefined && pair.mayBeGone)
      report.count(this.#taskId, place.topic, 'notHeld')
    else differ('changed')
  }

  #difference(
    { ordinal }: RecordedTransaction,
    { topic, partition }: TopicPartition,
    pair: {
      readonly recorded?: RecordBytes | undefined
      readonly rebuilt?: RecordBytes | undefined
      readonly offset?: number | undefined
    },
  ) {
    return {
      taskId: this.#taskId,
      transaction: ordinal,
      topic,
      partition,
      offset: pair.offset,
      recorded: pair.recorded === undefined ? undefined : recordText(pair.recorded),
      rebuilt: pair.rebuilt === undefined ? undefined : recordText(pair.rebuilt),
    }
  }

  async #held(place: TopicPartition, chunks: readonly RecordedChunk[]) {
    const chunk = appendOf(chunks, place)
    const cursor = await this.#cursor(place)
    const byOffset = new Map<number, LogRecord>()
    if (chunk !== undefined && cursor !== undefined) {
      const { baseOffset, records } = chunk
      const from = Math.max(baseOffset, cursor.startOffset)
      const to = Math.min(baseOffset + records, cursor.endOffset)
      if (from < to)
        for (const record of await cursor.read(from, to)) byOffset.set(record.offset, record)
    }
    const isCompacted = cursor !== undefined && (await this.#isCompacted(place.topic))
    const known = this.#next.get(idOf(place)) ?? 0
    const mayBeGone = (offset = known) =>
      cursor === undefined || isCompacted || offset < cursor.startOffset
    return { base: chunk?.baseOffset, byOffset, mayBeGone }
  }

  /** The first run of records behind the last known ones that equals what was rebuilt. */
  async #search(
    place: TopicPartition & { readonly records: number },
    rebuilt: readonly RecordBytes[],
  ): Promise<number | undefined> {
    const cursor = await this.#cursor(place)
    if (cursor === undefined || rebuilt.length !== place.records || rebuilt.length === 0)
      return undefined
    const start = Math.max(this.#next.get(idOf(place)) ?? 0, cursor.startOffset)
    let window: LogRecord[] = []
    for (let from = start; from < cursor.endOffset; from += PAGE) {
      const page = await cursor.read(from, Math.min(cursor.endOffset, from + PAGE))
      window = [...window, ...page]
      let at = 0
      for (; at + rebuilt.length <= window.length; at++)
        if (isRunAt(window, at, rebuilt)) return window[at]?.offset
      window = window.slice(at)
    }
    return undefined
  }

  async #isCompacted(topic: string): Promise<boolean> {
    let isCompacted = this.#compacted.get(topic)
    if (isCompacted === undefined) {
      const [description] = await this.#admin.describeTopics([topic])
      isCompacted = description !== undefined && description.cleanup !== 'delete'
      this.#compacted.set(topic, isCompacted)
    }
    return isCompacted
  }

  async #cursor(place: TopicPartition): Promise<PartitionCursor | undefined> {
    try {
      return await this.#cursors.of(place)
    } catch (error) {
      // The topic was deleted: nothing is left to compare with.
      if (error instanceof StreamsError && error.code === 'LOG_UNKNOWN_TOPIC') return undefined
      throw error
    }
  }
}

function isRunAt(window: readonly LogRecord[], at: number, rebuilt: readonly RecordBytes[]) {
  return rebuilt.every((record, index) => {
    const held = window[at + index]
    return held !== undefined && sameRecord(record, held)
  })
}

interface PlacedRecord {
  readonly record: RecordBytes
  /** Within its transaction and partition. */
  readonly index: number
}

function byKey(records: readonly RecordBytes[]): Map<string, PlacedRecord[]> {
  const found = new Map<string, PlacedRecord[]>()
  for (const [index, record] of records.entries()) {
    const id = record.key === null ? '' : `k${Buffer.from(record.key).toString('latin1')}`
    const some = found.get(id) ?? []
    found.set(id, some)
    some.push({ record, index })
  }
  return found
}

function appendOf<P extends TopicPartition>(
  appends: readonly P[],
  { topic, partition }: TopicPartition,
): P | undefined {
  return appends.find((one) => one.topic === topic && one.partition === partition)
}

function idOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
