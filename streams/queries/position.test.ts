import { expect, test } from 'vitest'
import { decodePosition, Position, positionHeader } from './position.ts'

const at = (topic: string, partition: number, offset: number) => ({ topic, partition, offset })

test('merging keeps the furthest of each partition', () => {
  const one = Position.of([at('a', 0, 5), at('a', 1, 2)])
  const other = Position.of([at('a', 0, 3), at('b', 0, 9)])
  expect(one.merge(other).toJSON()).toEqual({ a: { 0: 5, 1: 2 }, b: { 0: 9 } })
  expect(one.merge(Position.empty)).toBe(one)
})

test('a position covers a bound when it is as far everywhere, or in the partition that is asked', () => {
  const position = Position.of([at('a', 0, 5), at('b', 1, 2)])
  expect(position.covers(Position.of([at('a', 0, 5)]))).toBe(true)
  expect(position.covers(Position.of([at('a', 0, 6)]))).toBe(false)
  expect(position.covers(Position.of([at('a', 1, 0)]))).toBe(false)
  const both = Position.of([at('a', 0, 4), at('a', 1, 8)])
  expect([position.covers(both), position.covers(both, 0), position.covers(both, 1)]).toEqual([
    false,
    true,
    false,
  ])
})

test('an unknown position covers the empty bound only', () => {
  expect(Position.empty.covers(Position.empty)).toBe(true)
  expect(Position.empty.covers(Position.of([at('a', 0, 0)]))).toBe(false)
})

test('JSON there and back; what is no position is refused with the place', () => {
  const position = Position.of([at('a', 0, 5), at('b', 11, Number.MAX_SAFE_INTEGER)])
  expect(Position.fromJson(JSON.parse(JSON.stringify(position))).toJSON()).toEqual(
    position.toJSON(),
  )
  for (const [json, told] of [
    [[], 'it is no object'],
    [{ a: 3 }, '"a" is no object'],
    [{ a: { x: 3 } }, '"x" of "a" is no partition'],
    [{ a: { 0: -1 } }, 'partition 0 of "a" has no whole offset'],
    [{ a: Object.fromEntries(Array.from({ length: 10_001 }, (_, n) => [n, 1])) }, '10000'],
  ] as const)
    expect(() => Position.fromJson(json)).toThrow(told)
})

test('the header of the last record that has one tells; it is short', () => {
  const entries = [at('orders', 3, 1_234_567), at('größen', 3, 2 ** 40)]
  const header = positionHeader(entries)
  expect(header[1]?.length).toBeLessThan(40)
  const none = { headers: [] }
  const early = { headers: [positionHeader([at('orders', 3, 1)])] }
  expect(decodePosition([early, { headers: [header] }, none])?.toJSON()).toEqual({
    orders: { 3: 1_234_567 },
    größen: { 3: 2 ** 40 },
  })
  expect(decodePosition([none])).toBeUndefined()
})

test('bytes of another origin tell nothing', () => {
  const [name, bytes] = positionHeader([at('orders', 3, 300)])
  for (const value of [null, Uint8Array.of(), Uint8Array.of(9, 1), bytes?.subarray(0, -1) ?? null])
    expect(decodePosition([{ headers: [[name, value]] }])).toBeUndefined()
})
