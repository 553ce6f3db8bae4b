import { StreamsError } from '../errors.ts'
import type { TopicPartition } from '../log/log.ts'
import { decodeFailures, encodeFailures } from './schedule-failures.ts'
import { ScheduleByteReader, ScheduleBytes } from './schedule-varint.ts'
import type {
  InputPosition,
  ScheduledBatch,
  ScheduledInput,
  ScheduledOutput,
  ScheduledStart,
  ScheduledTransaction,
} from './transaction-schedule.ts'

/** Another number is another format: a reader refuses what it does not know. */
const VERSION = 1
const HAS_START = 1
const HAS_FLUSH_GLOBALS = 2
const HAS_FAILURES = 4
const START_CACHES = 1
const START_FRESH = 2

/**
 * What one record of the schedule leaves for the next of the same task: positions, readings and offsets are written as differences, topics by
 * number once they were named. A start begins it anew, so a task's schedule can be read from any of its starts.
 */
interface Progress {
  inputs: readonly TopicPartition[]
  positions: number[]
  globals: readonly TopicPartition[]
  globalPositions: number[]
  readingMs: number
  sequence: number
  /** Outputs that were named, with the offset after what was last told of them. */
  readonly outputs: (TopicPartition & { nextOffset: number })[]
  /** Of the transaction before, by number and count. */
  prior: readonly { readonly index: number; readonly records: number }[]
}

function noProgress(): Progress {
  return {
    inputs: [],
    positions: [],
    globals: [],
    globalPositions: [],
    readingMs: 0,
    sequence: 0,
    outputs: [],
    prior: [],
  }
}

/** Writes the schedule of one task from its start on. */
export class ScheduleEncoder {
  readonly #bytes = new ScheduleBytes()
  #progress = noProgress()

  /** A transaction without a number: it is given the next one. */
  encode(transaction: Omit<ScheduledTransaction, 'sequence'>): Uint8Array {
    const { start, batches, flushGlobalPositions, failures, outputs, inputRecords } = transaction
    const bytes = this.#bytes
    bytes.number(VERSION)
    bytes.number(
      (start === undefined ? 0 : HAS_START) +
        (flushGlobalPositions === undefined ? 0 : HAS_FLUSH_GLOBALS) +
        (failures.length === 0 ? 0 : HAS_FAILURES),
    )
    if (start !== undefined) this.#start(start)
    bytes.number(this.#progress.sequence++)
    this.#prior(transaction.priorOffsets)
    const before = this.#progress.positions.reduce(sum, 0)
    bytes.number(batches.length)
    for (const batch of batches) this.#batch(batch)
    bytes.number(Math.max(0, this.#progress.positions.reduce(sum, 0) - before - inputRecords))
    if (flushGlobalPositions !== undefined) this.#globals(flushGlobalPositions)
    if (failures.length > 0) bytes.text(encodeFailures(failures))
    bytes.number(outputs.length)
    this.#progress.prior = outputs.map((output) => this.#output(output))
    return bytes.take()
  }

  #start(start: ScheduledStart): void {
    const bytes = this.#bytes
    const { inputs, globalPositions, readingMs, wallClockDueMs } = start
    this.#progress = {
      ...noProgress(),
      inputs,
      positions: inputs.map(({ offset }) => offset),
      globals: globalPositions,
      globalPositions: globalPositions.map(({ offset }) => offset),
      readingMs,
    }
    bytes.text(start.topology)
    bytes.number((start.recordCaches ? START_CACHES : 0) + (start.isFresh ? START_FRESH : 0))
    bytes.number(start.recordBytesMax)
    bytes.signed(readingMs)
    bytes.number(wallClockDueMs.length)
    for (const dueMs of wallClockDueMs) bytes.signed(dueMs - readingMs)
    bytes.number(inputs.length)
    for (const { topic, partition, offset, metadata } of inputs) {
      this.#place({ topic, partition })
      bytes.number(offset)
      bytes.number(metadata === undefined ? 0 : 1)
      if (metadata !== undefined) bytes.text(metadata)
    }
    bytes.number(globalPositions.length)
    for (const { topic, partition, offset } of globalPositions) {
      this.#place({ topic, partition })
      bytes.number(offset)
    }
  }

  #place({ topic, partition }: TopicPartition): void {
    this.#bytes.text(topic)
    this.#bytes.number(partition)
  }

