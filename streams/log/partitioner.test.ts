import { expect, test } from 'vitest'
import { murmur2, partitionFor } from './partitioner.ts'

const encoder = new TextEncoder()

/** The values of Kafka's own UtilsTest. */
const KAFKA_HASHES: readonly (readonly [key: string, hash: number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
]

test.each(KAFKA_HASHES)('murmur2 of %s is what Kafka computes', (key, hash) => {
  expect(murmur2(encoder.encode(key))).toBe(hash)
})

test('a negative hash is made positive by clearing its sign, as Kafka does', () => {
  expect(partitionFor(encoder.encode('21'), 7)).toBe(3)
  expect(partitionFor(encoder.encode('21'), 1)).toBe(0)
})
