import { StreamsError } from '../../errors.ts'
import type { Header } from '../../log/log.ts'
import { readLong, writeLong } from '../../long-bytes.ts'
import { formatOver, type Serde } from '../../serde.ts'
import type { WindowedKey } from '../../store.ts'

const TIME_BYTES = 8

/** The end of windows that never end. */
export const NO_END_MS = Number.MAX_SAFE_INTEGER

/**
 * Keys of tumbling, hopping, sliding and unlimited windows on topics, in Kafka Streams' layout: the key, then the window's start in eight
 * bytes, big endian. The end is not written: it is the start plus `sizeMs`.
 */
export function timeWindowedSerde<K>(inner: Serde<K>, sizeMs: number): Serde<WindowedKey<K>> {
  return windowedSerde(inner, TIME_BYTES, {
    name: `windowed ${sizeMs} ms`,
    write: (bytes, at, { startMs }) => writeLong(bytes, at, startMs),
    read: (bytes, at) => {
      const startMs = readLong(bytes, at)
      return { startMs, endMs: Math.min(startMs + sizeMs, NO_END_MS) }
    },
  })
}

/** Keys of sessions on topics, in Kafka Streams' layout: the key, then end and start of the session in eight bytes each, big endian. */
export function sessionWindowedSerde<K>(inner: Serde<K>): Serde<WindowedKey<K>> {
  return windowedSerde(inner, 2 * TIME_BYTES, {
    name: 'session-windowed',
    write: (bytes, at, { startMs, endMs }) => {
      writeLong(bytes, at, endMs)
      writeLong(bytes, at + TIME_BYTES, startMs)
    },
    read: (bytes, at) => ({
      startMs: readLong(bytes, at + TIME_BYTES),
      endMs: Math.min(readLong(bytes, at), NO_END_MS),
    }),
  })
}

interface WindowLayout {
  readonly name: string
  write(bytes: Uint8Array, at: number, window: WindowedKey<unknown>): void
  read(bytes: Uint8Array, at: number): { readonly startMs: number; readonly endMs: number }
}

function windowedSerde<K>(
  inner: Serde<K>,
  windowBytes: number,
  layout: WindowLayout,
): Serde<WindowedKey<K>> {
  const { pending, prepare } = inner
  const keyOf = (bytes: Uint8Array) => bytes.subarray(0, Math.max(0, bytes.length - windowBytes))
  return {
    ...formatOver(inner, (format) => `${layout.name} ${format}`),
    serialize(topic, windowed) {
      const key = inner.serialize(topic, windowed.key)
      const bytes = Buffer.allocUnsafe(key.length + windowBytes)
      bytes.set(key)
      layout.write(bytes, key.length, windowed)
      return bytes
    },
    deserialize(topic, bytes, headers?: readonly Header[]) {
      if (bytes.length < windowBytes) throw notWindowed(topic, bytes.length)
      const key = inner.deserialize(topic, keyOf(bytes), headers)
      const window = layout.read(bytes, bytes.length - windowBytes)
      return { key, startMs: window.startMs, endMs: window.endMs }
    },
    ...(pending === undefined
      ? {}
      : { pending: (bytes: Uint8Array) => pending.call(inner, keyOf(bytes)) }),
    ...(prepare === undefined
      ? {}
      : { prepare: (topic: string, role: 'key' | 'value') => prepare.call(inner, topic, role) }),
  }
}

function notWindowed(topic: string, length: number): StreamsError {
  return new StreamsError(
    'SERDE_DECODE_FAILED',
    `${length} bytes cannot be a windowed key`,
    { topic },
    'Read this topic with the serde that its keys were written with.',
  )
}