  #prior(offsets: readonly number[]): void {
    const bytes = this.#bytes
    const { prior, outputs } = this.#progress
    const isKnown = offsets.length === prior.length
    bytes.number(isKnown ? prior.length : 0)
    if (!isKnown) return
    for (const [at, { index, records }] of prior.entries()) {
      const output = outputs[index]
      const offset = offsets[at]
      if (output === undefined || offset === undefined) continue
      bytes.signed(offset - output.nextOffset)
      output.nextOffset = offset + records
    }
  }

  #batch({ readingMs, positions, globalPositions }: ScheduledBatch): void {
    const bytes = this.#bytes
    const known = this.#progress.positions
    bytes.signed(readingMs - this.#progress.readingMs)
    this.#progress.readingMs = readingMs
    let moved = 0
    for (const [index, { offset }] of positions.entries()) if (offset !== known[index]) moved++
    bytes.number(moved * 2 + (globalPositions === undefined ? 0 : 1))
    for (const [index, { offset }] of positions.entries()) {
      const from = known[index] ?? 0
      if (offset === from) continue
      if (positions.length > 1) bytes.number(index)
      bytes.number(offset - from)
      known[index] = offset
    }
    if (globalPositions !== undefined) this.#globals(globalPositions)
  }

  #globals(positions: readonly InputPosition[]): void {
    const known = this.#progress.globalPositions
    const moved = [...positions.entries()].filter(([index, { offset }]) => offset !== known[index])
    this.#bytes.number(moved.length)
    for (const [index, { offset }] of moved) {
      this.#bytes.number(index)
      this.#bytes.signed(offset - (known[index] ?? 0))
      known[index] = offset
    }
  }

  #output({ topic, partition, records }: ScheduledOutput) {
    const { outputs } = this.#progress
    let index = outputs.findIndex((one) => one.topic === topic && one.partition === partition)
    if (index < 0) {
      index = outputs.length
      outputs.push({ topic, partition, nextOffset: 0 })
      this.#bytes.number(index)
      this.#place({ topic, partition })
    } else {
      this.#bytes.number(index)
    }
    this.#bytes.number(records)
    return { index, records }
  }
}

/** Where a record of the schedule lies, for errors. */
export interface SchedulePlace extends TopicPartition {
  readonly offset: number
  readonly taskId: string
}

/** Reads the schedule of one task, record by record, from a start on. */
export class ScheduleDecoder {
  #progress = noProgress()

  /** Whether a record begins a task: reading can begin there. @throws {StreamsError} STREAMS_SCHEDULE_CORRUPT */
  static isStart(bytes: Uint8Array, place: SchedulePlace): boolean {
    return readable(place, () => (headOf(new ScheduleByteReader(bytes)) & HAS_START) !== 0)
  }

  /** @throws {StreamsError} STREAMS_SCHEDULE_CORRUPT with what is wrong and where; STREAMS_SCHEDULE_GAP when records are missing */
  decode(bytes: Uint8Array, place: SchedulePlace): ScheduledTransaction {
    const expected = this.#progress.sequence
    const transaction = readable(place, () => this.#decode(new ScheduleByteReader(bytes)))
    if (transaction.start === undefined && transaction.sequence !== expected)
      throw gap(place, expected, transaction.sequence)
    return transaction
  }

  #decode(bytes: ScheduleByteReader): ScheduledTransaction {
    const flags = headOf(bytes)
    const start = (flags & HAS_START) === 0 ? undefined : this.#start(bytes)
    const sequence = bytes.number()
    if (start === undefined && sequence !== this.#progress.sequence) return skipped(sequence)
    this.#progress.sequence = sequence + 1
    const priorOffsets = this.#prior(bytes)
    const before = this.#progress.positions.reduce(sum, 0)
    const batches = Array.from({ length: bytes.count() }, () => this.#batch(bytes))
    const inputRecords = this.#progress.positions.reduce(sum, 0) - before - bytes.number()
    const flushGlobalPositions =
      (flags & HAS_FLUSH_GLOBALS) === 0 ? undefined : this.#globals(bytes)
    const failures = (flags & HAS_FAILURES) === 0 ? [] : decodeFailures(bytes.text())
    const outputs = Array.from({ length: bytes.count() }, () => this.#output(bytes))
    if (bytes.left > 0) throw new RangeError(`${bytes.left} bytes are left over`)
    this.#progress.prior = outputs.map(({ index, records }) => ({ index, records }))
    return {
      sequence,
      start,
      batches,
      inputRecords,
      flushGlobalPositions,
      failures,
      outputs: outputs.map(({ topic, partition, records }) => ({ topic, partition, records })),
      priorOffsets,
    }
  }

  #start(bytes: ScheduleByteReader): ScheduledStart {
    const topology = bytes.text()
    const flags = bytes.number()
    const recordBytesMax = bytes.number()
    const readingMs = bytes.signed()
    const wallClockDueMs = Array.from({ length: bytes.count() }, () => readingMs + bytes.signed())
    const inputs = Array.from({ length: bytes.count() }, (): ScheduledInput => {
      const place = placeIn(bytes)
      const offset = bytes.number()
      const metadata = bytes.number() === 0 ? undefined : bytes.text()
      return { ...place, offset, metadata }
    })
    const globalPositions = Array.from({ length: bytes.count() }, () => ({
      ...placeIn(bytes),
      offset: bytes.number(),
    }))
    this.#progress = {
      ...noProgress(),
      inputs: inputs.map(({ topic, partition }) => ({ topic, partition })),
      positions: inputs.map(({ offset }) => offset),
      globals: globalPositions.map(({ topic, partition }) => ({ topic, partition })),
      globalPositions: globalPositions.map(({ offset }) => offset),
      readingMs,
    }
    return {
      topology,
      readingMs,
      wallClockDueMs,
      inputs,
      globalPositions,
      recordCaches: (flags & START_CACHES) !== 0,
      recordBytesMax,
      isFresh: (flags & START_FRESH) !== 0,
    }
  }

  #prior(bytes: ScheduleByteReader): number[] {
    const count = bytes.count()
    const { prior, outputs } = this.#progress
    if (count === 0) return []
    if (count !== prior.length)
      throw new RangeError(`offsets of ${count} outputs, but ${prior.length} were written before`)
    return prior.map(({ index, records }) => {
      const output = outputs[index]
      if (output === undefined) throw new RangeError(`output ${index} was never named`)
      const offset = output.nextOffset + bytes.signed()
      output.nextOffset = offset + records
      return offset
    })
  }

