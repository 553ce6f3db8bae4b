import { StreamsError } from './errors.ts'
import { readLong, writeLong } from './long-bytes.ts'
import { formatOver, type Serde } from './serde.ts'
import type { ValueAndTimestamp } from './store.ts'

/** UTF-8, as Kafka's `StringSerializer`. */
export const stringSerde: Serde<string> = {
  format: 'string',
  serialize: (_topic, value) => Buffer.from(value, 'utf8'),
  // Past `toString`, which costs as much again as reading the bytes.
  deserialize: (_topic, bytes) => Buffer.prototype.utf8Slice.call(bytes, 0, bytes.length),
}

/** Eight bytes, big endian, as Kafka's `LongSerializer`; refuses what a number cannot hold exactly. */
export const longSerde: Serde<number> = {
  format: 'long',
  serialize(topic, value) {
    if (!Number.isSafeInteger(value)) {
      throw new StreamsError(
        'SERDE_ENCODE_FAILED',
        `${value} is not a safe integer`,
        { topic },
        'Use doubleSerde for fractions.',
      )
    }
    const bytes = Buffer.allocUnsafe(8)
    writeLong(bytes, 0, value)
    return bytes
  },
  deserialize(topic, bytes) {
    requireLength(topic, bytes, 8)
    const value = readLong(bytes, 0)
    if (!Number.isSafeInteger(value)) throw decodeFailed(topic, 'a long beyond 2^53')
    return value
  },
}

/** Eight bytes, IEEE 754, big endian, as Kafka's `DoubleSerializer`. */
export const doubleSerde: Serde<number> = {
  format: 'double',
  serialize(_topic, value) {
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeDoubleBE(value)
    return bytes
  },
  deserialize(topic, bytes) {
    requireLength(topic, bytes, 8)
    return bufferOver(bytes).readDoubleBE(0)
  },
}

/** Bytes as they are. */
export const bytesSerde: Serde<Uint8Array> = {
  format: 'bytes',
  serialize: (_topic, value) => value,
  deserialize: (_topic, bytes) => bytes,
}

/** JSON text. `check` narrows what was parsed and throws on what it does not know; without it the type is the writer's word. */
export function jsonSerde<T>(check?: (parsed: unknown) => T): Serde<T> {
  return {
    format: 'json',
    serialize: (_topic, value) => Buffer.from(JSON.stringify(value), 'utf8'),
    deserialize(topic, bytes) {
      try {
        const parsed: unknown = JSON.parse(bufferOver(bytes).toString('utf8'))
        return check === undefined ? (parsed as T) : check(parsed)
      } catch (cause) {
        throw decodeFailed(topic, 'not the JSON that was expected', cause)
      }
    },
  }
}

/** A value with its time, as Kafka Streams lays it out in its stores: 8 bytes of time, big endian, then the value's own. */
export function timestampedSerde<T>(inner: Serde<T>): Serde<ValueAndTimestamp<T>> {
  const { pending, prepare } = inner
  return {
    ...formatOver(inner, (format) => `timestamped ${format}`),
    serialize(topic, { value, timestampMs }) {
      const written = inner.serialize(topic, value)
      const bytes = Buffer.allocUnsafe(TIME_BYTES + written.byteLength)
      writeLong(bytes, 0, timestampMs)
      bytes.set(written, TIME_BYTES)
      return bytes
    },
    deserialize(topic, bytes, headers) {
      if (bytes.length < TIME_BYTES) throw decodeFailed(topic, 'no room for a timestamp')
      const timestampMs = readLong(bytes, 0)
      return { value: inner.deserialize(topic, bytes.subarray(TIME_BYTES), headers), timestampMs }
    },
    ...(pending && { pending: (bytes) => pending.call(inner, bytes.subarray(TIME_BYTES)) }),
    ...(prepare && { prepare: (topic, role) => prepare.call(inner, topic, role) }),
  }
}

/** Before a value that was written with its time. */
export const TIME_BYTES = 8

function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function requireLength(topic: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length)
    throw decodeFailed(topic, `${bytes.length} bytes where ${length} were expected`)
}

function decodeFailed(topic: string, what: string, cause?: unknown): StreamsError {
  const remedy = 'Read this topic with the serde that its records were written with.'
  return new StreamsError('SERDE_DECODE_FAILED', what, { topic }, remedy, cause)
}
