import { expect, test } from 'vitest'
import type { StoreDatabase } from '#streams'
import { memoryEngine } from '../memory/memory-engine.ts'
import { TransactionalBytes } from './transactional-bytes.ts'

const KEYSPACE = 'store.test'
const MEBIBYTE = 1024 * 1024
/** Of the cache: 150 bytes of overhead, one of key, ten of value. */
const ENTRY_BYTES = 161

async function open(cacheBytesMax: number, entries = 8) {
  const database = await memoryEngine().open('', { keyspaces: [KEYSPACE] })
  const fill = database.batch()
  for (let key = 0; key < entries; key += 1)
    fill.put(KEYSPACE, Uint8Array.of(key), new Uint8Array(10))
  fill.write()
  const asked: number[] = []
  const counted = new Proxy(database, {
    get(target, name) {
      if (name !== 'get') return Reflect.get(target, name).bind(target)
      return (...[keyspace, key]: Parameters<StoreDatabase['get']>) => {
        asked.push(key[0] ?? -1)
        return target.get(keyspace, key)
      }
    },
  })
  const bytes = new TransactionalBytes({
    database: counted,
    keyspace: KEYSPACE,
    cacheBytesMax,
    engineKey: (key) => key,
  })
  const read = (...keys: number[]) => {
    asked.length = 0
    for (const key of keys) bytes.get(Uint8Array.of(key))
    return [...asked]
  }
  return { bytes, read, database }
}

test('while nothing is displaced a value is kept from the first look on, what is absent from the second', async () => {
  const { read } = await open(100 * ENTRY_BYTES)
  expect(read(1, 2, 1, 2)).toEqual([1, 2])
  expect(read(9, 9, 9)).toEqual([9, 9])
})

test('in a cache that is full a value has to be asked for again to be kept', async () => {
  // The young generation holds two entries, the third makes it the old one.
  const { read } = await open(4 * ENTRY_BYTES)
  expect(read(1, 2, 3)).toEqual([1, 2, 3])
  expect(read(4, 1, 2, 3, 4, 4)).toEqual([4, 4])
  expect(read(4)).toEqual([])
})

test('a value that a commit replaces is kept without the key that it was put with', async () => {
  const { bytes, read, database } = await open(100 * ENTRY_BYTES)
  read(1)
  const written = Uint8Array.of(7)
  bytes.put(Uint8Array.of(1), written)
  const batch = database.batch()
  bytes.commitTo(batch, () => true)
  batch.write()
  bytes.afterCommit()
  expect(read(1)).toEqual([])
  expect(bytes.get(Uint8Array.of(1))).toEqual({ encoded: written, decoded: undefined })
})

test('what is put after look-ups in vain is found, before its commit and after', async () => {
  const { bytes, read, database } = await open(MEBIBYTE, 0)
  const value = Uint8Array.of(7)
  const seven = () => bytes.get(Uint8Array.of(7)).encoded
  expect(read(1, 2, 7)).toEqual([])
  bytes.put(Uint8Array.of(7), value)
  expect(seven()).toBe(value)
  expect(read(3, 4)).toEqual([])
  bytes.discard()
  expect(seven()).toBeNull()
  bytes.put(Uint8Array.of(7), value)
  expect(read(3)).toEqual([])
  const batch = database.batch()
  bytes.commitTo(batch, () => true)
  batch.write()
  bytes.afterCommit()
  expect(seven()).toEqual(value)
})

test('what a restoration writes is found after look-ups in vain', async () => {
  const { bytes, read, database } = await open(MEBIBYTE, 0)
  expect(read(1, 2)).toEqual([])
  const batch = database.batch()
  bytes.writeTo(batch, Uint8Array.of(5), Uint8Array.of(9))
  batch.write()
  bytes.forget([Uint8Array.of(5)])
  expect(bytes.get(Uint8Array.of(5)).encoded).toEqual(Uint8Array.of(9))
})