  #batch(bytes: ScheduleByteReader): ScheduledBatch {
    const { inputs, positions } = this.#progress
    this.#progress.readingMs += bytes.signed()
    const head = bytes.number()
    const moved = Math.floor(head / 2)
    if (moved > inputs.length)
      throw new RangeError(`${moved} inputs moved, but the task has ${inputs.length}`)
    for (let each = 0; each < moved; each++) {
      const index = inputs.length > 1 ? bytes.number() : 0
      const known = positions[index]
      if (known === undefined) throw new RangeError(`there is no input ${index}`)
      positions[index] = known + bytes.number()
    }
    return {
      readingMs: this.#progress.readingMs,
      positions: positionsOf(inputs, positions),
      globalPositions: head % 2 === 0 ? undefined : this.#globals(bytes),
    }
  }

  #globals(bytes: ScheduleByteReader): InputPosition[] {
    const { globals, globalPositions } = this.#progress
    const moved = bytes.count()
    for (let each = 0; each < moved; each++) {
      const index = bytes.number()
      const known = globalPositions[index]
      if (known === undefined) throw new RangeError(`there is no global partition ${index}`)
      globalPositions[index] = known + bytes.signed()
    }
    return positionsOf(globals, globalPositions)
  }

  #output(bytes: ScheduleByteReader) {
    const { outputs } = this.#progress
    const index = bytes.number()
    if (index === outputs.length) outputs.push({ ...placeIn(bytes), nextOffset: 0 })
    const output = outputs[index]
    if (output === undefined) throw new RangeError(`output ${index} was never named`)
    const { topic, partition } = output
    return { index, topic, partition, records: bytes.number() }
  }
}

function headOf(bytes: ScheduleByteReader): number {
  const version = bytes.number()
  if (version !== VERSION)
    throw new RangeError(`it has version ${version}; this program reads version ${VERSION}`)
  return bytes.number()
}

function placeIn(bytes: ScheduleByteReader): TopicPartition {
  return { topic: bytes.text(), partition: bytes.number() }
}

function positionsOf(
  places: readonly TopicPartition[],
  offsets: readonly number[],
): InputPosition[] {
  return places.map(({ topic, partition }, index) => ({
    topic,
    partition,
    offset: offsets[index] ?? 0,
  }))
}

function sum(left: number, right: number): number {
  return left + right
}

/** A record out of order cannot be read further: what it counts from is missing. */
function skipped(sequence: number): ScheduledTransaction {
  return {
    sequence,
    start: undefined,
    batches: [],
    inputRecords: 0,
    flushGlobalPositions: undefined,
    failures: [],
    outputs: [],
    priorOffsets: [],
  }
}

function readable<T>(place: SchedulePlace, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new StreamsError(
      'STREAMS_SCHEDULE_CORRUPT',
      `a record of the schedule cannot be read: ${cause.message}`,
      place,
      'Replay in timestamp order, or with the version of the program that wrote it.',
      cause,
    )
  }
}

function gap(place: SchedulePlace, expected: number, found: number): StreamsError {
  return new StreamsError(
    'STREAMS_SCHEDULE_GAP',
    `transaction ${found} follows where ${expected} should be: records of the schedule are missing`,
    place,
    'Replay in timestamp order; the schedule was truncated or written by two owners at once.',
  )
}
