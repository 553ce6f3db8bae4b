import { StreamsError } from '../../../errors.ts'
import type { Serde } from '../../../serde.ts'
import { FINGERPRINT_BYTES } from './fingerprint.ts'
import type {
  CombinedKey,
  Instruction,
  Subscriber,
  Subscription,
  SubscriptionResponse,
} from './subscription.ts'

/**
 * Layouts of what a foreign-key join keeps and sends. Each of the three values begins with a byte of flags, the partition of the left row
 * (four bytes, big endian) and, unless that row was deleted, its fingerprint; a key or value follows to the end.
 */
const VERSION = 0x10
const VERSION_MASK = 0xf0
const HAS_FINGERPRINT = 0x08
const HAS_VALUE = 0x04
const HAS_FOREIGN_KEY = 0x02
const INSTRUCTION_MASK = 0x03
const HEAD_BYTES = 5
const LENGTH_BYTES = 4

/** The index is the code on the wire. */
const INSTRUCTIONS: readonly Instruction[] = [
  'DELETE_KEY_NO_PROPAGATE',
  'DELETE_KEY_AND_PROPAGATE',
  'PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE',
  'PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE',
]

/** Keys and rows inside of internal records are written as if to topics of their own, so that a schema has its subject. */
export const pseudoTopics = {
  primaryKey: (topic: string) => `${topic}-pk`,
  foreignKey: (topic: string) => `${topic}-fk`,
  leftValue: (topic: string) => `${topic}-vh`,
} as const

/** Beside the left key, the left row's serde is prepared, which fingerprints are made with. */
export function subscriptionSerde<K, V>(
  primaryKey: Serde<K>,
  leftValue: Serde<V>,
): Serde<Subscription<K>> {
  return {
    serialize(topic, subscription) {
      const { instruction, primaryKey: key } = subscription
      const code = INSTRUCTIONS.indexOf(instruction)
      return withHead(subscription, code, primaryKey.serialize(pseudoTopics.primaryKey(topic), key))
    },
    deserialize(topic, bytes, headers) {
      const { subscriber, flags, rest } = withoutHead(topic, bytes)
      const instruction = INSTRUCTIONS[flags & INSTRUCTION_MASK]
      if (instruction === undefined) throw unreadable(topic, `instruction ${flags}`)
      const key = primaryKey.deserialize(pseudoTopics.primaryKey(topic), rest, headers)
      return { ...subscriber, instruction, primaryKey: key }
    },
    ...pendingWith([primaryKey], (bytes) => primaryKey.pending?.(restOf(bytes))),
    async prepare(topic) {
      await primaryKey.prepare?.(pseudoTopics.primaryKey(topic), 'key')
      await leftValue.prepare?.(pseudoTopics.leftValue(topic), 'value')
    },
  }
}

/** With a foreign value that value follows, else the foreign key. */
export function subscriptionResponseSerde<KForeign, VForeign>(
  foreignKey: Serde<KForeign>,
  foreignValue: Serde<VForeign>,
): Serde<SubscriptionResponse<KForeign, VForeign>> {
  return {
    serialize(topic, response) {
      const { foreignKey: key, foreignValue: value } = response
      if (value !== undefined) {
        return withHead(response, HAS_VALUE, foreignValue.serialize(topic, value))
      }
      if (key === undefined) return withHead(response, 0, NOTHING)
      const bytes = foreignKey.serialize(pseudoTopics.foreignKey(topic), key)
      return withHead(response, HAS_FOREIGN_KEY, bytes)
    },
    deserialize(topic, bytes, headers) {
      const { subscriber, flags, rest } = withoutHead(topic, bytes)
      const value =
        (flags & HAS_VALUE) === 0 ? undefined : foreignValue.deserialize(topic, rest, headers)
      const key =
        (flags & HAS_FOREIGN_KEY) === 0
          ? undefined
          : foreignKey.deserialize(pseudoTopics.foreignKey(topic), rest, headers)
      return { ...subscriber, foreignValue: value, foreignKey: key }
    },
    ...pendingWith([foreignKey, foreignValue], (bytes) => {
      if (hasFlag(bytes, HAS_VALUE)) return foreignValue.pending?.(restOf(bytes))
      return hasFlag(bytes, HAS_FOREIGN_KEY) ? foreignKey.pending?.(restOf(bytes)) : undefined
    }),
    async prepare(topic) {
      await foreignValue.prepare?.(topic, 'value')
      await foreignKey.prepare?.(pseudoTopics.foreignKey(topic), 'key')
    },
  }
}

export const subscriberSerde: Serde<Subscriber> = {
  serialize: (_topic, subscriber) => withHead(subscriber, 0, NOTHING),
  deserialize: (topic, bytes) => withoutHead(topic, bytes).subscriber,
}

