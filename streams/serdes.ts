import { StreamsError } from './errors.ts'
import type { Serde } from './serde.ts'

/** UTF-8, as Kafka's `StringSerializer`. */
export const stringSerde: Serde<string> = {
  serialize: (_topic, value) => Buffer.from(value, 'utf8'),
  deserialize: (_topic, bytes) => bufferOver(bytes).toString('utf8'),
}

/** Eight bytes, big endian, as Kafka's `LongSerializer`; refuses what a number cannot hold exactly. */
export const longSerde: Serde<number> = {
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
    bytes.writeBigInt64BE(BigInt(value))
    return bytes
  },
  deserialize(topic, bytes) {
    requireLength(topic, bytes, 8)
    const value = Number(bufferOver(bytes).readBigInt64BE(0))
    if (!Number.isSafeInteger(value)) throw decodeFailed(topic, 'a long beyond 2^53')
    return value
  },
}

/** Eight bytes, IEEE 754, big endian, as Kafka's `DoubleSerializer`. */
export const doubleSerde: Serde<number> = {
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
  serialize: (_topic, value) => value,
  deserialize: (_topic, bytes) => bytes,
}

/** JSON text. `check` narrows what was parsed and throws on what it does not know; without it the type is the writer's word. */
export function jsonSerde<T>(check?: (parsed: unknown) => T): Serde<T> {
  return {
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
