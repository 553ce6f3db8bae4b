import { describe, expect, test } from 'vitest'
import { ByteWriter, writeInt64 } from './byte-writer.ts'
import { crc32c } from './crc32c.ts'
import { decodeRecords } from './record-batch-decoder.ts'
import { encodeBatch, encodeRecords } from './record-batch-encoder.ts'

const PLAIN = { producerId: -1, producerEpoch: -1, baseSequence: -1, transactional: false }

test('the checksum is CRC-32C', () => {
  const digits = Buffer.from('123456789')
  expect(crc32c(digits, 0, digits.length)).toBe(0xe3069283)
  const zeros = Buffer.alloc(32)
  expect(crc32c(zeros, 0, 32)).toBe(0x8a9136aa)
})

describe('a record batch', () => {
  const records = [
    { key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: 1_700_000_000_000 },
    { key: null, value: null, timestampMs: 1 },
    { key: Buffer.alloc(0), value: Buffer.alloc(200, 1), timestampMs: 8_640_000_000_000_000 },
    {
      key: Buffer.from('h'),
      value: null,
      timestampMs: 5,
      headers: [
        ['ü', Buffer.from('1')],
        ['ü', null],
      ] as const,
    },
  ]

  test.each([false, true])('reads as it was written (gzip: %s)', (gzip) => {
    const encoded = encodeRecords(records, 0, 1_000_000, gzip)
    const bytes = at(encodeBatch(encoded, PLAIN), 40)
    const { records: read, nextOffset } = decodeRecords(bytes, 0, [])
    expect(nextOffset).toBe(44)
    expect(read).toEqual(
      records.map((record, index) => ({ headers: [], ...record, offset: 40 + index })),
    )
  })

  test('holds as many records as fit, and at least one', () => {
    const large = Array.from({ length: 5 }, () => ({
      key: null,
      value: Buffer.alloc(1_000),
      timestampMs: 1,
    }))
    expect(encodeRecords(large, 0, 2_500, false).count).toBe(2)
    expect(encodeRecords(large, 4, 2_500, false).count).toBe(1)
    expect(encodeRecords(large, 0, 10, false).count).toBe(1)
  })

  test('is left for the next fetch when it is cut off', () => {
    const batch = at(encodeBatch(encodeRecords(records, 0, 1_000_000, false), PLAIN), 0)
    const whole = Buffer.concat([batch, at(batch, 4)])
    expect(decodeRecords(whole, 2, []).records.map(({ offset }) => offset)).toEqual([
      2, 3, 4, 5, 6, 7,
    ])
    const { records: read, nextOffset } = decodeRecords(whole.subarray(0, whole.length - 1), 0, [])
    expect(read).toHaveLength(4)
    expect(nextOffset).toBe(4)
    expect(decodeRecords(batch.subarray(0, 70), 0, []).nextOffset).toBeUndefined()
  })
})

test('of one producer exactly the aborted transactions are left out', () => {
  const log = Buffer.concat([
    transactional(0, 7, 'a1'),
    marker(1, 7, false),
    transactional(2, 7, 'c1'),
    transactional(3, 8, 'other'),
    marker(4, 7, true),
    transactional(5, 7, 'a2'),
    marker(6, 7, false),
    transactional(7, 7, 'c2'),
    marker(8, 7, true),
  ])
  const aborted = [
    { producerId: 7, firstOffset: 5 },
    { producerId: 7, firstOffset: 0 },
  ]
  const { records, nextOffset } = decodeRecords(log, 0, aborted)
  expect(records.map(({ value }) => String(value))).toEqual(['c1', 'other', 'c2'])
  expect(nextOffset).toBe(9)
  expect(decodeRecords(log, 0, []).records).toHaveLength(5)
})

function at(batch: Buffer, offset: number): Buffer {
  const moved = Buffer.from(batch)
  writeInt64(moved, offset, 0)
  return moved
}

function transactional(offset: number, producerId: number, value: string): Buffer {
  const records = [{ key: null, value: Buffer.from(value), timestampMs: 1 }]
  const producer = { producerId, producerEpoch: 0, baseSequence: 0, transactional: true }
  return at(encodeBatch(encodeRecords(records, 0, 1_000, false), producer), offset)
}

function marker(offset: number, producerId: number, commit: boolean): Buffer {
  const key = new ByteWriter()
    .int16(0)
    .int16(commit ? 1 : 0)
    .finish()
  const records = [{ key, value: Buffer.alloc(6), timestampMs: 1 }]
  const producer = { producerId, producerEpoch: 0, baseSequence: -1, transactional: true }
  const batch = at(encodeBatch(encodeRecords(records, 0, 1_000, false), producer), offset)
  batch.writeInt16BE(0x30, 21)
  return batch
}
