import { expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import {
  doubleSerde,
  jsonSerde,
  longSerde,
  type Serde,
  type SessionStore,
  type StateStore,
  type StoreSpec,
  stringSerde,
  type VersionedKeyValueStore,
  type WindowStore,
} from '#streams'
import { parseKey } from './key-text.ts'
import { type ScanRange, scanPart } from './store-reading.ts'

const common = { keySerde: stringSerde, valueSerde: doubleSerde, logged: true, persistent: true }
const SPECS: readonly StoreSpec[] = [
  { ...common, kind: 'window', name: 'windows', windowSizeMs: 10, retentionMs: 1_000 },
  { ...common, kind: 'session', name: 'sessions', retentionMs: 1_000 },
  { ...common, kind: 'versioned', name: 'versions', historyRetentionMs: 1_000 },
]

const specOf = (name: string): StoreSpec => SPECS.find((spec) => spec.name === name) as StoreSpec

test('keys are read as the store has them, or refused with what they look like', () => {
  const spec = (keySerde: Serde<unknown>): StoreSpec => ({
    ...common,
    kind: 'key-value',
    name: 'k',
    keySerde,
  })
  expect(parseKey(spec(longSerde as Serde<unknown>), '42')).toBe(42)
  expect(parseKey(spec(jsonSerde()), '{"a":1}')).toEqual({ a: 1 })
  expect(parseKey(spec(stringSerde as Serde<unknown>), '42')).toBe('42')
  expect(() => parseKey(spec(longSerde as Serde<unknown>), 'tea')).toThrow(
    /"tea" is not a whole number/,
  )
  expect(() => parseKey(spec(jsonSerde()), '{')).toThrow(/is not JSON/)
  const odd = { ...stringSerde, format: 'avro x.Y 0001' } as Serde<unknown>
  expect(() => parseKey(spec(odd), 'x')).toThrow(/are avro x\.Y 0001, which cannot be typed/)
})

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
    ...scanPart(
      { partition: 4, spec: specOf(store.name), store },
      { from: 'b', to: 'b', limit: 10 },
    ),
  ]
  expect(rows(windows)).toEqual([{ partition: 4, key: 'b', windowStartMs: 10, value: 1 }])
  expect(rows(sessions)).toEqual([
    { partition: 4, key: 'b', windowStartMs: 10, sessionEndMs: 15, value: 2 },
  ])
  expect(rows(versions)).toMatchObject([{ partition: 4, key: 'b', value: { value: 3 } }])
  const scan = (store: StateStore & { name: string }, range: Partial<ScanRange>) => [
    ...scanPart({ partition: 4, spec: specOf(store.name), store }, { limit: 10, ...range }),
  ]
  expect(scan(windows, { limit: 1 })).toHaveLength(1)
  expect(scan(windows, { prefix: 'a' })).toMatchObject([{ key: 'a' }])
  expect(scan(windows, { fromTimeMs: 11 })).toEqual([])
  expect(scan(windows, { toTimeMs: 10 })).toHaveLength(2)
  expect(scan(sessions, { fromTimeMs: 15 })).toHaveLength(2)
  expect(scan(sessions, { toTimeMs: 14 })).toEqual([])
  expect(scan(versions, { from: 'a', to: 'a', fromTimeMs: 0, toTimeMs: 9 })).toEqual([])
  expect(scan(versions, { from: 'a', to: 'a', fromTimeMs: 10 })).toHaveLength(1)
  expect(() => scan(versions, {})).toThrow(/^STORE_READ_BY_KEY/)
  await stores.close()
})
