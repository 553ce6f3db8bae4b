import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { StreamsError } from '../../errors.ts'
import type { Header, LogRecord } from '../log.ts'
import { ByteReader, readInt64 } from './byte-reader.ts'

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export interface DecodedRecords {
  readonly records: readonly LogRecord[]
  /** Where to fetch next; past control records and aborted ones. Undefined when no whole batch was in the bytes. */
  readonly nextOffset: number | undefined
}

const HEADER_BYTES = 61
const NO_HEADERS: readonly Header[] = []

/**
 * Decodes fetched record batches: records at or after `fromOffset`, without control records and without those of the aborted
 * transactions that the broker named (it names none to a read_uncommitted fetch). A batch cut off at the end is left for the next fetch.
 */
export function decodeRecords(
  bytes: Buffer,
  fromOffset: number,
  aborted: readonly AbortedTransaction[],
): DecodedRecords {
  const records: LogRecord[] = []
  const pendingAborts = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  const abortedProducers = new Set<number>()
  let nextAbort = 0
  let nextOffset: number | undefined
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const end = at + 12 + bytes.readInt32BE(at + 8)
    if (end > bytes.length) break
    const batch = readHeader(bytes, at)
    while (nextAbort < pendingAborts.length) {
      const abort = pendingAborts[nextAbort] as AbortedTransaction
      if (abort.firstOffset > batch.lastOffset) break
      abortedProducers.add(abort.producerId)
      nextAbort += 1
    }
    if (batch.control) {
      if (isAbortMarker(bytes, at + HEADER_BYTES, end)) abortedProducers.delete(batch.producerId)
    } else if (!(batch.transactional && abortedProducers.has(batch.producerId))) {
      readRecords(bytes.subarray(at + HEADER_BYTES, end), batch, fromOffset, records)
    }
    nextOffset = batch.lastOffset + 1
    at = end
  }
  return { records, nextOffset }
}

interface BatchHeader {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly baseTimestampMs: number
  /** Set when the topic stamps records with the time of their append. */
  readonly appendTimestampMs: number | undefined
  readonly producerId: number
  readonly count: number
  readonly compression: number
  readonly transactional: boolean
  readonly control: boolean
}

function readHeader(bytes: Buffer, at: number): BatchHeader {
  const magic = bytes.readInt8(at + 16)
  if (magic !== 2) {
    throw new StreamsError(
      'LOG_FORMAT_UNSUPPORTED',
      `a record batch has format ${magic}; only 2 is read`,
      { offset: readInt64(bytes, at) },
      'Rewrite the topic with a producer of Kafka 0.11 or later.',
    )
  }
  const attributes = bytes.readInt16BE(at + 21)
  const baseOffset = readInt64(bytes, at)
  return {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(at + 23),
    baseTimestampMs: readInt64(bytes, at + 27),
    appendTimestampMs: attributes & 0x08 ? readInt64(bytes, at + 35) : undefined,
    producerId: readInt64(bytes, at + 43),
    count: bytes.readInt32BE(at + 57),
    compression: attributes & 0x07,
    transactional: (attributes & 0x10) !== 0,
    control: (attributes & 0x20) !== 0,
  }
}

function readRecords(
  compressed: Buffer,
  batch: BatchHeader,
  fromOffset: number,
  records: LogRecord[],
): void {
  const reader = new ByteReader(decompress(compressed, batch))
  for (let index = 0; index < batch.count; index += 1) {
    const length = reader.varint()
    const end = reader.position + length
    reader.position += 1
    const timestampDeltaMs = reader.varint()
    const offset = batch.baseOffset + reader.varint()
    if (offset < fromOffset) {
      reader.position = end
      continue
    }
    records.push({
      offset,
      timestampMs: batch.appendTimestampMs ?? batch.baseTimestampMs + timestampDeltaMs,
      key: readNullable(reader),
      value: readNullable(reader),
      headers: readHeaders(reader),
    })
  }
}

function readHeaders(reader: ByteReader): readonly Header[] {
  const count = reader.varint()
  if (count === 0) return NO_HEADERS
  const headers: Header[] = []
  for (let index = 0; index < count; index += 1) {
    const name = readNullable(reader)
    headers.push([name === null ? '' : name.toString(), readNullable(reader)])
  }
  return headers
}

function readNullable(reader: ByteReader): Buffer | null {
  const length = reader.varint()
  return length < 0 ? null : reader.raw(length)
}

/** A control record's key is its version and its type: 0 aborts, 1 commits. */
function isAbortMarker(bytes: Buffer, start: number, end: number): boolean {
  const reader = new ByteReader(bytes, start, end)
  reader.varint()
  reader.position += 1
  reader.varint()
  reader.varint()
  const key = readNullable(reader)
  return key !== null && key.readInt16BE(2) === 0
}

function decompress(bytes: Buffer, batch: BatchHeader): Buffer {
  if (batch.compression === 0) return bytes
  if (batch.compression === 1) return gunzipSync(bytes)
  if (batch.compression === 4) return zstdDecompressSync(bytes)
  throw new StreamsError(
    'LOG_FORMAT_UNSUPPORTED',
    `a record batch is compressed with ${batch.compression === 2 ? 'snappy' : 'lz4'}`,
    { offset: batch.baseOffset },
    'Let its producer use none, gzip or zstd, or set compression.type=zstd on the topic.',
  )
}
