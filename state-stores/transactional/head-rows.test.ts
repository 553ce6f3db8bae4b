import { expect, test } from 'vitest'
import type { StoreDatabase } from '#streams'
import { seededRandom } from '../conformance/seeded-random.ts'
import { memoryEngine } from '../memory/memory-engine.ts'
import { HeadRows } from './head-rows.ts'
import type { EntrySource } from './merge.ts'

const SPACE = 'rows'

/** Heads over an engine whose scans are counted. */
async function opened() {
  const database = await memoryEngine().open('d', { keyspaces: [SPACE] })
  const scans = { count: 0 }
  const heads = new HeadRows((range) => {
    scans.count += 1
    return sourceOf(database, range)
  })
  /** As stores commit: whoever reads is told before, the heads follow after. */
  const commit = (writes: readonly (readonly [key: Uint8Array, value: Uint8Array | null])[]) => {
    const batch = database.batch()
    heads.willCommit()
    for (const [key, value] of writes) {
      if (value === null) batch.delete(SPACE, key)
      else batch.put(SPACE, key, value)
      heads.willWrite(key, value)
    }
    batch.write()
    heads.afterCommit()
  }
  return { database, heads, scans, commit }
}

function sourceOf(
  database: StoreDatabase,
  range: Parameters<StoreDatabase['scan']>[1],
): EntrySource {
  const iterator = database.scan(SPACE, range)
  return { next: () => iterator.next().value, close: () => iterator.close() }
}

function drain(source: EntrySource, count = Number.POSITIVE_INFINITY): string[] {
  const found: string[] = []
  while (found.length < count) {
    const row = source.next()
    if (row === undefined) return found
    found.push(`${hex(row.key)}=${hex(row.value.subarray(0, 2))} of ${row.value.length}`)
  }
  return found
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

const keyOf = (at: number) => Uint8Array.of(at >> 8, at & 0xff)

test.each([1, 2, 3, 4])(
  'reads what the engine would, whatever was committed meanwhile: seed %i',
  async (seed) => {
    const { database, heads, commit } = await opened()
    const random = seededRandom(seed)
    const below = (bound: number) => Math.floor(random() * bound)
    const reading: { readonly read: EntrySource; readonly expected: EntrySource }[] = []
    for (let step = 0; step < 1_500; step += 1) {
      const kind = random()
      if (kind < 0.5) {
        // Beginnings come again, and move on slowly.
        const from = keyOf(Math.floor(step / 40) + below(3) * 300)
        const to = random() < 0.2 ? undefined : keyOf(Math.floor(step / 40) + below(900))
        const range = { from, ...(to && { to }) }
        if (to !== undefined && Buffer.compare(from, to) >= 0) continue
        const expected = sourceOf(database, range)
        const read = heads.read(from, to, random() < 0.2)
        const count = random() < 0.6 ? below(4) : Number.POSITIVE_INFINITY
        expect(drain(read, count)).toEqual(drain(expected, count))
        if (random() < 0.2) reading.push({ read, expected })
        else read.close()
      } else if (kind < 0.6) {
        const [{ read, expected } = { read: undefined, expected: undefined }] = reading.splice(
          below(reading.length),
          1,
        )
        if (read !== undefined) expect(drain(read)).toEqual(drain(expected))
      } else {
        const long = random() < 0.02 ? 90_000 : 1
        commit(
          Array.from({ length: below(12) }, () => [
            keyOf(Math.floor(step / 40) + below(900)),
            random() < 0.4 ? null : new Uint8Array(long).fill(step & 0xff),
          ]),
        )
      }
    }
  },
)

test('looks for what comes next open no scan as long as nothing new has to be read', async () => {
  const { heads, scans, commit } = await opened()
  commit(Array.from({ length: 200 }, (_, at) => [keyOf(at), keyOf(at)]))
  heads.read(keyOf(0), keyOf(500), false).close()
  scans.count = 0
  for (let at = 0; at < 100; at += 1) {
    const reader = heads.read(keyOf(0), keyOf(500), false)
    expect(drain(reader, 1)[0]?.slice(0, 4)).toBe(hex(keyOf(at)))
    reader.close()
    commit([[keyOf(at), null]])
  }
  expect(scans.count).toBe(4)
})

test('nothing between two rows is known without a scan, and so is a range that moves on', async () => {
  const { heads, scans, commit } = await opened()
  commit([[keyOf(1_000), keyOf(0)]])
  for (let at = 0; at < 900; at += 1)
    expect(drain(heads.read(keyOf(at), keyOf(at + 1), true))).toEqual([])
  expect(scans.count).toBe(1)
  commit([[keyOf(950), keyOf(1)]])
  expect(drain(heads.read(keyOf(901), keyOf(960), true))).toEqual(['03b6=0001 of 2'])
  expect(scans.count).toBe(1)
})

test('what was read by others, or once, is not remembered', async () => {
  const { heads, scans, commit } = await opened()
  commit([[keyOf(1), keyOf(1)]])
  for (const from of [0, 1, 2]) drain(heads.read(keyOf(from), keyOf(9), false))
  expect(scans.count).toBe(3)
  drain(heads.read(keyOf(0), keyOf(9), false))
  heads.forget()
  drain(heads.read(keyOf(0), keyOf(9), false))
  expect(scans.count).toBe(5)
})
