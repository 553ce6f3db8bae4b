/**
 * Keys of the embedded log. Numbers are big-endian, so that the order of keys is the order of offsets.
 * A batch is filed under the offset of its last record: the first key at or after an offset is then the batch that holds it.
 */
export const RECORDS = 'records'
export const INDEX = 'index'
export const META = 'meta'
export const KEYSPACES = [RECORDS, INDEX, META] as const

const OFFSET_HIGH = 2 ** 32

export function batchKey(topicId: number, partition: number, lastOffset: number): Buffer {
  const key = Buffer.allocUnsafe(16)
  key.writeUInt32BE(topicId, 0)
  key.writeUInt32BE(partition, 4)
  key.writeUInt32BE(Math.floor(lastOffset / OFFSET_HIGH), 8)
  key.writeUInt32BE(lastOffset % OFFSET_HIGH, 12)
  return key
}

export function lastOffsetOf(key: Uint8Array): number {
  const view = asBuffer(key)
  return view.readUInt32BE(8) * OFFSET_HIGH + view.readUInt32BE(12)
}

/** From a topic's first key to behind its last, over all partitions. */
export function topicRange(topicId: number): { readonly from: Buffer; readonly to: Buffer } {
  return { from: batchKey(topicId, 0, 0), to: batchKey(topicId + 1, 0, 0) }
}

export type MetaKind = 'format' | 'next-topic-id' | 'topic' | 'partition' | 'producer' | 'offset'

const PREFIX: Readonly<Record<MetaKind, string>> = {
  format: 'f',
  'next-topic-id': 'n',
  topic: 't',
  partition: 'p',
  producer: 'x',
  offset: 'g',
}

export function metaKey(kind: MetaKind, rest: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.from(PREFIX[kind]), rest])
}

export function metaRange(kind: MetaKind): { readonly from: Buffer; readonly to: Buffer } {
  const from = Buffer.from(PREFIX[kind])
  return { from, to: Buffer.from([(from[0] ?? 0) + 1]) }
}

export function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4)
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value, index * 4)
  })
  return bytes
}

/** The same bytes with Buffer's readers; nothing is copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
