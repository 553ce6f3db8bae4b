import { describe, expect, test } from 'vitest'
import type { KeyValueStore, SessionStore, VersionedKeyValueStore, WindowStore } from '#streams'
import {
  BASE,
  balances,
  MINUTE,
  prices,
  record,
  type StoreHouse,
  sessions,
  sums,
} from './store-house.ts'

/** What the random runs beside models do not show: bytes, sizes, refusals. */
export function kindsConformance(house: StoreHouse): void {
  const store = <S>(name: string) => house.stores.get(name).store as S
  const keyBytes = (name: string) =>
    [...house.stores.get(name).changes()].map(({ key }) => Buffer.from(key).toString('hex'))

  describe('a window store that closes windows or retains duplicates', () => {
    const closing = { ...sums, closesWindows: true }
    const several = { ...sums, retainDuplicates: true }
    const windows = () => store<WindowStore<string, string>>('sums')

    test('keeps nothing of a deleted or expired window', async () => {
      await house.stores.close()
      await house.backend.wipe(house.directory)
      house.stores = await house.open({ specs: [closing] })
      for (let n = 0; n < 10; n += 1) windows().put(`k${n}`, 'v', BASE + n * 1_000)
      house.commit()
      // Segment (8), key (2), start and sequence (12) and value (1), and the key once more in the index (14).
      expect(house.stores.get('sums').sizeBytes()).toBe(370)
      for (let n = 0; n < 5; n += 1) windows().put(`k${n}`, undefined, BASE + n * 1_000)
      house.commit()
      windows().put('now', 'v', BASE + 10 * MINUTE)
      house.commit()
      const one = house.stores.get('sums').sizeBytes()
      windows().put('now', undefined, BASE + 10 * MINUTE)
      house.commit()
      expect(house.stores.get('sums').sizeBytes()).toBe(0)
      windows().put('now', 'v', BASE + 10 * MINUTE)
      house.commit()
      expect(house.stores.get('sums').sizeBytes()).toBe(one)
      const [expired] = await expiredWindow()
      house.stores.get('sums').restore([expired], 1)
      expect(house.stores.get('sums').sizeBytes()).toBeGreaterThan(one)
      windows().put('now', 'v', BASE + 10 * MINUTE)
      house.commit()
      expect(house.stores.get('sums').sizeBytes()).toBe(one)
    })

    test('closes windows also where it was made without an index by time', async () => {
      windows().put('b', '1', BASE)
      windows().put('a', '2', BASE + 10_000)
      house.commit()
      await house.reopen({ specs: [closing] })
      windows().put('c', '3', BASE)
      const found = [...windows().fetchAllByTime(0, BASE * 2)].map(([{ key }]) => key)
      expect(found).toEqual(['b', 'c', 'a'])
    })

    test('numbers the puts in the changelog’s keys', async () => {
      await house.reopen({ specs: [{ ...several, name: 'pairs' }] })
      const pairs = () => store<WindowStore<string, string>>('pairs')
      pairs().put('k', 'x', 0x0102_0304_0506)
      pairs().put('k', 'y', 0x0102_0304_0506)
      expect(keyBytes('pairs')).toEqual([
        '6b000001020304050600000001',
        '6b000001020304050600000002',
      ])
    })

    test('is refused where the directory’s store keeps one value per window', async () => {
      await house.stores.close()
      await expect(house.open({ specs: [several] })).rejects.toMatchObject({
        code: 'STORE_INCOMPATIBLE',
      })
      house.stores = await house.open()
    })

    test('finds keys up to one that goes on with zeros, the shorter ones too', () => {
      const zeros = 'a\u0000\u0000\u0000\u0000\u0000'
      for (const key of ['a', 'a\u0000', zeros, `${zeros}\u0000`, 'b'])
        windows().put(key, 'v', BASE)
      const found = (to: string) =>
        [...windows().fetchKeyRange('a', to, 0, BASE)].map(([{ key }]) => key).sort()
      expect(found(zeros)).toEqual(['a', 'a\u0000', zeros])
      expect(found('a')).toEqual(['a'])
      expect([...windows().fetchKeyRange('b', 'a', 0, BASE)]).toEqual([])
    })

    async function expiredWindow() {
      const elsewhere = await house.backend.open({
        directory: `${house.directory}-elsewhere`,
        taskId: '0_1',
        specs: [closing],
        overlayBytesMax: 1,
      })
      const other = elsewhere.get('sums').store as WindowStore<string, string>
      other.put('old', 'v', BASE)
      const records = [...elsewhere.get('sums').changes()].map(({ key, value }) => ({
        ...record(0, '', ''),
        key,
        value,
      }))
      await elsewhere.close()
      await house.backend.wipe(`${house.directory}-elsewhere`)
      const [first] = records
      if (first === undefined) throw new Error('the change is missing')
      return [first] as const
    }
  })

  describe('a session store', () => {
    const found = () => store<SessionStore<string, string>>('sessions')

    test('has keys of key, end and start in the changelog', async () => {
      await house.reopen({ specs: [sessions] })
      found().put({ key: 'k', startMs: 0x0102_0304_0506, endMs: 0x0102_0304_0507 }, 'v')
      expect(keyBytes('sessions')).toEqual(['6b00000102030405070000010203040506'])
    })

    test('refuses what is no session, and writes by its committed view', async () => {
      await house.reopen({ specs: [sessions] })
      for (const [startMs, endMs] of [
        [2, 1],
        [-1, 1],
        [0.5, 1],
      ] as const) {
        expect(() => found().put({ key: 'k', startMs, endMs }, 'v')).toThrow(RangeError)
      }
      const view = house.stores.get('sessions').committed as SessionStore<string, string>
      const readOnly = expect.objectContaining({ code: 'STORE_READ_ONLY' })
      expect(() => view.put({ key: 'k', startMs: 1, endMs: 1 }, 'v')).toThrow(readOnly)
      expect(() => view.remove({ key: 'k', startMs: 1, endMs: 1 })).toThrow(readOnly)
    })
  })

  describe('a versioned store', () => {
    const versions = () => store<VersionedKeyValueStore<string, string>>('prices')

    test('has a record per version in the changelog, tombstones too', async () => {
      await house.reopen({ specs: [prices] })
      versions().put('k', 'v', 0x0102_0304_0506)
      versions().delete('k', 0x0102_0304_0507)
      const changes = [...house.stores.get('prices').changes()]
      expect(keyBytes('prices')).toEqual(['6b0000010203040506', '6b0000010203040507'])
      expect(changes.map(({ value }) => [...(value ?? [])])).toEqual([[1, 0x76], [0]])
    })

    test('deletes what expired, a few versions per put, and never the latest of a key', async () => {
      await house.reopen({ specs: [prices] })
      for (let n = 0; n < 100; n += 1) versions().put('busy', `${n}`, BASE + n)
      versions().put('idle', 'kept', BASE)
      versions().put('gone', 'v', BASE)
      versions().delete('gone', BASE + 1)
      house.commit()
      const goOn = () => {
        for (let n = 0; n < 20; n += 1) versions().put('now', `${n}`, BASE + 100 * MINUTE)
      }
      goOn()
      house.stores.discard()
      goOn()
      house.commit()
      expect(house.stores.get('prices').digest().entries).toBe(3)
      expect(house.changes('prices')).toEqual([])
      await house.reopen({ specs: [{ ...prices, historyRetentionMs: 600 * MINUTE }] })
      // A longer retention would show what is still stored.
      expect(versions().history('busy', 0, BASE * 2).length).toBe(1)
      expect(versions().history('gone', 0, BASE * 2)).toEqual([])
      expect(versions().get('idle')?.value).toBe('kept')
      expect(house.stores.get('prices').digest().entries).toBe(3)
    })
  })

  describe('a store of the entries used last', () => {
    test('lives in memory, and logs uses and evictions', async () => {
      const recent = { ...balances, name: 'recent', entriesMax: 2 }
      await house.reopen({ specs: [recent] })
      const kept = () => store<KeyValueStore<string, string>>('recent')
      kept().put('a', '1')
      kept().put('b', '2')
      house.commit({ recent: 2 })
      expect(kept().get('a')).toBe('1')
      expect(kept().get('a')).toBe('1')
      expect(house.changes('recent')).toEqual(['a=1'])
      kept().put('c', '3')
      expect(house.changes('recent')).toEqual(['a=1', 'c=3', 'b=null'])
      house.commit({ recent: 5 })
      await house.reopen({ specs: [recent] })
      expect(house.stores.get('recent').checkpoint()).toBeUndefined()
      expect([...kept().all()]).toEqual([])
    })

    test('keeps at least one', async () => {
      await house.stores.close()
      const none = { ...balances, entriesMax: 0 }
      await expect(house.open({ specs: [none] })).rejects.toThrow(RangeError)
      house.stores = await house.open()
    })
  })
}
