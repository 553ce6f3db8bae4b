import { expect, test } from 'vitest'
import type { Topology } from '#streams'
import type { StoreAccess } from './store-access.ts'
import { answerAboutStores, type StoreQuestion, withWorkerStores } from './worker-stores.ts'

const TOPOLOGY = {
  name: 'bars',
  subTopologies: [],
  repartitions: [],
  globalStores: [{ store: { name: 'instruments' } }],
} as unknown as Topology

/** A thread that keeps these partitions of whatever store. */
function thread(name: string, ...partitions: readonly number[]): StoreAccess {
  return {
    topologies: () => [TOPOLOGY],
    parts: async () =>
      partitions.map((partition) => ({
        partition,
        scan: ({ limit }) =>
          ['a', 'b', 'c'].slice(0, limit).map((key) => ({ partition, key, value: name })),
      })),
    checksums: async ({ store }) =>
      partitions.map((partition) => ({ store, partition, entries: 3, digest: name, offset: 1 })),
  }
}

const workers = new Map([
  ['worker-1', thread('worker-1', 3, 1)],
  ['worker-2', thread('worker-2', 2, 0)],
])

/** As between threads: only what can be cloned. */
const all = withWorkerStores(thread('main', 0), {
  ask: async (question) => {
    const answers = [...workers].map(async ([name, stores]) => {
      const answer = await answerAboutStores(stores, structuredClone(question) as StoreQuestion)
      return [name, structuredClone(answer)] as const
    })
    return new Map(await Promise.all(answers))
  },
})

test('partitions of all threads are there, in their order, each once', async () => {
  const parts = await all.parts({ topology: 'bars', store: 'open-bars' })
  expect(parts.map(({ partition }) => partition)).toEqual([0, 1, 2, 3])
  const rows = await Promise.all(parts.map(async (part) => [...(await part.scan({ limit: 2 }))]))
  expect(rows.map(([first]) => first?.value)).toEqual(['main', 'worker-1', 'worker-2', 'worker-1'])
  expect(rows[3]).toEqual([
    { partition: 3, key: 'a', value: 'worker-1' },
    { partition: 3, key: 'b', value: 'worker-1' },
  ])
  const checksums = await all.checksums({ topology: 'bars', store: 'open-bars' })
  expect(checksums.map(({ partition, digest }) => `${partition} ${digest}`)).toEqual([
    '0 main',
    '1 worker-1',
    '2 worker-2',
    '3 worker-1',
  ])
})

test('of a global store, which every thread keeps whole, that of the main thread is shown', async () => {
  const args = { topology: 'bars', store: 'instruments' }
  expect((await all.parts(args)).map(({ partition }) => partition)).toEqual([0])
  expect((await all.checksums(args)).map(({ digest }) => digest)).toEqual(['main'])
})
