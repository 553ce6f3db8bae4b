import { describe, expect, test } from 'vitest'
import { type KeyValueStore, StreamsError } from '#streams'
import { balances, type StoreHouse, sums } from './store-house.ts'

export function openingConformance(house: StoreHouse): void {
  describe('opening', () => {
    test('a store of another kind or window size is refused with what to do', async () => {
      await house.stores.close()
      for (const specs of [
        [{ ...sums, name: 'balances' }],
        [{ ...sums, windowSizeMs: 20_000 }],
        [{ ...balances, name: 'sums' }],
      ]) {
        await expect(house.open({ specs })).rejects.toMatchObject({
          code: 'STORE_INCOMPATIBLE',
          remedy: expect.stringContaining('reset'),
        })
      }
      house.stores = await house.open()
    })

    test('a store may be added, and one that left and came back is as it was', async () => {
      house.keyValue().put('a', '1')
      house.commit({ balances: 3 })
      await house.reopen({ specs: [sums, { ...balances, name: 'positions' }] })
      expect(house.stores.names).toEqual(['sums', 'positions'])
      await house.reopen()
      expect(house.keyValue().get('a')).toBe('1')
      expect(house.stores.get('balances').checkpoint()).toBe(3)
    })

    test('a task cannot be opened twice, nor wiped while open', async () => {
      const locked = { code: 'STORE_LOCKED' }
      await expect(house.open()).rejects.toMatchObject(locked)
      await expect(house.backend.wipe(house.directory)).rejects.toMatchObject(locked)
      house.keyValue().put('a', '1')
      house.commit()
    })

    test('a wiped directory starts without entries and checkpoints', async () => {
      house.keyValue().put('a', '1')
      house.commit({ balances: 1 })
      await house.stores.close()
      await house.backend.wipe(house.directory)
      house.stores = await house.open()
      expect(house.keyValue().get('a')).toBeUndefined()
      expect(house.stores.get('balances').checkpoint()).toBeUndefined()
    })

    test('a store that is not persistent starts empty, without a checkpoint', async () => {
      const specs = [balances, { ...balances, name: 'recent', persistent: false }]
      await house.reopen({ specs })
      const recent = () => house.stores.get('recent').store as KeyValueStore<string, string>
      recent().put('a', '1')
      house.keyValue().put('a', '1')
      house.commit({ recent: 4, balances: 4 })
      expect(recent().get('a')).toBe('1')
      expect(house.stores.get('recent').checkpoint()).toBe(4)
      await house.reopen({ specs })
      expect(recent().get('a')).toBeUndefined()
      expect(house.stores.get('recent').checkpoint()).toBeUndefined()
      expect(house.stores.get('balances').checkpoint()).toBe(4)
    })

    test('unknown and repeated names are refused', async () => {
      expect(() => house.stores.get('other')).toThrow(StreamsError)
      await house.stores.close()
      await expect(house.open({ specs: [balances, balances] })).rejects.toMatchObject({
        code: 'STORE_NAME_REPEATED',
      })
      house.stores = await house.open()
    })

    test('a closed store refuses, whatever it had in memory', async () => {
      const store = house.keyValue()
      store.put('a', '1')
      await house.stores.close()
      const closed = expect.objectContaining({ code: 'STORE_CLOSED' })
      expect(() => store.get('a')).toThrow(closed)
      expect(() => store.put('a', '2')).toThrow(closed)
      expect(() => store.all()).toThrow(closed)
      house.stores = await house.open()
    })
  })
}
