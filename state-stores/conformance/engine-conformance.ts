import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { KeyRange, StoreDatabase, StoreEngine } from '#streams'
import { engineModelRuns } from './engine-model.ts'

export interface EngineUnderTest {
  readonly engine: StoreEngine
  /** A directory that no other test uses. */
  readonly newDirectory: () => string
}

/** What every store engine keeps to. Call it in a `*.test.ts` with a factory. */
export function engineConformance(name: string, create: () => EngineUnderTest): void {
  describe(`the ${name} engine`, () => {
    let engine: StoreEngine
    let directory: string
    let database: StoreDatabase

    beforeEach(async () => {
      const made = create()
      engine = made.engine
      directory = made.newDirectory()
      database = await engine.open(directory, { keyspaces: ['orders', 'fills'] })
    })

    afterEach(async () => {
      await database.close()
      await engine.destroy(directory)
    })

    const put = (entries: Record<string, string>, keyspace = 'orders') => {
      const batch = database.batch()
      for (const [key, value] of Object.entries(entries))
        batch.put(keyspace, utf8(key), utf8(value))
      batch.write()
    }
    const scan = (range?: KeyRange, keyspace = 'orders') =>
      [...database.scan(keyspace, range)].map(({ key, value }) => `${text(key)}=${text(value)}`)

    describe('reading and writing', () => {
      test('a key that was put is read back, another one is undefined', () => {
        put({ a: '1' })
        expect(text(database.get('orders', utf8('a')))).toBe('1')
        expect(database.get('orders', utf8('b'))).toBeUndefined()
      })

      test('several keys are read in the order asked for', () => {
        put({ a: '1', c: '3' })
        const found = database.getMany('orders', ['c', 'b', 'a'].map(utf8))
        expect(found.map((value) => (value === undefined ? '-' : text(value)))).toEqual([
          '3',
          '-',
          '1',
        ])
        expect(database.getMany('orders', [])).toEqual([])
      })

      test('an empty key and an empty value are a key and a value', () => {
        put({ '': 'empty key', a: '' })
        expect(text(database.get('orders', utf8('')))).toBe('empty key')
        expect(database.get('orders', utf8('a'))?.length).toBe(0)
        expect(scan()).toEqual(['=empty key', 'a='])
      })

      test('keyspaces do not see each other', () => {
        put({ a: '1' }, 'orders')
        put({ a: '2' }, 'fills')
        expect(scan({}, 'orders')).toEqual(['a=1'])
        expect(scan({}, 'fills')).toEqual(['a=2'])
      })

      test('a value of 3 MiB survives', () => {
        const value = new Uint8Array(3 * 1024 * 1024).fill(7)
        const batch = database.batch()
        batch.put('orders', utf8('large'), value)
        batch.write()
        expect(Buffer.compare(database.get('orders', utf8('large')) ?? utf8(''), value)).toBe(0)
      })

      test('a buffer given to a batch may be reused at once', () => {
        const buffer = Buffer.from('a1')
        const batch = database.batch()
        batch.put('orders', buffer.subarray(0, 1), buffer.subarray(1))
        batch.deleteRange('orders', utf8('x'), utf8('y'))
        buffer.write('b2')
        batch.put('orders', buffer.subarray(0, 1), buffer.subarray(1))
        buffer.write('zz')
        batch.write()
        expect(scan()).toEqual(['a=1', 'b=2'])
      })

      test('a value that was read does not change when the key is written again', () => {
        put({ a: 'old' })
        const value = database.get('orders', utf8('a'))
        put({ a: 'new' })
        expect(text(value)).toBe('old')
      })
    })

    describe('ranges', () => {
      const RANGES: readonly [string, KeyRange, string][] = [
        ['everything', {}, 'a b ba c d'],
        ['from, inclusive', { from: utf8('b') }, 'b ba c d'],
        ['to, exclusive', { to: utf8('c') }, 'a b ba'],
        ['both bounds', { from: utf8('b'), to: utf8('d') }, 'b ba c'],
        ['bounds between keys', { from: utf8('aa'), to: utf8('cc') }, 'b ba c'],
        ['reverse', { reverse: true }, 'd c ba b a'],
        ['reverse with bounds', { from: utf8('b'), to: utf8('d'), reverse: true }, 'c ba b'],
        ['reverse from after the end', { from: utf8('c'), to: utf8('z'), reverse: true }, 'd c'],
        ['limit', { limit: 2 }, 'a b'],
        ['limit of nothing', { limit: 0 }, ''],
        ['limit in reverse', { limit: 2, reverse: true }, 'd c'],
        ['limit with bounds', { from: utf8('b'), limit: 2 }, 'b ba'],
        ['equal bounds', { from: utf8('b'), to: utf8('b') }, ''],
        ['crossed bounds', { from: utf8('d'), to: utf8('a') }, ''],
        ['empty upper bound', { to: utf8('') }, ''],
        ['empty lower bound', { from: utf8('') }, 'a b ba c d'],
        ['before all', { to: utf8('a') }, ''],
        ['after all', { from: utf8('e') }, ''],
      ]
      test.each(RANGES)('%s', (_name, range, expected) => {
        put({ c: '3', a: '1', d: '4', ba: '2a', b: '2' })
        const keys = [...database.scan('orders', range)].map((entry) => text(entry.key))
        expect(keys.join(' ')).toBe(expected)
      })

      test('keys are ordered by unsigned bytes, a prefix first', () => {
        const keys = [[0xff, 0xff], [0xff], [0x80], [0x7f], [0x7f, 0x00], [0x00], []]
        const batch = database.batch()
        for (const key of keys) batch.put('orders', Uint8Array.from(key), utf8('v'))
        batch.write()
        expect([...database.scan('orders')].map(({ key }) => [...key])).toEqual([
          [],
          [0x00],
          [0x7f],
          [0x7f, 0x00],
          [0x80],
          [0xff],
          [0xff, 0xff],
        ])
      })

      test('an iterator shows the keyspace as it was when it was made', () => {
        const count = 5_000
        put(Object.fromEntries(Array.from({ length: count }, (_, n) => [number(n), 'old'])))
        const iterator = database.scan('orders')
        expect(iterator.next().done).toBe(false)
        const batch = database.batch()
        batch.deleteRange('orders', utf8(number(100)), utf8(number(4_000)))
        batch.put('orders', utf8(number(4_500)), utf8('new'))
        batch.put('orders', utf8('zzz'), utf8('new'))
        batch.write()
        const rest = [...iterator]
        expect(rest.length).toBe(count - 1)
        expect(rest.every(({ value }) => text(value) === 'old')).toBe(true)
        expect([...database.scan('orders')].length).toBe(count - 3_900 + 1)
      })

      test('a closed iterator is at its end', () => {
        put({ a: '1', b: '2' })
        const iterator = database.scan('orders')
        iterator.next()
        iterator.close()
        iterator.close()
        expect(iterator.next()).toEqual({ done: true, value: undefined })
      })

      test('leaving a loop early closes the iterator', () => {
        put({ a: '1', b: '2' })
        const iterator = database.scan('orders')
        for (const _ of iterator) break
        expect(iterator.next().done).toBe(true)
      })
    })

    describe('batches', () => {
      test('nothing is seen before write', () => {
        const batch = database.batch()
        batch.put('orders', utf8('a'), utf8('1'))
        expect(scan()).toEqual([])
        expect(batch.length).toBe(1)
        batch.write()
        expect(scan()).toEqual(['a=1'])
      })

      test('operations apply in order over several keyspaces', () => {
        put({ a: '0', b: '0', c: '0' })
        const batch = database.batch()
        batch.put('orders', utf8('a'), utf8('1'))
        batch.delete('orders', utf8('a'))
        batch.delete('orders', utf8('b'))
        batch.put('orders', utf8('b'), utf8('2'))
        batch.put('fills', utf8('a'), utf8('3'))
        batch.write()
        expect(scan()).toEqual(['b=2', 'c=0'])
        expect(scan({}, 'fills')).toEqual(['a=3'])
      })

      test.each([10, 3_000])('a range delete of %i keys takes its place in the order', (count) => {
        put(Object.fromEntries(Array.from({ length: count }, (_, n) => [number(n), 'old'])))
        put({ a: 'kept', z: 'kept' })
        const batch = database.batch()
        batch.put('orders', utf8(`${number(1)}-before`), utf8('gone'))
        batch.deleteRange('orders', utf8(number(0)), utf8(number(count)))
        batch.put('orders', utf8(`${number(2)}-after`), utf8('stays'))
        batch.delete('orders', utf8('a'))
        batch.write()
        expect(scan()).toEqual([`${number(2)}-after=stays`, 'z=kept'])
      })

      test.each([10, 3_000])(
        'a last range delete of %i keys also deletes what the batch put',
        (count) => {
          put(Object.fromEntries(Array.from({ length: count }, (_, n) => [number(n), 'old'])))
          const batch = database.batch()
          batch.put('orders', utf8(`${number(1)}-before`), utf8('gone'))
          batch.deleteRange('orders', utf8(number(0)), utf8(number(count)))
          batch.put('orders', utf8(number(count)), utf8('end is exclusive'))
          batch.put('fills', utf8(number(1)), utf8('other keyspace'))
          batch.write()
          expect(scan()).toEqual([`${number(count)}=end is exclusive`])
          expect(scan({}, 'fills')).toEqual([`${number(1)}=other keyspace`])
        },
      )

      test('an empty or crossed range deletes nothing', () => {
        put({ a: '1' })
        const batch = database.batch()
        batch.deleteRange('orders', utf8('a'), utf8('a'))
        batch.deleteRange('orders', utf8('b'), utf8('a'))
        batch.write()
        expect(scan()).toEqual(['a=1'])
      })

      test('a batch is empty after it was written and can be used again', () => {
        const batch = database.batch()
        batch.put('orders', utf8('a'), utf8('1'))
        batch.deleteRange('orders', utf8('x'), utf8('y'))
        batch.write({ fsync: true })
        expect(batch.length).toBe(0)
        put({ a: 'other' })
        batch.put('orders', utf8('b'), utf8('2'))
        batch.write()
        expect(scan()).toEqual(['a=other', 'b=2'])
      })
    })

    describe('opening and closing', () => {
      test('what was written is there after reopening, with keyspaces that were not named', async () => {
        put({ a: '1' }, 'fills')
        await database.close()
        database = await engine.open(directory, { keyspaces: ['quotes'] })
        expect([...database.keyspaces()].sort()).toEqual(['fills', 'orders', 'quotes'])
        expect(scan({}, 'fills')).toEqual(['a=1'])
        put({ b: '2' }, 'quotes')
        expect(scan({}, 'quotes')).toEqual(['b=2'])
      })

      test('a second opening is refused and says what to do', async () => {
        await expect(engine.open(directory, { keyspaces: ['orders'] })).rejects.toMatchObject({
          code: 'STORE_LOCKED',
          message: expect.stringContaining(directory),
          remedy: expect.stringContaining('another directory'),
        })
        await expect(engine.destroy(directory)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
        put({ a: '1' })
        expect(scan()).toEqual(['a=1'])
      })

      test('every call after closing is refused, closing twice is not', async () => {
        put({ a: '1', b: '2' })
        const iterator = database.scan('orders')
        const batch = database.batch()
        batch.put('orders', utf8('c'), utf8('3'))
        await database.close()
        await database.close()
        const closed = expect.objectContaining({ code: 'STORE_CLOSED' })
        expect(() => database.get('orders', utf8('a'))).toThrow(closed)
        expect(() => database.scan('orders')).toThrow(closed)
        expect(() => iterator.next()).toThrow(closed)
        expect(() => batch.write()).toThrow(closed)
        expect(() => database.sizeBytes('orders')).toThrow(closed)
        iterator.close()
      })

      test('destroying forgets everything, and a directory without a database is nothing to destroy', async () => {
        put({ a: '1' })
        await database.close()
        await engine.destroy(directory)
        await engine.destroy(directory)
        database = await engine.open(directory, { keyspaces: ['orders'] })
        expect(scan()).toEqual([])
      })

      test('unknown and unsuitable keyspaces are refused', async () => {
        const unknown = expect.objectContaining({ code: 'STORE_KEYSPACE_UNKNOWN' })
        expect(() => database.get('trades', utf8('a'))).toThrow(unknown)
        expect(() => database.scan('trades')).toThrow(unknown)
        expect(() => database.batch().put('trades', utf8('a'), utf8('1'))).toThrow(unknown)
        for (const keyspace of ['default', '', '../x', '__proto__']) {
          await expect(
            engine.open(`${directory}-2`, { keyspaces: [keyspace] }),
          ).rejects.toMatchObject({
            code: 'STORE_KEYSPACE_INVALID',
          })
        }
      })

      test('forty keyspaces work side by side', async () => {
        const keyspaces = Array.from({ length: 40 }, (_, n) => `store-${n}`)
        await database.close()
        database = await engine.open(directory, { keyspaces, memoryBytes: 1024 * 1024 })
        for (const keyspace of keyspaces) put({ name: keyspace }, keyspace)
        await database.close()
        database = await engine.open(directory, { keyspaces: [] })
        for (const keyspace of keyspaces) expect(scan({}, keyspace)).toEqual([`name=${keyspace}`])
      })
    })
  })

  engineModelRuns(name, create)
}

function utf8(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
}

function number(value: number): string {
  return `n${String(value).padStart(6, '0')}`
}
