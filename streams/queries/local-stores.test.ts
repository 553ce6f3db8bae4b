import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppHarness, caughtUp } from '../fixtures/app-harness.ts'
import { processor, source, text, totalsSpec, wholeNumber } from '../fixtures/sample-topology.ts'
import { readOnlyStore } from '../restore/read-only-store.ts'
import type { SessionStore, StoreSpec, VersionedKeyValueStore, WindowStore } from '../store.ts'
import type { Streams } from '../streams.ts'
import type { Topology } from '../topology.ts'

const common = { keySerde: text, valueSerde: wholeNumber, logged: true, persistent: true }
const STORES: readonly StoreSpec[] = [
  totalsSpec,
  { ...common, kind: 'window', name: 'windows', windowSizeMs: 10, retentionMs: 100_000 },
  { ...common, kind: 'session', name: 'sessions', retentionMs: 100_000 },
  { ...common, kind: 'versioned', name: 'versions', historyRetentionMs: 100_000 },
]

/** Puts each amount into a store of each kind, at its time. */
function keeping(): Topology {
  const supplier = () => {
    let windows: WindowStore<string, number> | undefined
    let sessions: SessionStore<string, number> | undefined
    let versions: VersionedKeyValueStore<string, number> | undefined
    return {
      init: (context: { getStateStore<S>(name: string): S }) => {
        windows = context.getStateStore('windows')
        sessions = context.getStateStore('sessions')
        versions = context.getStateStore('versions')
      },
      process: ({
        key,
        value,
        timestampMs,
      }: {
        key: string
        value: number
        timestampMs: number
      }) => {
        windows?.put(key, value, timestampMs)
        sessions?.put({ key, startMs: timestampMs, endMs: timestampMs + 5 }, value)
        versions?.put(key, value, timestampMs)
      },
    }
  }
  const nodes = [
    source({ name: 'amounts', topics: ['amounts'], children: ['keep'] }),
    processor({
      name: 'keep',
      parents: ['amounts'],
      stores: STORES.map(({ name }) => name),
      supplier,
    }),
  ]
  return {
    name: 'keeping',
    subTopologies: [{ id: 0, nodes, sources: ['amounts'], stores: STORES }],
    globalStores: [],
    repartitions: [],
  }
}

describe('committed contents over three tasks', () => {
  let harness: AppHarness
  let streams: Streams

  beforeEach(async () => {
    harness = await AppHarness.open()
    await harness.createTopics(3, 'amounts')
    streams = await harness.start(keeping())
    const keys = ['a', 'b', 'c', 'd', 'e', 'f']
    await harness.produce(
      'amounts',
      [10, 20].flatMap((timestampMs) =>
        keys.map((key) => ({ key, value: timestampMs, timestampMs })),
      ),
    )
    await caughtUp(streams)
  })

  afterEach(() => harness.close())

  const sorted = (entries: Iterable<readonly [{ key: string; startMs: number }, number]>) =>
    [...entries].map(([{ key, startMs }, value]) => `${key}@${startMs}=${value}`).sort()
  const ALL = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((key) => [`${key}@10=10`, `${key}@20=20`])

  test('of windows: by key, by time, all', () => {
    const store = streams.windowStore<string, number>('windows')
    expect([store.fetch('a', 10), store.fetch('a', 11)]).toEqual([10, undefined])
    expect(sorted(store.fetchRange('b', 0, 15))).toEqual(['b@10=10'])
    expect([...store.backwardFetchRange('b', 0, 25)].map(([, value]) => value)).toEqual([20, 10])
    expect(sorted(store.fetchKeyRange('b', 'c', 15, 25))).toEqual(['b@20=20', 'c@20=20'])
    for (const each of [store.all(), store.backwardAll(), store.fetchAll(0, 20)])
      expect(sorted(each)).toEqual(ALL)
    for (const each of [store.fetchAllByTime(0, 19), store.backwardFetchAll(0, 19)])
      expect(sorted(each)).toEqual(ALL.filter((one) => one.endsWith('=10')))
  })

  test('of sessions: by key, by end, all', () => {
    const store = streams.sessionStore<string, number>('sessions')
    expect([store.fetchSession('a', 10, 15), store.fetchSession('a', 10, 16)]).toEqual([
      10,
      undefined,
    ])
    expect(sorted(store.fetch('c'))).toEqual(['c@10=10', 'c@20=20'])
    expect([...store.backwardFetch('c')].map(([, value]) => value)).toEqual([20, 10])
    expect(sorted(store.findSessions('c', 16, 20))).toEqual(['c@20=20'])
    expect([...store.backwardFindSessions('c', 0, 20)].map(([, value]) => value)).toEqual([20, 10])
    expect(sorted(store.findSessionsByEnd(0, 15))).toEqual(ALL.filter((one) => one.endsWith('=10')))
    expect(sorted(store.fetchKeyRange('e', undefined))).toEqual(ALL.slice(8))
    expect(sorted(store.all())).toEqual(ALL)
  })

  test('of versions: the latest, as of a time, the history', () => {
    const store = streams.versionedStore<string, number>('versions')
    expect(store.get('d')).toEqual({ value: 20, timestampMs: 20, validToMs: undefined })
    expect(store.get('d', 19)).toEqual({ value: 10, timestampMs: 10, validToMs: 20 })
    expect(store.get('d', 9)).toBeUndefined()
    expect(store.history('d', 0, 30).map(({ value }) => value)).toEqual([20, 10])
  })

  test('a store is asked for by its kind, and can be read only', () => {
    expect(() => streams.windowStore('sessions').fetch('a', 10)).toThrow('STREAMS_STORE_KIND')
    expect(() => streams.store('versions').get('a')).toThrow('STREAMS_STORE_KIND')
    const [part] = streams.localStores('sessions')
    const sessions = part?.store as SessionStore<string, number>
    expect(() => sessions.put({ key: 'a', startMs: 1, endMs: 2 }, 3)).toThrow('STORE_')
  })
})

test('a scan that is left early closes what it opened', async () => {
  const harness = await AppHarness.open()
  await harness.createTopics(3, 'amounts')
  const streams = await harness.start(keeping())
  await harness.produce('amounts', [{ key: 'a', value: 1, timestampMs: 1 }])
  await caughtUp(streams)
  for (const [{ key }] of streams.windowStore<string, number>('windows').all()) {
    expect(key).toBe('a')
    break
  }
  await harness.close()
})

test('the read-only face of a store of each kind reads and refuses to write', async () => {
  const harness = await AppHarness.open()
  await harness.createTopics(1, 'amounts')
  const streams = await harness.start(keeping())
  await harness.produce('amounts', [{ key: 'a', value: 7, timestampMs: 10 }])
  await caughtUp(streams)
  const face = (name: string) => {
    const [part] = streams.localStores(name)
    if (part === undefined) throw new Error(`no ${name}`)
    return readOnlyStore(part.store)
  }
  const windows = face('windows') as WindowStore<string, number>
  const sessions = face('sessions') as SessionStore<string, number>
  const versions = face('versions') as VersionedKeyValueStore<string, number>
  expect([
    windows.fetch('a', 10),
    sessions.fetchSession('a', 10, 15),
    versions.get('a')?.value,
  ]).toEqual([7, 7, 7])
  for (const write of [
    () => windows.put('a', 1, 10),
    () => sessions.remove({ key: 'a', startMs: 10, endMs: 15 }),
    () => versions.delete('a', 10),
  ]) {
    expect(write).toThrow('STREAMS_READ_ONLY_STORE')
  }
  await harness.close()
})
