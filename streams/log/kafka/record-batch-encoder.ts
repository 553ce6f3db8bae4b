import { gzipSync } from 'node:zlib'
import type { ProducerRecord } from '../log.ts'
import { writeInt64 } from './byte-writer.ts'
import { crc32c } from './crc32c.ts'

/** Who writes the batch; `-1` throughout for a producer without idempotence. */
export interface BatchProducer {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly transactional: boolean
}

/** Records of one partition as the body of a batch: encoded once, headed by its producer on each attempt. */
export interface EncodedRecords {
  readonly body: Buffer
  readonly count: number
  readonly baseTimestampMs: number
  readonly maxTimestampMs: number
  readonly gzip: boolean
}

const HEADER_BYTES = 61
/** Varints of one record: length, attributes, timestamp, offset, key and value length, header count. */
const RECORD_OVERHEAD_BYTES = 40
const HEADER_OVERHEAD_BYTES = 10

/**
 * Encodes records from `start` on until the batch would exceed `bytesMax`; at least one. A broker takes exactly one batch of a
 * partition in a request and refuses one above `message.max.bytes`, so that the rest goes into the next request.
 */
export function encodeRecords(
  records: readonly ProducerRecord[],
  start: number,
  bytesMax: number,
  gzip: boolean,
): EncodedRecords {
  let count = 0
  let size = 0
  for (let index = start; index < records.length; index += 1) {
    const bound = sizeBound(records[index] as ProducerRecord)
    if (count > 0 && size + bound > bytesMax) break
    size += bound
    count += 1
  }
  const buffer = Buffer.allocUnsafe(size)
  const baseTimestampMs = records[start]?.timestampMs ?? 0
  let maxTimestampMs = baseTimestampMs
  let at = 0
  for (let index = 0; index < count; index += 1) {
    const record = records[start + index] as ProducerRecord
    if (record.timestampMs > maxTimestampMs) maxTimestampMs = record.timestampMs
    at = writeRecord(buffer, at, record, index, record.timestampMs - baseTimestampMs)
  }
  const plain = buffer.subarray(0, at)
  return { body: gzip ? gzipSync(plain) : plain, count, baseTimestampMs, maxTimestampMs, gzip }
}

/** A complete record batch, format 2. */
export function encodeBatch(records: EncodedRecords, producer: BatchProducer): Buffer {
  const batch = Buffer.allocUnsafe(HEADER_BYTES + records.body.length)
  writeInt64(batch, 0, 0)
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt32BE(-1, 12)
  batch.writeInt8(2, 16)
  batch.writeInt16BE((records.gzip ? 1 : 0) | (producer.transactional ? 0x10 : 0), 21)
  batch.writeInt32BE(records.count - 1, 23)
  writeInt64(batch, records.baseTimestampMs, 27)
  writeInt64(batch, records.maxTimestampMs, 35)
  writeInt64(batch, producer.producerId, 43)
  batch.writeInt16BE(producer.producerEpoch, 51)
  batch.writeInt32BE(producer.baseSequence, 53)
  batch.writeInt32BE(records.count, 57)
  records.body.copy(batch, HEADER_BYTES)
  batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17)
  return batch
}

/** At most so many bytes does a record take in a batch. */
export function sizeBound(record: ProducerRecord): number {
  let size = RECORD_OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0)
  if (record.headers !== undefined) {
    for (const [name, value] of record.headers) {
      size += HEADER_OVERHEAD_BYTES + name.length * 3 + (value?.length ?? 0)
    }
  }
  return size
}

function writeRecord(
  buffer: Buffer,
  start: number,
  record: ProducerRecord,
  offsetDelta: number,
  timestampDeltaMs: number,
): number {
  const { key, value, headers } = record
  const names = headers?.map(([name]) => Buffer.from(name))
  const length = recordLength(record, offsetDelta, timestampDeltaMs, names)
  let at = writeVarint(buffer, start, length)
  buffer[at] = 0
  at = writeVarint(buffer, at + 1, timestampDeltaMs)
  at = writeVarint(buffer, at, offsetDelta)
  at = writeNullable(buffer, at, key)
  at = writeNullable(buffer, at, value)
  if (headers === undefined || names === undefined) return writeVarint(buffer, at, 0)
  at = writeVarint(buffer, at, headers.length)
  for (let index = 0; index < headers.length; index += 1) {
    at = writeNullable(buffer, at, names[index] ?? null)
    at = writeNullable(buffer, at, headers[index]?.[1] ?? null)
  }
  return at
}

function recordLength(
  record: ProducerRecord,
  offsetDelta: number,
  timestampDeltaMs: number,
  names: readonly Buffer[] | undefined,
): number {
  let length = 1 + varintSize(timestampDeltaMs) + varintSize(offsetDelta)
  length += nullableSize(record.key) + nullableSize(record.value)
  if (record.headers === undefined || names === undefined) return length + 1
  length += varintSize(names.length)
  for (let index = 0; index < names.length; index += 1) {
    length += nullableSize(names[index] ?? null) + nullableSize(record.headers[index]?.[1] ?? null)
  }
  return length
}

function writeNullable(buffer: Buffer, at: number, value: Uint8Array | null): number {
  if (value === null) return writeVarint(buffer, at, -1)
  const start = writeVarint(buffer, at, value.length)
  buffer.set(value, start)
  return start + value.length
}

function nullableSize(value: Uint8Array | null): number {
  return value === null ? 1 : varintSize(value.length) + value.length
}

/** Zigzag by arithmetic: exact for 52 bits, which covers a difference of any two timestamps. */
function writeVarint(buffer: Buffer, start: number, value: number): number {
  let rest = value >= 0 ? value * 2 : -value * 2 - 1
  let at = start
  while (rest >= 0x80) {
    buffer[at] = (rest % 128) | 0x80
    rest = Math.floor(rest / 128)
    at += 1
  }
  buffer[at] = rest
  return at + 1
}

function varintSize(value: number): number {
  let rest = value >= 0 ? value * 2 : -value * 2 - 1
  let size = 1
  while (rest >= 0x80) {
    rest = Math.floor(rest / 128)
    size += 1
  }
  return size
}
