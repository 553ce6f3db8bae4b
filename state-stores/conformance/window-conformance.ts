import { describe, expect, test } from 'vitest'
import { BASE, balances, MINUTE, record, type StoreHouse, sums } from './store-house.ts'

export function windowConformance(house: StoreHouse): void {
  describe('a window store', () => {
    test('keeps a value per key and window start', () => {
      house.window().put('a', '1', BASE)
      house.window().put('a', '2', BASE + 10_000)
      house.window().put('b', '3', BASE)
      house.window().put('a', '4', BASE)
      expect(house.window().fetch('a', BASE)).toBe('4')
      expect(house.window().fetch('a', BASE + 10_000)).toBe('2')
      expect(house.window().fetch('b', BASE)).toBe('3')
      expect(house.window().fetch('b', BASE + 10_000)).toBeUndefined()
      house.window().put('a', undefined, BASE)
      expect(house.window().fetch('a', BASE)).toBeUndefined()
    })

    test('fetches the windows of one key by start, across segments, committed or not', () => {
      const starts = [0, 10_000, 55_000, 70_000, 130_000, 170_000]
      for (const [index, start] of starts.entries()) {
        house.window().put('a', `${start}`, BASE + start)
        // Keys that begin with the same bytes lie between.
        house.window().put('a\u0000', 'other', BASE + start)
        house.window().put('ab', 'other', BASE + start)
        if (index === 3) house.commit()
      }
      house.window().put('a', undefined, BASE + 10_000)
      const fetched = (fromMs: number, toMs: number) =>
        [...house.window().fetchRange('a', BASE + fromMs, BASE + toMs)]
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
        house.window().put(key, 'v', BASE + start)
        if (start === 70_000) house.commit()
      }
      const list = (fromMs: number, toMs: number) =>
        [...house.window().fetchAll(fromMs, toMs)].map(
          ([key]) => `${key.key}@${key.startMs - BASE}`,
        )
      expect(list(0, BASE * 2)).toEqual(['a@0', 'a@130000', 'b@0', 'b@60000', 'c@70000'])
      expect(list(BASE + 60_000, BASE + 70_000)).toEqual(['b@60000', 'c@70000'])
      expect([...house.window().all()].length).toBe(5)
    })

    test('a window is gone once its start is not after the largest start less the retention', () => {
      house.window().put('a', 'old', BASE)
      house.commit()
      house.window().put('b', 'young', BASE + sums.retentionMs - 1)
      expect(house.window().fetch('a', BASE)).toBe('old')
      house.window().put('b', 'now', BASE + sums.retentionMs)
      expect(house.window().fetch('a', BASE)).toBeUndefined()
      expect([...house.window().fetchRange('a', 0, BASE * 2)]).toEqual([])
      expect([...house.window().all()].map(([key]) => key.key)).toEqual(['b', 'b'])
    })

    test('a put into an expired window is dropped and does not reach the changelog', () => {
      house.window().put('a', 'now', BASE + sums.retentionMs)
      house.window().put('a', 'late', BASE)
      expect(house.window().fetch('a', BASE)).toBeUndefined()
      expect(house.stores.get('sums').changeCount).toBe(1)
    })

    test('a deletion moves time like a value', () => {
      house.window().put('a', 'old', BASE)
      house.window().put('b', undefined, BASE + sums.retentionMs)
      expect(house.window().fetch('a', BASE)).toBeUndefined()
    })

    test('time survives a reopening', async () => {
      house.window().put('a', 'old', BASE)
      house.window().put('b', undefined, BASE + sums.retentionMs)
      house.commit()
      await house.reopen()
      expect(house.window().fetch('a', BASE)).toBeUndefined()
      house.window().put('a', 'late', BASE)
      expect(house.stores.get('sums').changeCount).toBe(0)
    })

    /** A longer retention shows what is still stored. */
    async function stored(logged = true) {
      await house.reopen({ specs: [balances, { ...sums, logged, retentionMs: 600 * MINUTE }] })
      const found = [...house.window().all()].length
      await house.reopen({ specs: [balances, { ...sums, logged }] })
      return found
    }

    test('expired windows count in no digest, and leave changelog and engine in bounded rounds', async () => {
      for (let n = 0; n < 2_500; n += 1) house.window().put(`k${n}`, 'old', BASE)
      house.commit()
      house.window().put('now', 'v', BASE + 10 * MINUTE)
      // A round takes 1,000 and as many as were written.
      expect(house.changes('sums').length).toBe(1 + 1_001)
      expect(house.stores.get('sums').changeCount).toBe(1)
      house.commit()
      const digest = house.stores.get('sums').digest()
      expect(digest.entries).toBe(1)
      expect(await stored()).toBe(1 + 2_500 - 1_001)
      // Nothing was written, so nothing is committed either.
      expect(house.changes('sums')).toEqual([])
      house.commit()
      expect(await stored()).toBe(1 + 2_500 - 1_001)
      for (const left of [2_500 - 2_002, 0]) {
        house.window().put('now', 'v', BASE + 10 * MINUTE)
        const changes = house.changes('sums')
        expect(house.changes('sums')).toEqual(changes)
        house.commit()
        expect(await stored()).toBe(1 + left)
      }
      expect(house.stores.get('sums').digest()).toEqual(digest)
      house.window().put('now', 'v', BASE + 10 * MINUTE)
      expect(house.changes('sums').length).toBe(1)
    })

    test('the oldest windows expire first, by tombstones of their own keys', () => {
      // Each in a segment of its own, the order of keys is another one.
      for (const [key, start] of [
        ['a', 150_000],
        ['c', 0],
        ['b', 75_000],
      ] as const) {
        house.window().put(key, 'old', BASE + start)
      }
      const [a, c, b] = [...house.stores.get('sums').changes()].map(({ key }) => hex(key))
      house.commit()
      house.window().put('now', 'v', BASE + 20 * MINUTE)
      const [, ...tombstones] = [...house.stores.get('sums').changes()]
      expect(tombstones.map(({ value }) => value)).toEqual([null, null, null])
      expect(tombstones.map(({ key }) => hex(key))).toEqual([c, b, a])
    })

    test('a discarded transaction takes no windows away', async () => {
      house.window().put('a', 'old', BASE)
      house.commit()
      house.window().put('now', 'v', BASE + 10 * MINUTE)
      expect(house.changes('sums').length).toBe(2)
      house.stores.discard()
      house.commit()
      expect(house.window().fetch('a', BASE)).toBe('old')
      expect(await stored()).toBe(1)
    })

    test('a window that expires within its transaction reaches neither changelog nor engine', async () => {
      house.window().put('a', 'old', BASE)
      house.window().put('now', 'v', BASE + 10 * MINUTE)
      expect(house.changes('sums').length).toBe(1)
      house.commit()
      expect(await stored()).toBe(1)
    })

    test('without a changelog expired windows leave with the next commit', async () => {
      await house.reopen({ specs: [balances, { ...sums, logged: false }] })
      for (let n = 0; n < 2_500; n += 1) house.window().put(`k${n}`, 'old', BASE)
      house.commit()
      house.window().put('now', 'v', BASE + 10 * MINUTE)
      house.commit()
      expect(await stored(false)).toBe(1)
    })

    test('what a changelog still holds of expired windows gets its tombstones after restoring', () => {
      house.window().put('a', 'old', BASE)
      const [old] = house.stores.get('sums').changes()
      house.stores.discard()
      house.window().put('now', 'v', BASE + 10 * MINUTE)
      const [now] = house.stores.get('sums').changes()
      house.stores.discard()
      if (old === undefined || now === undefined) throw new Error('a change is missing')
      house.stores.get('sums').restore([{ ...record(0, '', ''), ...now }], 1)
      house.stores.get('sums').restore([{ ...record(1, '', ''), ...old }], 2)
      expect(house.stores.get('sums').digest().entries).toBe(1)
      house.window().put('now', 'w', BASE + 10 * MINUTE)
      const tombstone = [...house.stores.get('sums').changes()].at(-1)
      expect(tombstone && hex(tombstone.key)).toBe(hex(old.key))
      expect(tombstone?.value).toBeNull()
      // As after a kill between log and store: the tombstone comes back by the changelog.
      house.stores.discard()
      house.stores.get('sums').restore([{ ...record(2, '', ''), key: old.key, value: null }], 3)
      house.window().put('now', 'w', BASE + 10 * MINUTE)
      expect(house.changes('sums').length).toBe(1)
    })

    test('restoring leaves out windows that are expired by then', () => {
      house.window().put('now', 'v', BASE + 10 * MINUTE)
      house.commit()
      house.window().put('a', '1', BASE + 9 * MINUTE)
      const [live] = house.stores.get('sums').changes()
      house.stores.discard()
      if (live === undefined) throw new Error('the change is missing')
      const expired = Uint8Array.from(live.key)
      new DataView(expired.buffer).setBigUint64(1, BigInt(BASE))
      house.stores.get('sums').restore(
        [
          { ...record(0, '', '1'), key: live.key },
          { ...record(1, '', '1'), key: expired },
        ],
        2,
      )
      expect(house.window().fetch('a', BASE + 9 * MINUTE)).toBe('1')
      expect(house.stores.get('sums').digest().entries).toBe(2)
    })

    test('keys of the changelog are the key, the start in 8 bytes and a sequence of 0 in 4', () => {
      house.window().put('k', 'v', 0x0102_0304_0506)
      const [change] = house.stores.get('sums').changes()
      expect([...(change?.key ?? [])]).toEqual([0x6b, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0])
    })

    test('a start that is no time is a fault of the caller', () => {
      for (const start of [-1, 0.5, Number.NaN]) {
        expect(() => house.window().put('a', 'v', start)).toThrow(RangeError)
      }
    })
  })
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
