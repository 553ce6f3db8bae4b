import type { Header } from '../../log/log.ts'
import type { Serde } from '../../serde.ts'
import { decodeParts, encodeParts } from './byte-parts.ts'

/** A record that waits, or `SEQUENCE`. */
export interface BufferedKey<K> {
  readonly timestampMs: number
  /** Undefined in `SEQUENCE`, and in bounds: before every key. */
  readonly key: K | undefined
  /** Tells records of one time and key apart, in the order in which they came. */
  readonly sequence: number
}

/** Where the store keeps the last sequence: behind every record, for times are not negative. */
export const SEQUENCE: BufferedKey<never> = { timestampMs: -1, key: undefined, sequence: 0 }

export type BufferedEntry<V> =
  | { readonly kind: 'record'; readonly value: V; readonly headers: readonly Header[] }
  | { readonly kind: 'sequence'; readonly next: number }

const TIME_BYTES = 8
const SEQUENCE_BYTES = 4

/** Kafka Streams' order of a buffer: time, key, sequence. */
export function bufferedKeySerde<K>(keySerde: Serde<K>): Serde<BufferedKey<K>> {
  return {
    serialize(topic, { timestampMs, key, sequence }) {
      const keyBytes = key === undefined ? new Uint8Array() : keySerde.serialize(topic, key)
      const bytes = Buffer.allocUnsafe(TIME_BYTES + keyBytes.length + SEQUENCE_BYTES)
      bytes.writeBigInt64BE(BigInt(timestampMs))
      bytes.set(keyBytes, TIME_BYTES)
      bytes.writeUInt32BE(sequence, TIME_BYTES + keyBytes.length)
      return bytes
    },
    deserialize(topic, bytes) {
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
      const timestampMs = Number(view.readBigInt64BE(0))
      if (timestampMs < 0) return SEQUENCE
      const sequence = view.readUInt32BE(bytes.length - SEQUENCE_BYTES)
      return { timestampMs, key: keySerde.deserialize(topic, keyBytesOf(bytes)), sequence }
    },
    pending: (bytes) => {
      const keyBytes = keyBytesOf(bytes)
      return keyBytes.length === 0 ? undefined : keySerde.pending?.(keyBytes)
    },
    async prepare(topic, role) {
      await keySerde.prepare?.(topic, role)
    },
  }
}

/** Value, then names and values of headers; a sequence comes where there is no value. */
export function bufferedEntrySerde<V>(valueSerde: Serde<V>): Serde<BufferedEntry<V>> {
  return {
    serialize(topic, entry) {
      if (entry.kind === 'sequence') {
        const next = Buffer.allocUnsafe(SEQUENCE_BYTES)
        next.writeUInt32BE(entry.next)
        return encodeParts([null, next])
      }
      const parts: (Uint8Array | null)[] = [valueSerde.serialize(topic, entry.value)]
      for (const [name, value] of entry.headers) parts.push(Buffer.from(name, 'utf8'), value)
      return encodeParts(parts)
    },
    deserialize(topic, bytes) {
      const [value, ...rest] = decodeParts(topic, bytes)
      if (value === null || value === undefined) {
        return { kind: 'sequence', next: Buffer.from(rest[0] ?? []).readUInt32BE() }
      }
      return {
        kind: 'record',
        value: valueSerde.deserialize(topic, value),
        headers: headersOf(rest),
      }
    },
    pending(bytes) {
      const [value] = valueSerde.pending === undefined ? [] : decodeParts('', bytes)
      return value === null || value === undefined ? undefined : valueSerde.pending?.(value)
    },
    async prepare(topic, role) {
      await valueSerde.prepare?.(topic, role)
    },
  }
}

function keyBytesOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(TIME_BYTES, bytes.length - SEQUENCE_BYTES)
}

function headersOf(parts: readonly (Uint8Array | null)[]): Header[] {
  const headers: Header[] = []
  for (let at = 0; at + 1 < parts.length; at += 2) {
    headers.push([Buffer.from(parts[at] ?? []).toString('utf8'), parts[at + 1] ?? null])
  }
  return headers
}
