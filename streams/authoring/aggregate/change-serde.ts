import type { Change } from '../../change.ts'
import { StreamsError } from '../../errors.ts'
import type { Header } from '../../log/log.ts'
import type { Serde } from '../../serde.ts'

const NEW = 1
const OLD = 2
const LATEST = 4
const FLAGS_BYTES = 1
const LENGTH_BYTES = 4

/**
 * Changes of a grouped table on their way through the repartition topic: a byte of flags; where both values are there, the length of the
 * new one in four bytes, big endian; the new value; the old value.
 */
export function changeSerde<V>(inner: Serde<V>): Serde<Change<V>> {
  const { pending, prepare } = inner
  return {
    serialize: (topic, change) => {
      const newBytes = writeValue(inner, topic, change.newValue)
      const oldBytes = writeValue(inner, topic, change.oldValue)
      return joined(newBytes, oldBytes, change.isLatest)
    },
    deserialize: (topic, bytes, headers) => {
      const parts = split(bytes)
      if (parts === undefined) throw notAChange(topic)
      return {
        newValue: readValue(inner, topic, parts.newBytes, headers),
        oldValue: readValue(inner, topic, parts.oldBytes, headers),
        isLatest: parts.isLatest,
      }
    },
    ...(pending === undefined ? {} : { pending: (bytes) => pendingOf(inner, bytes) }),
    ...(prepare === undefined
      ? {}
      : { prepare: (topic, role) => prepare.call(inner, topic, role) }),
  }
}

function writeValue<V>(
  inner: Serde<V>,
  topic: string,
  value: V | undefined,
): Uint8Array | undefined {
  return value === undefined ? undefined : inner.serialize(topic, value)
}

function readValue<V>(
  inner: Serde<V>,
  topic: string,
  bytes: Uint8Array | undefined,
  headers: readonly Header[] | undefined,
): V | undefined {
  return bytes === undefined ? undefined : inner.deserialize(topic, bytes, headers)
}

function joined(
  newBytes: Uint8Array | undefined,
  oldBytes: Uint8Array | undefined,
  isLatest: boolean,
): Uint8Array {
  const hasBoth = newBytes !== undefined && oldBytes !== undefined
  const newLength = newBytes?.length ?? 0
  const from = hasBoth ? FLAGS_BYTES + LENGTH_BYTES : FLAGS_BYTES
  const bytes = Buffer.allocUnsafe(from + newLength + (oldBytes?.length ?? 0))
  bytes[0] =
    (newBytes === undefined ? 0 : NEW) |
    (oldBytes === undefined ? 0 : OLD) |
    (isLatest ? LATEST : 0)
  if (hasBoth) bytes.writeUInt32BE(newLength, FLAGS_BYTES)
  if (newBytes !== undefined) bytes.set(newBytes, from)
  if (oldBytes !== undefined) bytes.set(oldBytes, from + newLength)
  return bytes
}

interface ChangeBytes {
  readonly newBytes: Uint8Array | undefined
  readonly oldBytes: Uint8Array | undefined
  readonly isLatest: boolean
}

/** Undefined for bytes that `joined` has not written. */
function split(bytes: Uint8Array): ChangeBytes | undefined {
  const flags = bytes[0]
  if (flags === undefined || flags > (NEW | OLD | LATEST)) return undefined
  const isLatest = (flags & LATEST) !== 0
  const hasNew = (flags & NEW) !== 0
  const hasOld = (flags & OLD) !== 0
  if (!hasNew || !hasOld) {
    const only = bytes.subarray(FLAGS_BYTES)
    return { newBytes: hasNew ? only : undefined, oldBytes: hasOld ? only : undefined, isLatest }
  }
  const from = FLAGS_BYTES + LENGTH_BYTES
  if (bytes.length < from) return undefined
  const to = from + new DataView(bytes.buffer, bytes.byteOffset).getUint32(FLAGS_BYTES)
  if (to > bytes.length) return undefined
  return { newBytes: bytes.subarray(from, to), oldBytes: bytes.subarray(to), isLatest }
}

/** Both values may have been written by schemas that are still to be fetched. Bytes that are no change are `deserialize`'s to refuse. */
function pendingOf<V>(inner: Serde<V>, bytes: Uint8Array): Promise<void> | undefined {
  const parts = split(bytes)
  const ofNew = parts?.newBytes === undefined ? undefined : inner.pending?.(parts.newBytes)
  const ofOld = parts?.oldBytes === undefined ? undefined : inner.pending?.(parts.oldBytes)
  if (ofNew === undefined) return ofOld
  if (ofOld === undefined) return ofNew
  return Promise.all([ofNew, ofOld]).then(() => undefined)
}

function notAChange(topic: string): StreamsError {
  return new StreamsError(
    'SERDE_DECODE_FAILED',
    'not a change of a grouped table',
    { topic },
    'A repartition topic belongs to one topology: reset the application, or give it another id.',
  )
}
