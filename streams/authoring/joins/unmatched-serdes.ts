import type { Serde } from '../../serde.ts'
import { decodeParts, encodeParts } from './byte-parts.ts'

export type JoinSideName = 'left' | 'right'

/** Records of one side, key and time that wait for a partner, or `TIMES`. */
export interface UnmatchedKey<K> {
  readonly timestampMs: number
  readonly side: JoinSideName
  /** Undefined in `TIMES`, and in bounds: before every key. */
  readonly key: K | undefined
}

/** Where the store keeps what it says of itself: behind every record, for times are not negative. */
export const TIMES: UnmatchedKey<never> = { timestampMs: -1, side: 'left', key: undefined }

export type UnmatchedEntry<L, R> =
  | { readonly side: 'left'; readonly values: readonly L[] }
  | { readonly side: 'right'; readonly values: readonly R[] }
  | ({ readonly side: 'neither' } & UnmatchedTimes)

export interface UnmatchedTimes {
  /** The store is looked through when this time is closed. */
  readonly lookMs: number
  /** Nothing earlier waits: where a look begins, so that it does not walk over what was deleted. */
  readonly firstMs: number
}

const SIDE_AT = 8
const KEY_AT = 9
const RIGHT = 0
const LEFT = 1
const NEITHER = 2

/** By time, then the right side before the left, then key: the order in which unmatched records are emitted. */
export function unmatchedKeySerde<K>(keySerde: Serde<K>): Serde<UnmatchedKey<K>> {
  return {
    serialize(topic, { timestampMs, side, key }) {
      const keyBytes = key === undefined ? new Uint8Array() : keySerde.serialize(topic, key)
      const bytes = Buffer.allocUnsafe(KEY_AT + keyBytes.length)
      bytes.writeBigInt64BE(BigInt(timestampMs))
      bytes[SIDE_AT] = side === 'left' ? LEFT : RIGHT
      bytes.set(keyBytes, KEY_AT)
      return bytes
    },
    deserialize(topic, bytes) {
      const timestampMs = Number(bufferOver(bytes).readBigInt64BE(0))
      if (timestampMs < 0) return TIMES
      const side = bytes[SIDE_AT] === LEFT ? 'left' : 'right'
      return { timestampMs, side, key: keySerde.deserialize(topic, bytes.subarray(KEY_AT)) }
    },
    pending(bytes) {
      return bytes.length > KEY_AT ? keySerde.pending?.(bytes.subarray(KEY_AT)) : undefined
    },
    async prepare(topic, role) {
      await keySerde.prepare?.(topic, role)
    },
  }
}

export interface SideSerdes<L, R> {
  readonly left: Serde<L>
  readonly right: Serde<R>
}

/** One byte for the side, then the values. Each side's serde is told a topic of its own, for its schemas are of their own. */
export function unmatchedEntrySerde<L, R>(serdes: SideSerdes<L, R>): Serde<UnmatchedEntry<L, R>> {
  const { left, right } = serdes
  return {
    serialize(topic, entry) {
      switch (entry.side) {
        case 'left':
          return marked(LEFT, serializeAll(left, leftTopic(topic), entry.values))
        case 'right':
          return marked(RIGHT, serializeAll(right, rightTopic(topic), entry.values))
        case 'neither': {
          const times = Buffer.allocUnsafe(16)
          times.writeDoubleBE(entry.lookMs)
          times.writeDoubleBE(entry.firstMs, 8)
          return marked(NEITHER, times)
        }
      }
    },
    deserialize(topic, bytes) {
      const rest = bytes.subarray(1)
      if (bytes[0] === NEITHER) {
        const times = bufferOver(rest)
        return { side: 'neither', lookMs: times.readDoubleBE(0), firstMs: times.readDoubleBE(8) }
      }
      return bytes[0] === LEFT
        ? { side: 'left', values: deserializeAll(left, leftTopic(topic), rest) }
        : { side: 'right', values: deserializeAll(right, rightTopic(topic), rest) }
    },
    pending(bytes) {
      if (bytes[0] === NEITHER) return undefined
      const serde = bytes[0] === LEFT ? left : right
      for (const part of serde.pending === undefined ? [] : decodeParts('', bytes.subarray(1))) {
        const wait = part === null ? undefined : serde.pending?.(part)
        if (wait !== undefined) return wait
      }
      return undefined
    },
    async prepare(topic, role) {
      await left.prepare?.(leftTopic(topic), role)
      await right.prepare?.(rightTopic(topic), role)
    },
  }
}

function leftTopic(topic: string): string {
  return `${topic}-left`
}

function rightTopic(topic: string): string {
  return `${topic}-right`
}

function serializeAll<T>(serde: Serde<T>, topic: string, values: readonly T[]): Uint8Array {
  return encodeParts(values.map((value) => serde.serialize(topic, value)))
}

function deserializeAll<T>(serde: Serde<T>, topic: string, bytes: Uint8Array): T[] {
  return decodeParts(topic, bytes).flatMap((part) =>
    part === null ? [] : [serde.deserialize(topic, part)],
  )
}

function marked(mark: number, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + rest.length)
  bytes[0] = mark
  bytes.set(rest, 1)
  return bytes
}

function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
