import { describe, expect, test } from 'vitest'
import type { KeyValueStore, Serde } from '#streams'
import { balances, type StoreHouse, stringSerde } from './store-house.ts'

export function keyValueConformance(house: StoreHouse): void {
  describe('a key-value store', () => {
    test('returns what was put, before and after a commit and a reopening', async () => {
      house.keyValue().put('a', '1')
      expect(house.keyValue().get('a')).toBe('1')
      house.commit()
      expect(house.keyValue().get('a')).toBe('1')
      await house.reopen()
      expect(house.keyValue().get('a')).toBe('1')
      expect(house.keyValue().get('b')).toBeUndefined()
    })

    test('delete returns the value before, and hides it at once', () => {
      house.keyValue().put('a', '1')
      house.commit()
      expect(house.keyValue().delete('a')).toBe('1')
      expect(house.keyValue().get('a')).toBeUndefined()
      expect(house.keyValue().delete('a')).toBeUndefined()
      house.commit()
      expect(house.keyValue().get('a')).toBeUndefined()
    })

    test('putIfAbsent keeps and returns what is there', () => {
      expect(house.keyValue().putIfAbsent('a', '1')).toBeUndefined()
      expect(house.keyValue().putIfAbsent('a', '2')).toBe('1')
      expect(house.keyValue().get('a')).toBe('1')
    })

    test('a put of nothing deletes', () => {
      house.keyValue().put('a', '1')
      house.commit()
      const untyped = house.stores.get('balances').store as KeyValueStore<string, string | null>
      untyped.put('a', null)
      expect(house.keyValue().get('a')).toBeUndefined()
      expect(house.changes('balances')).toEqual(['a=null'])
    })

    test('ranges merge what is committed with what is not, in byte order of keys', () => {
      for (const key of ['b', 'd', 'f', 'h']) house.keyValue().put(key, 'old')
      house.commit()
      house.keyValue().put('a', 'new')
      house.keyValue().put('d', 'new')
      house.keyValue().put('g', 'new')
      house.keyValue().put('é', 'new')
      house.keyValue().delete('f')
      const RANGES: readonly [string, Iterable<readonly [string, string]>][] = [
        ['a:new b:old d:new g:new h:old é:new', house.keyValue().all()],
        ['é:new h:old g:new d:new b:old a:new', house.keyValue().reverseAll()],
        ['b:old d:new g:new', house.keyValue().range('b', 'g')],
        ['g:new d:new b:old', house.keyValue().reverseRange('b', 'g')],
        ['d:new g:new h:old é:new', house.keyValue().range('c', undefined)],
        ['a:new b:old', house.keyValue().range(undefined, 'c')],
        ['b:old a:new', house.keyValue().reverseRange(undefined, 'c')],
        ['', house.keyValue().range('g', 'b')],
        ['', house.keyValue().range('i', 'z')],
        ['d:new', house.keyValue().range('d', 'd')],
        ['d:new', house.keyValue().prefixScan(new TextEncoder().encode('d'))],
        ['', house.keyValue().prefixScan(new TextEncoder().encode('f'))],
      ]
      for (const [expected, found] of RANGES) {
        expect([...found].map(([key, value]) => `${key}:${value}`).join(' ')).toBe(expected)
      }
    })

    test('prefix scans do not leave the prefix', () => {
      for (const key of ['demo|a', 'demo|b', 'demo}', 'dem']) house.keyValue().put(key, 'v')
      const keys = [...house.keyValue().prefixScan(new TextEncoder().encode('demo|'))].map(
        ([key]) => key,
      )
      expect(keys).toEqual(['demo|a', 'demo|b'])
    })

    test('an iterator shows the store as it was when it was made, also while entries are deleted', () => {
      for (let n = 0; n < 200; n += 1) house.keyValue().put(`k${n + 100}`, 'v')
      house.commit()
      for (let n = 200; n < 400; n += 1) house.keyValue().put(`k${n + 100}`, 'v')
      let seen = 0
      for (const [key] of house.keyValue().all()) {
        house.keyValue().delete(key)
        house.keyValue().put(`z${seen}`, 'later')
        seen += 1
      }
      expect(seen).toBe(400)
      expect([...house.keyValue().all()].length).toBe(400)
    })

    test('a value is decoded from its bytes right after a put, so that nothing depends on the cache', async () => {
      const rounded: Serde<string> = {
        serialize: (topic, value) => stringSerde.serialize(topic, value.slice(0, 3)),
        deserialize: stringSerde.deserialize,
      }
      await house.reopen({ specs: [{ ...balances, valueSerde: rounded }] })
      house.keyValue().put('a', '1.2345')
      expect(house.keyValue().get('a')).toBe('1.2')
    })

    test('serdes are told the changelog topic', async () => {
      const topics = new Set<string>()
      const noting: Serde<string> = {
        serialize: (topic, value) => {
          topics.add(topic)
          return stringSerde.serialize(topic, value)
        },
        deserialize: stringSerde.deserialize,
      }
      await house.reopen({
        specs: [{ ...balances, keySerde: noting, valueSerde: noting }],
        changelogTopic: (store) => `app-${store}-changelog`,
      })
      house.keyValue().put('a', '1')
      expect([...topics]).toEqual(['app-balances-changelog'])
    })

    test('the number of entries is exact when it is small', () => {
      for (let n = 0; n < 7; n += 1) house.keyValue().put(`k${n}`, 'v')
      house.commit()
      house.keyValue().delete('k1')
      house.keyValue().put('k9', 'v')
      expect(house.keyValue().approximateNumEntries()).toBe(7)
    })
  })
}
