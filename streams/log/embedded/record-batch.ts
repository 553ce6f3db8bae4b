import type { Header, LogRecord, ProducerRecord } from '../log.ts'
import { asBuffer } from './keys.ts'

/**
 * Consecutive records of a partition, packed into one database entry: per entry costs would dominate otherwise.
 *
 * Header (48 bytes): u8 format, u8 unused, u16 unused, u32 records, f64 base offset, f64 last offset, f64 base timestamp,
 * f64 newest timestamp, f64 append time. Record: u8 attributes, varint |timestamp - base|, varint offset - base, then key,
 * value and headers as varint length and bytes, each where its attribute says so.
 */
const FORMAT = 1
const HEADER_BYTES = 48

const EARLIER = 1
const HAS_KEY = 2
const HAS_VALUE = 4
const HAS_HEADERS = 8

/** What a batch of the log keeps about itself in the index. */
export interface BatchSummary {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly recordCount: number
  readonly newestTimestampMs: number
  readonly appendTimeMs: number
  readonly sizeBytes: number
}

export interface SealedBatch extends BatchSummary {
  readonly bytes: Buffer
}

/** Packs records one by one. The bytes of a record are copied: the caller may use its buffers again. */
export class BatchBuilder {
  #bytes = Buffer.allocUnsafeSlow(4_096)
  #end = HEADER_BYTES
  #count = 0
  #baseOffset = 0
  #lastOffset = -1
  #baseTimestampMs = 0
  #newestTimestampMs = 0
  #appendTimeMs = 0

  get recordCount(): number {
    return this.#count
  }

  get sizeBytes(): number {
    return this.#end
  }

  get lastOffset(): number {
    return this.#lastOffset
  }

