import { describe, expect, test } from 'vitest'
import type { WindowStore } from '#streams'
import {
  BASE,
  balances,
  MINUTE,
  record,
  type StoreHouse,
  stringSerde,
  sums,
} from './store-house.ts'

export function restoreConformance(house: StoreHouse): void {
  describe('restoring', () => {
    test('applies records with their position, tombstones too, and is seen at once', async () => {
      house.keyValue().put('a', 'old')
      house.keyValue().put('b', 'old')
      house.commit({ balances: 2 })
      expect(house.keyValue().get('c')).toBeUndefined()
      house.stores
        .get('balances')
        .restore(
          [record(2, 'a', 'new'), record(3, 'b', null), record(4, 'c', 'x'), record(5, 'c', 'new')],
          6,
        )
      expect(['a', 'b', 'c'].map((key) => house.keyValue().get(key))).toEqual([
        'new',
        undefined,
        'new',
      ])
      expect(house.stores.get('balances').changeCount).toBe(0)
      await house.reopen()
      expect([...house.keyValue().all()]).toEqual([
        ['a', 'new'],
        ['c', 'new'],
      ])
      expect(house.stores.get('balances').checkpoint()).toBe(6)
    })

    test('is seen by ranges that were read before', async () => {
      // Under a name of its own: an index by time is there from the start or never.
      const closing = { ...sums, name: 'closing', closesWindows: true }
      await house.reopen({ specs: [balances, closing] })
      const windows = house.stores.get('closing').store as WindowStore<string, string>
      const ranges = () => [
        [...house.keyValue().prefixScan(stringSerde.serialize('', 'a'))].length,
        [...windows.fetchRange('k', BASE, BASE + MINUTE)].length,
        [...windows.fetchAllByTime(BASE, BASE + MINUTE)].length,
      ]
      windows.put('k', '1', BASE + 2_000)
      const [other] = house.stores.get('closing').changes()
      house.stores.discard()
      house.keyValue().put('a1', '1')
      windows.put('k', '1', BASE + 1_000)
      windows.put('l', '1', BASE + MINUTE)
      house.commit()
      for (let look = 0; look < 3; look += 1) expect(ranges()).toEqual([1, 1, 2])
      if (other === undefined) throw new Error('the change is missing')
      house.stores.get('balances').restore([record(1, 'a2', '2')], 2)
      house.stores.get('closing').restore([{ ...record(1, '', ''), ...other }], 2)
      for (let look = 0; look < 3; look += 1) expect(ranges()).toEqual([2, 2, 3])
      house.keyValue().put('a3', '1')
      windows.put('k', '1', BASE + 3_000)
      house.commit()
      for (let look = 0; look < 3; look += 1) expect(ranges()).toEqual([3, 3, 4])
    })

    test('of a partition keeps a position of its own; records without a key are left out', () => {
      const store = house.stores.get('balances')
      store.restore([record(7, 'a', '1'), { ...record(8, 'b', '2'), key: null }], 9, 'balances/3')
      expect(house.stores.position('balances/3')).toBe(9)
      expect([...house.keyValue().all()]).toEqual([['a', '1']])
    })

    test('the changes of every transaction, restored elsewhere, give the same digest', async () => {
      const elsewhere = await house.backend.open({
        directory: `${house.directory}-elsewhere`,
        taskId: '0_1',
        specs: [balances, sums],
        overlayBytesMax: 1,
      })
      let offset = 0
      for (let round = 0; round < 8; round += 1) {
        for (let n = 0; n < 20; n += 1) {
          house.keyValue().put(`k${(n * 7 + round) % 30}`, `${round}`)
          house.window().put(`k${n % 3}`, `${round}.${n}`, BASE + round * MINUTE + n * 1_000)
        }
        house.keyValue().delete(`k${round}`)
        house.window().put('k1', undefined, BASE + round * MINUTE + 4_000)
        for (const name of house.stores.names) {
          const records = [...house.stores.get(name).changes()].map(({ key, value }) => {
            offset += 1
            return { offset, timestampMs: 0, key, value, headers: [] }
          })
          elsewhere.get(name).restore(records, offset + 1)
        }
        house.commit({ balances: offset + 1, sums: offset + 1 })
        for (const name of house.stores.names) {
          expect(elsewhere.get(name).digest()).toEqual(house.stores.get(name).digest())
        }
      }
      expect(house.stores.get('sums').digest().entries).toBeGreaterThan(20)
      await elsewhere.close()
      await house.backend.wipe(`${house.directory}-elsewhere`)
    })
  })

  describe('a digest', () => {
    test('depends on entries alone, not on how they came about', async () => {
      const digest = () => house.stores.get('balances').digest()
      const empty = digest()
      expect(empty).toEqual({ entries: 0, digest: '0'.repeat(32) })
      house.keyValue().put('a', '1')
      house.keyValue().put('b', '2')
      expect(digest()).toEqual(empty)
      house.commit()
      const both = digest()
      expect(both.entries).toBe(2)
      expect(both.digest).toMatch(/^[0-9a-f]{32}$/)
      house.keyValue().delete('a')
      house.commit()
      house.keyValue().put('c', '3')
      house.keyValue().put('a', '1')
      house.commit()
      house.keyValue().delete('c')
      house.commit()
      expect(digest()).toEqual(both)
      house.keyValue().put('a', '2')
      house.keyValue().put('b', '1')
      house.commit()
      expect(digest().digest).not.toBe(both.digest)
    })

    test('is the sum of the entries’ hashes', () => {
      house.keyValue().put('a', '1')
      house.keyValue().put('b', '2')
      house.commit()
      // First 128 bits of SHA-256 over 00000001 61 31 and 00000001 62 32, added by another program.
      expect(house.stores.get('balances').digest().digest).toBe('434710e9dc0825e69c7e0cd7a6a8cbeb')
    })
  })
}
