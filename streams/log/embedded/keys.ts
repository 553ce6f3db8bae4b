/**
 * Keys of the embedded log. Numbers are big-endian, so that the order of keys is the order of offsets.
 * A batch is filed under the offset of its last record: the first key at or after an offset is then the batch that holds it.
 */
/**
 * One keyspace for all: a keyspace that is written seldom is flushed seldom, and until then pins the write-ahead log of all
 * the others, several hundred megabytes of it.
 */
export const LOG = 'log'

/** Batches of records, and the index of them. */
export type BatchKind = 'records' | 'index'

const BATCH_PREFIX: Readonly<Record<BatchKind, number>> = { records: 0x72, index: 0x69 }

const OFFSET_HIGH = 2 ** 32

export interface BatchPlace {
  readonly topicId: number
  readonly partition: number
}

export function batchKey(kind: BatchKind, place: BatchPlace, lastOffset: number): Buffer {
  const key = Buffer.allocUnsafe(17)
  key[0] = BATCH_PREFIX[kind]
  key.writeUInt32BE(place.topicId, 1)
  key.writeUInt32BE(place.partition, 5)
  key.writeUInt32BE(Math.floor(lastOffset / OFFSET_HIGH), 9)
  key.writeUInt32BE(lastOffset % OFFSET_HIGH, 13)
  return key
}

export function lastOffsetOf(key: Uint8Array): number {
  const view = asBuffer(key)
  return view.readUInt32BE(9) * OFFSET_HIGH + view.readUInt32BE(13)
}

/** From a topic's first key to behind its last, over all partitions. */
export function topicRange(kind: BatchKind, topicId: number) {
  return {
    from: batchKey(kind, { topicId, partition: 0 }, 0),
    to: batchKey(kind, { topicId: topicId + 1, partition: 0 }, 0),
  }
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