export interface CombinedKeySerde<KForeign, K> extends Serde<CombinedKey<KForeign, K>> {
  /** What the keys of every left row under a foreign key begin with; they follow in the order of the left keys' bytes. */
  prefix(topic: string, foreignKey: KForeign): Uint8Array
}

/** The foreign key's length (four bytes, big endian), the foreign key, the left key to the end. */
export function combinedKeySerde<KForeign, K>(
  foreignKey: Serde<KForeign>,
  primaryKey: Serde<K>,
): CombinedKeySerde<KForeign, K> {
  const prefix = (topic: string, key: KForeign): Buffer => {
    const bytes = foreignKey.serialize(pseudoTopics.foreignKey(topic), key)
    const prefixed = Buffer.allocUnsafe(LENGTH_BYTES + bytes.length)
    prefixed.writeUInt32BE(bytes.length, 0)
    prefixed.set(bytes, LENGTH_BYTES)
    return prefixed
  }
  return {
    prefix,
    serialize(topic, key) {
      const primary = primaryKey.serialize(pseudoTopics.primaryKey(topic), key.primaryKey)
      return Buffer.concat([prefix(topic, key.foreignKey), primary])
    },
    deserialize(topic, bytes, headers) {
      const view = bufferOver(bytes)
      if (view.length < LENGTH_BYTES) throw unreadable(topic, `${view.length} bytes of a key`)
      const end = LENGTH_BYTES + view.readUInt32BE(0)
      if (view.length < end) throw unreadable(topic, 'a foreign key that is cut short')
      const foreign = view.subarray(LENGTH_BYTES, end)
      return {
        foreignKey: foreignKey.deserialize(pseudoTopics.foreignKey(topic), foreign, headers),
        primaryKey: primaryKey.deserialize(
          pseudoTopics.primaryKey(topic),
          view.subarray(end),
          headers,
        ),
      }
    },
    async prepare(topic) {
      await foreignKey.prepare?.(pseudoTopics.foreignKey(topic), 'key')
      await primaryKey.prepare?.(pseudoTopics.primaryKey(topic), 'key')
    },
  }
}

const NOTHING = new Uint8Array(0)

function withHead(subscriber: Subscriber, flags: number, rest: Uint8Array): Uint8Array {
  const { fingerprint, primaryPartition } = subscriber
  const restAt = HEAD_BYTES + (fingerprint === undefined ? 0 : FINGERPRINT_BYTES)
  const bytes = Buffer.allocUnsafe(restAt + rest.length)
  bytes[0] = VERSION | flags | (fingerprint === undefined ? 0 : HAS_FINGERPRINT)
  bytes.writeUInt32BE(primaryPartition, 1)
  if (fingerprint !== undefined) bytes.set(fingerprint, HEAD_BYTES)
  bytes.set(rest, restAt)
  return bytes
}

function withoutHead(topic: string, bytes: Uint8Array) {
  const view = bufferOver(bytes)
  const flags = view[0] ?? 0
  if ((flags & VERSION_MASK) !== VERSION || view.length < restAt(flags)) {
    throw unreadable(topic, `${view.length} bytes that begin with ${flags}`)
  }
  const hasFingerprint = (flags & HAS_FINGERPRINT) !== 0
  const subscriber: Subscriber = {
    fingerprint: hasFingerprint ? view.subarray(HEAD_BYTES, restAt(flags)) : undefined,
    primaryPartition: view.readUInt32BE(1),
  }
  return { subscriber, flags, rest: view.subarray(restAt(flags)) }
}

function restAt(flags: number): number {
  return HEAD_BYTES + ((flags & HAS_FINGERPRINT) === 0 ? 0 : FINGERPRINT_BYTES)
}

function restOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(restAt(bytes[0] ?? 0))
}

function hasFlag(bytes: Uint8Array, flag: number): boolean {
  return ((bytes[0] ?? 0) & flag) !== 0
}

/** Absent where no serde inside ever has to wait, so that nobody asks. */
function pendingWith(
  inside: readonly Pick<Serde<unknown>, 'pending'>[],
  pending: (bytes: Uint8Array) => Promise<void> | undefined,
): Pick<Serde<unknown>, 'pending'> {
  return inside.some((serde) => serde.pending !== undefined) ? { pending } : {}
}

function unreadable(topic: string, what: string): StreamsError {
  return new StreamsError(
    'SERDE_DECODE_FAILED',
    `${what} are no record of a foreign-key join`,
    { topic },
    'Only the application writes this topic: remove what others wrote, or choose another application id.',
  )
}

function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
