import { expect, test } from 'vitest'
import { parseType } from './avro-type.ts'

const type = parseType('string')

test('every text is read as it was written, however many there are and whatever was read before', () => {
  const texts = [
    '',
    'a',
    'é',
    'Ã©',
    '€',
    '😀',
    'x'.repeat(31),
    'x'.repeat(32),
    'x'.repeat(300),
    'ü'.repeat(15),
    '\u00e9abc',
    '\ufffd',
  ]
  for (let i = 0; i < 50_000; i++) texts.push(`EURUSD${i}.SIM`)
  const wrong = () => texts.filter((text) => type.fromBuffer(type.toBuffer(text)) !== text)
  expect(wrong()).toEqual([])
  expect(wrong()).toEqual([])
})

test('bytes that are not UTF-8 are never taken for a text with those character codes', () => {
  type.fromBuffer(type.toBuffer('éa'))
  expect(type.fromBuffer(Buffer.from([4, 0xe9, 0x61]))).toBe('\ufffda')
  expect(type.fromBuffer(Buffer.from([4, 0xe9, 0x61]))).toBe('\ufffda')
})

test('a text that the bytes cut off is refused', () => {
  type.fromBuffer(type.toBuffer('abcdef'))
  expect(() => type.fromBuffer(type.toBuffer('abcdef').subarray(0, 4))).toThrow(/truncated/)
  expect(() => type.fromBuffer(Buffer.from([3]))).toThrow(/truncated/)
})