  add(offset: number, record: ProducerRecord, appendTimeMs: number): void {
    const { key, value, timestampMs, headers } = record
    if (this.#count === 0) {
      this.#baseOffset = offset
      this.#baseTimestampMs = timestampMs
      this.#newestTimestampMs = timestampMs
      this.#appendTimeMs = appendTimeMs
    }
    if (timestampMs > this.#newestTimestampMs) this.#newestTimestampMs = timestampMs
    if (appendTimeMs > this.#appendTimeMs) this.#appendTimeMs = appendTimeMs
    const hasHeaders = headers !== undefined && headers.length > 0
    this.#reserve(64 + (key?.length ?? 0) + (value?.length ?? 0) + headerBytes(headers))
    const delta = timestampMs - this.#baseTimestampMs
    this.#bytes[this.#end++] =
      (delta < 0 ? EARLIER : 0) |
      (key === null ? 0 : HAS_KEY) |
      (value === null ? 0 : HAS_VALUE) |
      (hasHeaders ? HAS_HEADERS : 0)
    this.#varint(delta < 0 ? -delta : delta)
    this.#varint(offset - this.#baseOffset)
    if (key !== null) this.#sized(key)
    if (value !== null) this.#sized(value)
    if (hasHeaders) this.#headers(headers)
    this.#count += 1
    this.#lastOffset = offset
  }

  /** Ends the batch, and makes the builder empty again. `lastOffset`: where records behind the last one were removed. */
  seal(lastOffset: number = this.#lastOffset): SealedBatch {
    const bytes = Buffer.allocUnsafeSlow(this.#end)
    this.#bytes.copy(bytes, HEADER_BYTES, HEADER_BYTES, this.#end)
    bytes.writeUInt32BE(FORMAT << 24, 0)
    bytes.writeUInt32BE(this.#count, 4)
    bytes.writeDoubleBE(this.#baseOffset, 8)
    bytes.writeDoubleBE(lastOffset, 16)
    bytes.writeDoubleBE(this.#baseTimestampMs, 24)
    bytes.writeDoubleBE(this.#newestTimestampMs, 32)
    bytes.writeDoubleBE(this.#appendTimeMs, 40)
    const sealed: SealedBatch = {
      baseOffset: this.#baseOffset,
      lastOffset,
      recordCount: this.#count,
      newestTimestampMs: this.#newestTimestampMs,
      appendTimeMs: this.#appendTimeMs,
      sizeBytes: this.#end,
      bytes,
    }
    this.#end = HEADER_BYTES
    this.#count = 0
    this.#lastOffset = -1
    return sealed
  }

  #reserve(more: number): void {
    const needed = this.#end + more
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#end)
    this.#bytes = larger
  }

  #varint(value: number): void {
    const bytes = this.#bytes
    let rest = value
    while (rest >= 0x80000000) {
      bytes[this.#end++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    while (rest >= 0x80) {
      bytes[this.#end++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    bytes[this.#end++] = rest
  }

  #sized(value: Uint8Array): void {
    this.#varint(value.length)
    this.#bytes.set(value, this.#end)
    this.#end += value.length
  }

  #headers(headers: readonly Header[]): void {
    this.#varint(headers.length)
    for (const [name, value] of headers) {
      this.#varint(Buffer.byteLength(name))
      this.#end += this.#bytes.write(name, this.#end, 'utf8')
      this.#varint(value === null ? 0 : value.length + 1)
      if (value !== null) {
        this.#bytes.set(value, this.#end)
        this.#end += value.length
      }
    }
  }
}

/** An upper bound of what a record takes, without the offset and timestamp. */
export function recordBytes(record: ProducerRecord): number {
  return (record.key?.length ?? 0) + (record.value?.length ?? 0) + headerBytes(record.headers)
}

function headerBytes(headers: readonly Header[] | undefined): number {
  if (headers === undefined) return 0
  let total = 0
  for (const [name, value] of headers) total += 10 + name.length * 3 + (value?.length ?? 0)
  return total
}

const NO_HEADERS: readonly Header[] = []

export function summaryOf(bytes: Uint8Array): BatchSummary {
  const view = asBuffer(bytes)
  return {
    recordCount: view.readUInt32BE(4),
    baseOffset: view.readDoubleBE(8),
    lastOffset: view.readDoubleBE(16),
    newestTimestampMs: view.readDoubleBE(32),
    appendTimeMs: view.readDoubleBE(40),
    sizeBytes: bytes.length,
  }
}

/** Appends the records from `fromOffset` on to `into`. Keys and values are views of `bytes`. */
export function readBatch(bytes: Uint8Array, fromOffset: number, into: LogRecord[]): void {
  const view = asBuffer(bytes)
  const count = view.readUInt32BE(4)
  const baseOffset = view.readDoubleBE(8)
  const baseTimestampMs = view.readDoubleBE(24)
  const cursor: Cursor = { bytes: view, at: HEADER_BYTES }
  for (let index = 0; index < count; index++) {
    const attributes = view[cursor.at++] ?? 0
    const delta = readVarint(cursor)
    const offset = baseOffset + readVarint(cursor)
    const key = (attributes & HAS_KEY) === 0 ? null : readSized(cursor, readVarint(cursor))
    const value = (attributes & HAS_VALUE) === 0 ? null : readSized(cursor, readVarint(cursor))
    const headers = (attributes & HAS_HEADERS) === 0 ? NO_HEADERS : readHeaders(cursor)
    if (offset < fromOffset) continue
    const timestampMs = baseTimestampMs + ((attributes & EARLIER) === 0 ? delta : -delta)
    into.push({ offset, timestampMs, key, value, headers })
  }
}

interface Cursor {
  readonly bytes: Buffer
  at: number
}

function readVarint(cursor: Cursor): number {
  const { bytes } = cursor
  let byte = bytes[cursor.at++] ?? 0
  if (byte < 0x80) return byte
  let value = byte & 0x7f
  let scale = 128
  do {
    byte = bytes[cursor.at++] ?? 0
    value += (byte & 0x7f) * scale
    scale *= 128
  } while (byte >= 0x80)
  return value
}

function readSized(cursor: Cursor, length: number): Buffer {
  const value = cursor.bytes.subarray(cursor.at, cursor.at + length)
  cursor.at += length
  return value
}

function readHeaders(cursor: Cursor): readonly Header[] {
  const headers: Header[] = []
  const count = readVarint(cursor)
  for (let index = 0; index < count; index++) {
    const name = readSized(cursor, readVarint(cursor)).toString('utf8')
    const size = readVarint(cursor)
    headers.push([name, size === 0 ? null : readSized(cursor, size - 1)])
  }
  return headers
}

/** The index entry of a batch: what retention and timestamp queries need, without reading the records. */
export function encodeSummary(batch: BatchSummary): Buffer {
  const bytes = Buffer.allocUnsafe(32)
  bytes.writeDoubleBE(batch.newestTimestampMs, 0)
  bytes.writeDoubleBE(batch.appendTimeMs, 8)
  bytes.writeUInt32BE(batch.sizeBytes, 16)
  bytes.writeUInt32BE(batch.recordCount, 20)
  bytes.writeDoubleBE(batch.baseOffset, 24)
  return bytes
}

export function decodeSummary(bytes: Uint8Array, lastOffset: number): BatchSummary {
  const view = asBuffer(bytes)
  return {
    newestTimestampMs: view.readDoubleBE(0),
    appendTimeMs: view.readDoubleBE(8),
    sizeBytes: view.readUInt32BE(16),
    recordCount: view.readUInt32BE(20),
    baseOffset: view.readDoubleBE(24),
    lastOffset,
  }
}
