import { describe, expect, test } from 'vitest'
import type { KeyValueStore, WindowStore } from '#streams'
import { BASE, MINUTE, type StoreHouse } from './store-house.ts'

export function transactionConformance(house: StoreHouse): void {
  describe('a transaction', () => {
    test('commit writes all stores and positions, changes are gone after it', async () => {
      house.keyValue().put('a', '1')
      house.window().put('a', 'w', BASE)
      house.commit({ balances: 5, sums: 9 })
      expect(house.stores.get('balances').changeCount + house.stores.get('sums').changeCount).toBe(
        0,
      )
      await house.reopen()
      expect(house.keyValue().get('a')).toBe('1')
      expect(house.window().fetch('a', BASE)).toBe('w')
      expect(house.stores.get('balances').checkpoint()).toBe(5)
      expect(house.stores.get('sums').checkpoint()).toBe(9)
    })

    test('what was not committed is not there after a reopening', async () => {
      house.keyValue().put('a', '1')
      house.commit({ balances: 1 })
      house.keyValue().put('a', '2')
      house.keyValue().put('b', '2')
      await house.reopen()
      expect(house.keyValue().get('a')).toBe('1')
      expect(house.keyValue().get('b')).toBeUndefined()
      expect(house.stores.get('balances').checkpoint()).toBe(1)
    })

    test('discard restores the last commit, for keys that were read and ones that were not', () => {
      house.keyValue().put('read', 'old')
      house.keyValue().put('unread', 'old')
      house.window().put('w', 'old', BASE)
      house.commit()
      house.keyValue().get('read')
      for (const key of ['read', 'unread', 'new']) house.keyValue().put(key, 'dropped')
      house.keyValue().get('new')
      house.window().put('w', 'dropped', BASE)
      house.window().put('w', 'dropped', BASE + 10 * MINUTE)
      expect(house.window().fetch('w', BASE)).toBeUndefined()
      house.stores.discard()
      expect(house.keyValue().get('read')).toBe('old')
      expect(house.keyValue().get('unread')).toBe('old')
      expect(house.keyValue().get('new')).toBeUndefined()
      expect([...house.keyValue().all()].length).toBe(2)
      expect(house.window().fetch('w', BASE)).toBe('old')
      expect(house.stores.get('balances').changeCount).toBe(0)
      expect(house.changes('balances')).toEqual([])
    })

    test('changes are one per key with its last value, in order of first write', () => {
      house.keyValue().put('b', '0')
      house.commit()
      house.keyValue().put('c', '1')
      house.keyValue().put('a', '2')
      house.keyValue().put('c', '3')
      house.keyValue().delete('b')
      house.keyValue().put('d', '4')
      house.keyValue().delete('d')
      expect(house.changes('balances')).toEqual(['c=3', 'a=2', 'b=null', 'd=null'])
      expect(house.stores.get('balances').changeCount).toBe(4)
    })

    test('the overlay says when it is full, and no longer after a commit', () => {
      expect(house.stores.overlayFull).toBe(false)
      house.keyValue().put('a', 'x'.repeat(5_000))
      expect(house.stores.overlayFull).toBe(false)
      house.window().put('a', 'x'.repeat(5_000), BASE)
      expect(house.stores.overlayFull).toBe(true)
      house.commit()
      expect(house.stores.overlayFull).toBe(false)
    })

    test('positions of several partitions stand side by side', async () => {
      expect(house.stores.position('balances/0')).toBeUndefined()
      house.commit({ 'balances/0': 4, 'balances/1': 0 })
      await house.reopen()
      expect(house.stores.position('balances/0')).toBe(4)
      expect(house.stores.position('balances/1')).toBe(0)
      expect(house.stores.get('balances').checkpoint()).toBeUndefined()
      expect(() => house.commit({ other: 1 })).toThrow(
        expect.objectContaining({ code: 'STORE_UNKNOWN' }),
      )
    })

    test('the committed view shows the last commit alone, and refuses writes', () => {
      house.keyValue().put('a', 'old')
      house.window().put('a', 'old', BASE)
      house.commit()
      house.keyValue().put('a', 'new')
      house.keyValue().put('b', 'new')
      house.window().put('a', 'new', BASE + 10 * MINUTE)
      const committed = house.stores.get('balances').committed as KeyValueStore<string, string>
      const windows = house.stores.get('sums').committed as WindowStore<string, string>
      expect(committed.get('a')).toBe('old')
      expect([...committed.all()]).toEqual([['a', 'old']])
      expect(windows.fetch('a', BASE)).toBe('old')
      expect([...windows.all()].map(([, value]) => value)).toEqual(['old'])
      const readOnly = expect.objectContaining({ code: 'STORE_READ_ONLY' })
      expect(() => committed.put('a', 'x')).toThrow(readOnly)
      expect(() => committed.delete('a')).toThrow(readOnly)
      expect(() => windows.put('a', 'x', BASE - 100 * MINUTE)).toThrow(readOnly)
      house.commit()
      expect(committed.get('a')).toBe('new')
      expect(windows.fetch('a', BASE)).toBeUndefined()
    })
  })
}
