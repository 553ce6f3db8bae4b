import { expect, test } from 'vitest'
import type { KeyValueStore, StoreDatabase, StoreEngine, TaskStores, WindowStore } from '#streams'
import { balances, stringSerde, sums } from './conformance/store-house.ts'
import { memoryEngine } from './memory/memory-engine.ts'
import { createStoreBackend } from './store-backend.ts'

/** An engine whose writes are counted, and fail from the `failFrom`th on. */
function countingEngine() {
  const inner = memoryEngine()
  const writes = { count: 0, failFrom: Number.POSITIVE_INFINITY }
  const engine: StoreEngine = {
    name: 'counting',
    destroy: (directory) => inner.destroy(directory),
    async open(directory, options) {
      const database = await inner.open(directory, options)
      const counted: StoreDatabase = {
        keyspaces: () => database.keyspaces(),
        get: (keyspace, key) => database.get(keyspace, key),
        getMany: (keyspace, keys) => database.getMany(keyspace, keys),
        scan: (keyspace, range) => database.scan(keyspace, range),
        sizeBytes: (keyspace) => database.sizeBytes(keyspace),
        close: () => database.close(),
        batch: () => {
          const batch = database.batch()
          const write = batch.write.bind(batch)
          batch.write = (how) => {
            writes.count += 1
            if (writes.count >= writes.failFrom) throw new Error('disk full')
            write(how)
          }
          return batch
        },
      }
      return counted
    },
  }
  return { engine, writes }
}

const open = (engine: StoreEngine) =>
  createStoreBackend(engine).open({
    directory: 'd',
    taskId: '0_0',
    specs: [balances, sums],
    overlayBytesMax: 1e6,
  })

const write = (stores: TaskStores, value: string) => {
  const balance = stores.get('balances').store as KeyValueStore<string, string>
  const sum = stores.get('sums').store as WindowStore<string, string>
  balance.put('a', value)
  sum.put('a', value, 1_700_000_000_000)
}

const positions = (offset: number) =>
  new Map([
    ['balances', offset],
    ['sums', offset],
  ])

test('a commit is one write of one batch, and so is restoring records', async () => {
  const { engine, writes } = countingEngine()
  const stores = await open(engine)
  writes.count = 0
  write(stores, '1')
  stores.commit(positions(1))
  expect(writes.count).toBe(1)
  const key = stringSerde.serialize('', 'b')
  const record = { offset: 1, timestampMs: 0, key, value: key, headers: [] }
  stores.get('balances').restore([record, record], 2)
  expect(writes.count).toBe(2)
  await stores.close()
})

test('a commit that fails leaves state and positions as they were, and can be discarded or repeated', async () => {
  const { engine, writes } = countingEngine()
  const stores = await open(engine)
  write(stores, 'old')
  stores.commit(positions(1))
  write(stores, 'new')
  writes.failFrom = writes.count + 1
  expect(() => stores.commit(positions(2))).toThrow('disk full')
  expect(stores.position('balances')).toBe(1)
  expect(stores.get('balances').changeCount).toBe(1)
  const committed = stores.get('balances').committed as KeyValueStore<string, string>
  expect(committed.get('a')).toBe('old')
  writes.failFrom = Number.POSITIVE_INFINITY
  stores.commit(positions(2))
  expect(committed.get('a')).toBe('new')
  expect(stores.position('sums')).toBe(2)
  await stores.close()
})
