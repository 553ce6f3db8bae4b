import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type KeyValueStore,
  type KeyValueStoreSpec,
  type OpenTaskStores,
  type Serde,
  type StoreBackend,
  StreamsError,
  type TaskStores,
  type WindowStore,
  type WindowStoreSpec,
} from '#streams'
import type { LogRecord } from '#streams/log'

export interface BackendUnderTest {
  readonly backend: StoreBackend
  /** A directory that no other test uses. */
  readonly newDirectory: () => string
}

export const stringSerde: Serde<string> = {
  serialize: (_topic, value) => new TextEncoder().encode(value),
  deserialize: (_topic, bytes) => new TextDecoder().decode(bytes),
}

export const balances: KeyValueStoreSpec<string, string> = {
  kind: 'key-value',
  name: 'balances',
  keySerde: stringSerde,
  valueSerde: stringSerde,
  logged: true,
  persistent: true,
}

/** Segments are a minute, so 3 minutes of retention span four of them. */
export const sums: WindowStoreSpec<string, string> = {
  ...balances,
  kind: 'window',
  name: 'sums',
  windowSizeMs: 10_000,
  retentionMs: 180_000,
}

const MINUTE = 60_000
const BASE = 1_700_000_040_000

/** What typed, transactional stores keep to, whatever the engine. */
export function storeConformance(name: string, create: () => BackendUnderTest): void {
  describe(`stores on ${name}`, () => {
    let backend: StoreBackend
    let directory: string
    let stores: TaskStores

    const open = (options: Partial<OpenTaskStores> = {}) =>
      backend.open({
        directory,
        taskId: '0_1',
        specs: [balances, sums],
        overlayBytesMax: 10_000,
        ...options,
      })
    const reopen = async (options: Partial<OpenTaskStores> = {}) => {
      await stores.close()
      stores = await open(options)
    }
    const keyValue = () => stores.get('balances').store as KeyValueStore<string, string>
    const window = () => stores.get('sums').store as WindowStore<string, string>
    const commit = (positions: Record<string, number> = {}) =>
      stores.commit(new Map(Object.entries(positions)))

    beforeEach(async () => {
      const made = create()
      backend = made.backend
      directory = made.newDirectory()
      stores = await open()
    })

    afterEach(async () => {
      await stores.close()
      await backend.wipe(directory)
    })

    describe('a key-value store', () => {
      test('returns what was put, before and after a commit and a reopening', async () => {
        keyValue().put('a', '1')
        expect(keyValue().get('a')).toBe('1')
        commit()
        expect(keyValue().get('a')).toBe('1')
        await reopen()
        expect(keyValue().get('a')).toBe('1')
        expect(keyValue().get('b')).toBeUndefined()
      })

      test('delete returns the value before, and hides it at once', () => {
        keyValue().put('a', '1')
        commit()
        expect(keyValue().delete('a')).toBe('1')
        expect(keyValue().get('a')).toBeUndefined()
        expect(keyValue().delete('a')).toBeUndefined()
        commit()
        expect(keyValue().get('a')).toBeUndefined()
      })

      test('putIfAbsent keeps and returns what is there', () => {
        expect(keyValue().putIfAbsent('a', '1')).toBeUndefined()
        expect(keyValue().putIfAbsent('a', '2')).toBe('1')
        expect(keyValue().get('a')).toBe('1')
      })

      test('a put of nothing deletes', () => {
        keyValue().put('a', '1')
        commit()
        const untyped = stores.get('balances').store as KeyValueStore<string, string | null>
        untyped.put('a', null)
        expect(keyValue().get('a')).toBeUndefined()
        expect(changes('balances')).toEqual(['a=null'])
      })

      test('ranges merge what is committed with what is not, in byte order of keys', () => {
        for (const key of ['b', 'd', 'f', 'h']) keyValue().put(key, 'old')
        commit()
        keyValue().put('a', 'new')
        keyValue().put('d', 'new')
        keyValue().put('g', 'new')
        keyValue().put('é', 'new')
        keyValue().delete('f')
        const RANGES: readonly [string, Iterable<readonly [string, string]>][] = [
          ['a:new b:old d:new g:new h:old é:new', keyValue().all()],
          ['é:new h:old g:new d:new b:old a:new', keyValue().reverseAll()],
          ['b:old d:new g:new', keyValue().range('b', 'g')],
          ['g:new d:new b:old', keyValue().reverseRange('b', 'g')],
          ['d:new g:new h:old é:new', keyValue().range('c', undefined)],
          ['a:new b:old', keyValue().range(undefined, 'c')],
          ['b:old a:new', keyValue().reverseRange(undefined, 'c')],
          ['', keyValue().range('g', 'b')],
          ['', keyValue().range('i', 'z')],
          ['d:new', keyValue().range('d', 'd')],
          ['d:new', keyValue().prefixScan(new TextEncoder().encode('d'))],
          ['', keyValue().prefixScan(new TextEncoder().encode('f'))],
        ]
        for (const [expected, found] of RANGES) {
          expect([...found].map(([key, value]) => `${key}:${value}`).join(' ')).toBe(expected)
        }
      })

      test('prefix scans do not leave the prefix', () => {
        for (const key of ['demo|a', 'demo|b', 'demo}', 'dem']) keyValue().put(key, 'v')
        const keys = [...keyValue().prefixScan(new TextEncoder().encode('demo|'))].map(
          ([key]) => key,
        )
        expect(keys).toEqual(['demo|a', 'demo|b'])
      })

      test('an iterator shows the store as it was when it was made, also while entries are deleted', () => {
        for (let n = 0; n < 200; n += 1) keyValue().put(`k${n + 100}`, 'v')
        commit()
        for (let n = 200; n < 400; n += 1) keyValue().put(`k${n + 100}`, 'v')
        let seen = 0
        for (const [key] of keyValue().all()) {
          keyValue().delete(key)
          keyValue().put(`z${seen}`, 'later')
          seen += 1
        }
        expect(seen).toBe(400)
        expect([...keyValue().all()].length).toBe(400)
      })

      test('a value is decoded from its bytes right after a put, so that nothing depends on the cache', async () => {
        const rounded: Serde<string> = {
          serialize: (topic, value) => stringSerde.serialize(topic, value.slice(0, 3)),
          deserialize: stringSerde.deserialize,
        }
        await reopen({ specs: [{ ...balances, valueSerde: rounded }] })
        keyValue().put('a', '1.2345')
        expect(keyValue().get('a')).toBe('1.2')
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
        await reopen({
          specs: [{ ...balances, keySerde: noting, valueSerde: noting }],
          changelogTopic: (store) => `app-${store}-changelog`,
        })
        keyValue().put('a', '1')
        expect([...topics]).toEqual(['app-balances-changelog'])
      })

      test('the number of entries is exact when it is small', () => {
        for (let n = 0; n < 7; n += 1) keyValue().put(`k${n}`, 'v')
        commit()
        keyValue().delete('k1')
        keyValue().put('k9', 'v')
        expect(keyValue().approximateNumEntries()).toBe(7)
      })
    })

    describe('a transaction', () => {
      test('commit writes all stores and positions, changes are gone after it', async () => {
        keyValue().put('a', '1')
        window().put('a', 'w', BASE)
        commit({ balances: 5, sums: 9 })
        expect(stores.get('balances').changeCount + stores.get('sums').changeCount).toBe(0)
        await reopen()
        expect(keyValue().get('a')).toBe('1')
        expect(window().fetch('a', BASE)).toBe('w')
        expect(stores.get('balances').checkpoint()).toBe(5)
        expect(stores.get('sums').checkpoint()).toBe(9)
      })

      test('what was not committed is not there after a reopening', async () => {
        keyValue().put('a', '1')
        commit({ balances: 1 })
        keyValue().put('a', '2')
        keyValue().put('b', '2')
        await reopen()
        expect(keyValue().get('a')).toBe('1')
        expect(keyValue().get('b')).toBeUndefined()
        expect(stores.get('balances').checkpoint()).toBe(1)
      })

      test('discard restores the last commit, for keys that were read and ones that were not', () => {
        keyValue().put('read', 'old')
        keyValue().put('unread', 'old')
        window().put('w', 'old', BASE)
        commit()
        keyValue().get('read')
        for (const key of ['read', 'unread', 'new']) keyValue().put(key, 'dropped')
        keyValue().get('new')
        window().put('w', 'dropped', BASE)
        window().put('w', 'dropped', BASE + 10 * MINUTE)
        expect(window().fetch('w', BASE)).toBeUndefined()
        stores.discard()
        expect(keyValue().get('read')).toBe('old')
        expect(keyValue().get('unread')).toBe('old')
        expect(keyValue().get('new')).toBeUndefined()
        expect([...keyValue().all()].length).toBe(2)
        expect(window().fetch('w', BASE)).toBe('old')
        expect(stores.get('balances').changeCount).toBe(0)
        expect(changes('balances')).toEqual([])
      })

      test('changes are one per key with its last value, in order of first write', () => {
        keyValue().put('b', '0')
        commit()
        keyValue().put('c', '1')
        keyValue().put('a', '2')
        keyValue().put('c', '3')
        keyValue().delete('b')
        keyValue().put('d', '4')
        keyValue().delete('d')
        expect(changes('balances')).toEqual(['c=3', 'a=2', 'b=null', 'd=null'])
        expect(stores.get('balances').changeCount).toBe(4)
      })

      test('the overlay says when it is full, and no longer after a commit', () => {
        expect(stores.overlayFull).toBe(false)
        keyValue().put('a', 'x'.repeat(5_000))
        expect(stores.overlayFull).toBe(false)
        window().put('a', 'x'.repeat(5_000), BASE)
        expect(stores.overlayFull).toBe(true)
        commit()
        expect(stores.overlayFull).toBe(false)
      })

      test('positions of several partitions stand side by side', async () => {
        expect(stores.position('balances/0')).toBeUndefined()
        commit({ 'balances/0': 4, 'balances/1': 0 })
        await reopen()
        expect(stores.position('balances/0')).toBe(4)
        expect(stores.position('balances/1')).toBe(0)
        expect(stores.get('balances').checkpoint()).toBeUndefined()
        expect(() => commit({ other: 1 })).toThrow(
          expect.objectContaining({ code: 'STORE_UNKNOWN' }),
        )
      })

      test('the committed view shows the last commit alone, and refuses writes', () => {
        keyValue().put('a', 'old')
        window().put('a', 'old', BASE)
        commit()
        keyValue().put('a', 'new')
        keyValue().put('b', 'new')
        window().put('a', 'new', BASE + 10 * MINUTE)
        const committed = stores.get('balances').committed as KeyValueStore<string, string>
        const windows = stores.get('sums').committed as WindowStore<string, string>
        expect(committed.get('a')).toBe('old')
        expect([...committed.all()]).toEqual([['a', 'old']])
        expect(windows.fetch('a', BASE)).toBe('old')
        expect([...windows.all()].map(([, value]) => value)).toEqual(['old'])
        const readOnly = expect.objectContaining({ code: 'STORE_READ_ONLY' })
        expect(() => committed.put('a', 'x')).toThrow(readOnly)
        expect(() => committed.delete('a')).toThrow(readOnly)
        expect(() => windows.put('a', 'x', BASE - 100 * MINUTE)).toThrow(readOnly)
        commit()
        expect(committed.get('a')).toBe('new')
        expect(windows.fetch('a', BASE)).toBeUndefined()
      })
    })

    describe('restoring', () => {
      test('applies records with their position, tombstones too, and is seen at once', async () => {
        keyValue().put('a', 'old')
        keyValue().put('b', 'old')
        commit({ balances: 2 })
        expect(keyValue().get('c')).toBeUndefined()
        stores
          .get('balances')
          .restore(
            [
              record(2, 'a', 'new'),
              record(3, 'b', null),
              record(4, 'c', 'x'),
              record(5, 'c', 'new'),
            ],
            6,
          )
        expect(['a', 'b', 'c'].map((key) => keyValue().get(key))).toEqual(['new', undefined, 'new'])
        expect(stores.get('balances').changeCount).toBe(0)
        await reopen()
        expect([...keyValue().all()]).toEqual([
          ['a', 'new'],
          ['c', 'new'],
        ])
        expect(stores.get('balances').checkpoint()).toBe(6)
      })

      test('of a partition keeps a position of its own; records without a key are left out', () => {
        const store = stores.get('balances')
        store.restore([record(7, 'a', '1'), { ...record(8, 'b', '2'), key: null }], 9, 'balances/3')
        expect(stores.position('balances/3')).toBe(9)
        expect([...keyValue().all()]).toEqual([['a', '1']])
      })

      test('the changes of every transaction, restored elsewhere, give the same digest', async () => {
        const elsewhere = await backend.open({
          directory: `${directory}-elsewhere`,
          taskId: '0_1',
          specs: [balances, sums],
          overlayBytesMax: 1,
        })
        let offset = 0
        for (let round = 0; round < 8; round += 1) {
          for (let n = 0; n < 20; n += 1) {
            keyValue().put(`k${(n * 7 + round) % 30}`, `${round}`)
            window().put(`k${n % 3}`, `${round}.${n}`, BASE + round * MINUTE + n * 1_000)
          }
          keyValue().delete(`k${round}`)
          window().put('k1', undefined, BASE + round * MINUTE + 4_000)
          for (const name of stores.names) {
            const records = [...stores.get(name).changes()].map(({ key, value }) => {
              offset += 1
              return { offset, timestampMs: 0, key, value, headers: [] }
            })
            elsewhere.get(name).restore(records, offset + 1)
          }
          commit({ balances: offset + 1, sums: offset + 1 })
          for (const name of stores.names) {
            expect(elsewhere.get(name).digest()).toEqual(stores.get(name).digest())
          }
        }
        expect(stores.get('sums').digest().entries).toBeGreaterThan(20)
        await elsewhere.close()
        await backend.wipe(`${directory}-elsewhere`)
      })
    })

    describe('a digest', () => {
      test('depends on entries alone, not on how they came about', async () => {
        const digest = () => stores.get('balances').digest()
        const empty = digest()
        expect(empty).toEqual({ entries: 0, digest: '0'.repeat(32) })
        keyValue().put('a', '1')
        keyValue().put('b', '2')
        expect(digest()).toEqual(empty)
        commit()
        const both = digest()
        expect(both.entries).toBe(2)
        expect(both.digest).toMatch(/^[0-9a-f]{32}$/)
        keyValue().delete('a')
        commit()
        keyValue().put('c', '3')
        keyValue().put('a', '1')
        commit()
        keyValue().delete('c')
        commit()
        expect(digest()).toEqual(both)
        keyValue().put('a', '2')
        keyValue().put('b', '1')
        commit()
        expect(digest().digest).not.toBe(both.digest)
      })

      test('is the sum of the entries’ hashes', () => {
        keyValue().put('a', '1')
        keyValue().put('b', '2')
        commit()
        // First 128 bits of SHA-256 over 00000001 61 31 and 00000001 62 32, added by another program.
        expect(stores.get('balances').digest().digest).toBe('434710e9dc0825e69c7e0cd7a6a8cbeb')
      })
    })

    describe('a window store', () => {
      test('keeps a value per key and window start', () => {
        window().put('a', '1', BASE)
        window().put('a', '2', BASE + 10_000)
        window().put('b', '3', BASE)
        window().put('a', '4', BASE)
        expect(window().fetch('a', BASE)).toBe('4')
        expect(window().fetch('a', BASE + 10_000)).toBe('2')
        expect(window().fetch('b', BASE)).toBe('3')
        expect(window().fetch('b', BASE + 10_000)).toBeUndefined()
        window().put('a', undefined, BASE)
        expect(window().fetch('a', BASE)).toBeUndefined()
      })

      test('fetches the windows of one key by start, across segments, committed or not', () => {
        const starts = [0, 10_000, 55_000, 70_000, 130_000, 170_000]
        for (const [index, start] of starts.entries()) {
          window().put('a', `${start}`, BASE + start)
          // Keys that begin with the same bytes lie between.
          window().put('a\u0000', 'other', BASE + start)
          window().put('ab', 'other', BASE + start)
          if (index === 3) commit()
        }
        window().put('a', undefined, BASE + 10_000)
        const fetched = (fromMs: number, toMs: number) =>
          [...window().fetchRange('a', BASE + fromMs, BASE + toMs)]
            .map(([key, value]) => `${key.key}@${key.startMs - BASE}..${key.endMs - BASE}=${value}`)
            .join(' ')
        expect(fetched(0, 200_000)).toBe(
          'a@0..10000=0 a@55000..65000=55000 a@70000..80000=70000 a@130000..140000=130000 a@170000..180000=170000',
        )
        expect(fetched(55_000, 130_000)).toBe(
          'a@55000..65000=55000 a@70000..80000=70000 a@130000..140000=130000',
        )
        expect(fetched(55_001, 69_999)).toBe('')
        expect(fetched(70_000, 55_000)).toBe('')
      })

      test('fetches all keys in the order of the store’s keys', () => {
        for (const [key, start] of [
          ['b', 0],
          ['a', 130_000],
          ['c', 70_000],
          ['a', 0],
          ['b', 60_000],
        ] as const) {
          window().put(key, 'v', BASE + start)
          if (start === 70_000) commit()
        }
        const list = (fromMs: number, toMs: number) =>
          [...window().fetchAll(fromMs, toMs)].map(([key]) => `${key.key}@${key.startMs - BASE}`)
        expect(list(0, BASE * 2)).toEqual(['a@0', 'a@130000', 'b@0', 'b@60000', 'c@70000'])
        expect(list(BASE + 60_000, BASE + 70_000)).toEqual(['b@60000', 'c@70000'])
        expect([...window().all()].length).toBe(5)
      })

      test('a window is gone once its start is not after the largest start less the retention', () => {
        window().put('a', 'old', BASE)
        commit()
        window().put('b', 'young', BASE + sums.retentionMs - 1)
        expect(window().fetch('a', BASE)).toBe('old')
        window().put('b', 'now', BASE + sums.retentionMs)
        expect(window().fetch('a', BASE)).toBeUndefined()
        expect([...window().fetchRange('a', 0, BASE * 2)]).toEqual([])
        expect([...window().all()].map(([key]) => key.key)).toEqual(['b', 'b'])
      })

      test('a put into an expired window is dropped and does not reach the changelog', () => {
        window().put('a', 'now', BASE + sums.retentionMs)
        window().put('a', 'late', BASE)
        expect(window().fetch('a', BASE)).toBeUndefined()
        expect(stores.get('sums').changeCount).toBe(1)
      })

      test('a deletion moves time like a value', () => {
        window().put('a', 'old', BASE)
        window().put('b', undefined, BASE + sums.retentionMs)
        expect(window().fetch('a', BASE)).toBeUndefined()
      })

      test('time survives a reopening', async () => {
        window().put('a', 'old', BASE)
        window().put('b', undefined, BASE + sums.retentionMs)
        commit()
        await reopen()
        expect(window().fetch('a', BASE)).toBeUndefined()
        window().put('a', 'late', BASE)
        expect(stores.get('sums').changeCount).toBe(0)
      })

      test('expired windows count in no digest and leave the engine, without a tombstone', async () => {
        for (let n = 0; n < 2_000; n += 1) window().put(`k${n}`, 'old', BASE)
        commit()
        window().put('now', 'v', BASE + 10 * MINUTE)
        expect(changes('sums').length).toBe(1)
        commit()
        const digest = stores.get('sums').digest()
        expect(digest.entries).toBe(1)
        // A longer retention, were they still there, would show them again.
        await reopen({ specs: [balances, { ...sums, retentionMs: 600 * MINUTE }] })
        expect([...window().all()].length).toBe(1)
        expect(stores.get('sums').digest()).toEqual(digest)
      })

      test('restoring leaves out windows that are expired by then', () => {
        window().put('now', 'v', BASE + 10 * MINUTE)
        commit()
        window().put('a', '1', BASE + 9 * MINUTE)
        const [live] = stores.get('sums').changes()
        stores.discard()
        if (live === undefined) throw new Error('the change is missing')
        const expired = Uint8Array.from(live.key)
        new DataView(expired.buffer).setBigUint64(1, BigInt(BASE))
        stores.get('sums').restore(
          [
            { ...record(0, '', '1'), key: live.key },
            { ...record(1, '', '1'), key: expired },
          ],
          2,
        )
        expect(window().fetch('a', BASE + 9 * MINUTE)).toBe('1')
        expect(stores.get('sums').digest().entries).toBe(2)
      })

      test('keys of the changelog are the key, the start in 8 bytes and a sequence of 0 in 4', () => {
        window().put('k', 'v', 0x0102_0304_0506)
        const [change] = stores.get('sums').changes()
        expect([...(change?.key ?? [])]).toEqual([0x6b, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0])
      })

      test('a start that is no time is a fault of the caller', () => {
        for (const start of [-1, 0.5, Number.NaN]) {
          expect(() => window().put('a', 'v', start)).toThrow(RangeError)
        }
      })
    })

    describe('opening', () => {
      test('a store of another kind or window size is refused with what to do', async () => {
        await stores.close()
        for (const specs of [
          [{ ...sums, name: 'balances' }],
          [{ ...sums, windowSizeMs: 20_000 }],
          [{ ...balances, name: 'sums' }],
        ]) {
          await expect(open({ specs })).rejects.toMatchObject({
            code: 'STORE_INCOMPATIBLE',
            remedy: expect.stringContaining('reset'),
          })
        }
        stores = await open()
      })

      test('a store may be added, and one that left and came back is as it was', async () => {
        keyValue().put('a', '1')
        commit({ balances: 3 })
        await reopen({ specs: [sums, { ...balances, name: 'positions' }] })
        expect(stores.names).toEqual(['sums', 'positions'])
        await reopen()
        expect(keyValue().get('a')).toBe('1')
        expect(stores.get('balances').checkpoint()).toBe(3)
      })

      test('a task cannot be opened twice, nor wiped while open', async () => {
        const locked = { code: 'STORE_LOCKED' }
        await expect(open()).rejects.toMatchObject(locked)
        await expect(backend.wipe(directory)).rejects.toMatchObject(locked)
        keyValue().put('a', '1')
        commit()
      })

      test('a wiped directory starts without entries and checkpoints', async () => {
        keyValue().put('a', '1')
        commit({ balances: 1 })
        await stores.close()
        await backend.wipe(directory)
        stores = await open()
        expect(keyValue().get('a')).toBeUndefined()
        expect(stores.get('balances').checkpoint()).toBeUndefined()
      })

      test('a store that is not persistent starts empty, without a checkpoint', async () => {
        const specs = [balances, { ...balances, name: 'recent', persistent: false }]
        await reopen({ specs })
        const recent = () => stores.get('recent').store as KeyValueStore<string, string>
        recent().put('a', '1')
        keyValue().put('a', '1')
        commit({ recent: 4, balances: 4 })
        expect(recent().get('a')).toBe('1')
        expect(stores.get('recent').checkpoint()).toBe(4)
        await reopen({ specs })
        expect(recent().get('a')).toBeUndefined()
        expect(stores.get('recent').checkpoint()).toBeUndefined()
        expect(stores.get('balances').checkpoint()).toBe(4)
      })

      test('unknown and repeated names are refused', async () => {
        expect(() => stores.get('other')).toThrow(StreamsError)
        await stores.close()
        await expect(open({ specs: [balances, balances] })).rejects.toMatchObject({
          code: 'STORE_NAME_REPEATED',
        })
        stores = await open()
      })

      test('a closed store refuses, whatever it had in memory', async () => {
        const store = keyValue()
        store.put('a', '1')
        await stores.close()
        const closed = expect.objectContaining({ code: 'STORE_CLOSED' })
        expect(() => store.get('a')).toThrow(closed)
        expect(() => store.put('a', '2')).toThrow(closed)
        expect(() => store.all()).toThrow(closed)
        stores = await open()
      })
    })

    function changes(store: string): string[] {
      return [...stores.get(store).changes()].map(({ key, value }) => {
        const text = value === null ? 'null' : stringSerde.deserialize('', value)
        return `${stringSerde.deserialize('', key)}=${text}`
      })
    }
  })
}

function record(offset: number, key: string, value: string | null): LogRecord {
  return {
    offset,
    timestampMs: BASE,
    key: stringSerde.serialize('', key),
    value: value === null ? null : stringSerde.serialize('', value),
    headers: [],
  }
}
