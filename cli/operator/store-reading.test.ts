import { expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import {
  doubleSerde,
  type SessionStore,
  type StoreSpec,
  stringSerde,
  type VersionedKeyValueStore,
  type WindowStore,
} from '#streams'
import { scanPart } from './store-reading.ts'

const common = { keySerde: stringSerde, valueSerde: doubleSerde, logged: true, persistent: true }
const SPECS: readonly StoreSpec[] = [
  { ...common, kind: 'window', name: 'windows', windowSizeMs: 10, retentionMs: 1_000 },
  { ...common, kind: 'session', name: 'sessions', retentionMs: 1_000 },
  { ...common, kind: 'versioned', name: 'versions', historyRetentionMs: 1_000 },
]

test('entries of each kind of store come out as JSON', async () => {
  const stores = await createStoreBackend(memoryEngine()).open({
    directory: '0_0',
    taskId: '0_0',
    specs: SPECS,
    overlayBytesMax: 1_000_000,
  })
  const windows = stores.get('windows').store as WindowStore<string, number>
  const sessions = stores.get('sessions').store as SessionStore<string, number>
  const versions = stores.get('versions').store as VersionedKeyValueStore<string, number>
  for (const key of ['a', 'b']) {
    windows.put(key, 1, 10)
    sessions.put({ key, startMs: 10, endMs: 15 }, 2)
    versions.put(key, 3, 10)
  }
  const rows = (store: WindowStore<string, number> | typeof sessions | typeof versions) => [
    ...scanPart({ partition: 4, store }, { from: 'b', to: 'b', limit: 10 }),
  ]
  expect(rows(windows)).toEqual([{ partition: 4, key: 'b', windowStartMs: 10, value: 1 }])
  expect(rows(sessions)).toEqual([
    { partition: 4, key: 'b', windowStartMs: 10, sessionEndMs: 15, value: 2 },
  ])
  expect(rows(versions)).toMatchObject([{ partition: 4, key: 'b', value: { value: 3 } }])
  const all = { from: undefined, to: undefined, limit: 1 }
  expect([...scanPart({ partition: 4, store: windows }, all)]).toHaveLength(1)
  expect([...scanPart({ partition: 4, store: versions }, all)]).toEqual([])
  await stores.close()
})
