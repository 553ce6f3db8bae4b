import { expect, test } from 'vitest'
import { readLong, writeLong } from './long-bytes.ts'

const LONGS = [
  [0, '0000000000000000'],
  [1, '0000000000000001'],
  [-1, 'ffffffffffffffff'],
  [0x8000_0000, '0000000080000000'],
  [0xffff_ffff, '00000000ffffffff'],
  [0x1_0000_0000, '0000000100000000'],
  [-0x1_0000_0000, 'ffffffff00000000'],
  [-0x1_0000_0001, 'fffffffeffffffff'],
  [Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
  [Number.MIN_SAFE_INTEGER, 'ffe0000000000001'],
] as const

test.each(LONGS)('%s is written as %s, and read back', (value, hex) => {
  const bytes = Buffer.alloc(10)
  writeLong(bytes, 1, value)
  expect(bytes.subarray(1, 9).toString('hex')).toBe(hex)
  expect(readLong(bytes, 1)).toBe(value)
})

test.each(['0020000000000000', '7fffffffffffffff', 'ffe0000000000000', '8000000000000000'])(
  '%s is beyond what a number holds exactly',
  (hex) => {
    expect(Number.isSafeInteger(readLong(Buffer.from(hex, 'hex'), 0))).toBe(false)
  },
)
