import { expect, test } from 'vitest'
import { uint64Bytes } from '../bytes.ts'
import { AskedBefore } from './asked-before.ts'
import { KnownKeys } from './known-keys.ts'

const key = (number: number): Uint8Array => uint64Bytes(number)
const MEBIBYTE = 1024 * 1024

function numbers(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index)
}

test('a key that was added may be there; of those that were not, about one in 200 is taken for one', () => {
  const known = new KnownKeys(MEBIBYTE)
  for (const number of numbers(0, 100_000)) known.add(key(number))
  expect(numbers(0, 100_000).every((number) => known.mayHold(key(number)))).toBe(true)
  const mistaken = numbers(1_000_000, 100_000).filter((number) => known.mayHold(key(number)))
  expect(mistaken.length).toBeLessThan(2_000)
  expect(mistaken.length).toBeGreaterThan(0)
})

test('a key that is added again takes no room', () => {
  const known = new KnownKeys((4_096 * 12) / 8)
  for (let round = 0; round < 3; round += 1)
    for (const number of numbers(0, 4_000)) known.add(key(number))
  expect(known.mayHold(key(5_000_000))).toBe(false)
})

test('at the bound of its memory any key may be there, of that segment', () => {
  const known = new KnownKeys((4_096 * 12) / 8 + 10, (bytes) => bytes[7] as number)
  for (const number of numbers(0, 3)) known.add(key(number * 256))
  expect(known.mayHold(key(70_000 * 256))).toBe(false)
  for (const number of numbers(0, 10_000)) known.add(key(number * 256))
  expect(known.mayHold(key(70_000 * 256))).toBe(true)
  known.add(key(1))
  expect([known.mayHold(key(1)), known.mayHold(key(257))]).toEqual([true, false])
})

test('a segment that nothing came for holds nothing; the oldest of many are forgotten, and may hold anything', () => {
  const known = new KnownKeys(MEBIBYTE, (bytes) => bytes[7] as number)
  for (const segment of numbers(0, 18)) known.add(key(segment))
  expect(known.mayHold(key(200))).toBe(false)
  expect([known.mayHold(key(256)), known.mayHold(key(257))]).toEqual([true, true])
  expect([known.mayHold(key(2)), known.mayHold(key(258))]).toEqual([true, false])
})

test('a key was asked for before from its second time on, until all is forgotten', () => {
  const asked = new AskedBefore()
  expect([asked.ask(key(1)), asked.ask(key(1)), asked.ask(key(2))]).toEqual([false, true, false])
  const again = numbers(10, 100_000).filter((number) => asked.ask(key(number)))
  expect(again.length).toBeLessThan(20_000)
  expect(asked.ask(key(3_000_000))).toBe(false)
})
