import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import { AppHarness, caughtUp, until } from '../fixtures/app-harness.ts'
import { RACED_TOPICS, racedTopology } from '../fixtures/raced-topology.ts'
import type { ValueAndTimestamp } from '../store.ts'
import type { WhatIfChange } from './what-if.ts'
import { whatIf } from './what-if.ts'

let place: AppHarness

afterEach(async () => {
  await place.close()
})

/** Four orders at rate 2, then two at rate 3. */
async function recordedRun(): Promise<void> {
  place = await AppHarness.open()
  await place.createTopics(2, ...RACED_TOPICS)
  const streams = await place.start(racedTopology())
  for (const [rate, keys] of [
    ['2', ['a', 'b', 'c', 'a']],
    ['3', ['b', 'd']],
  ] as const) {
    await place.produce('rates', [{ key: 'rate', value: rate }])
    const rates = streams.store<string, ValueAndTimestamp<string>>('rates')
    await until(() => rates.get('rate')?.value === rate)
    const amounts = keys.map((key, index) => ({ key, value: `${key}${rate}`, timestampMs: index }))
    await place.produce('orders', amounts)
    await caughtUp(streams)
  }
  await streams.close()
}

function asked(change: WhatIfChange) {
  return whatIf({
    topology: racedTopology(),
    applicationId: 'raced',
    log: place.log,
    stores: createStoreBackend(memoryEngine()),
    directory: join(place.directory, 'replay'),
    differencesMax: 100,
    change,
  })
}

const textOf = (bytes: Uint8Array | null) => (bytes === null ? '' : Buffer.from(bytes).toString())

test('without a change nothing would have been otherwise', { timeout: 30_000 }, async () => {
  await recordedRun()
  const result = await asked({})
  expect(result).toMatchObject({ isEqual: true, differing: 0, differences: [] })
  expect(result.outputs.length).toBeGreaterThan(3)
  expect(result.stores.every(({ isEqual }) => isEqual)).toBe(true)
})

test('one limit changed: what was decided by it differs, through the repartition, and nothing else', {
  timeout: 30_000,
}, async () => {
  await recordedRun()
  const result = await asked({
    records: (record, { topic }) =>
      topic === 'rates' && textOf(record.value) === '3'
        ? [{ ...record, value: Buffer.from('7') }]
        : [record],
  })
  const raced = result.differences.filter(({ topic }) => topic === 'raced')
  expect(raced.map(({ recorded, rebuilt }) => [recorded, rebuilt])).toEqual(
    raced.map(({ recorded }) => [recorded, recorded?.replace(' at 3,', ' at 7,')]),
  )
  expect(raced.map(({ recorded }) => /= "(\S+)/.exec(recorded ?? '')?.[1]).sort()).toEqual([
    'b3',
    'd3',
  ])
  const counted = result.differences.filter(({ topic }) => topic === 'counted')
  expect(
    counted.every(({ recorded, rebuilt }) => (recorded === undefined) !== (rebuilt === undefined)),
  ).toBe(true)
  const keys = counted.map(({ recorded, rebuilt }) => (recorded ?? rebuilt ?? '').split(' = ')[0])
  expect([...new Set(keys)].sort()).toEqual(['"rate 3"', '"rate 7"'])
  const entries = result.stores.flatMap(({ store, differences }) =>
    differences.map(({ key, recorded, rebuilt }) => [store, key, recorded ?? '-', rebuilt ?? '-']),
  )
  expect(entries.map(([store, key]) => [store, key]).sort()).toEqual([
    ['counts', '"rate 3"'],
    ['counts', '"rate 7"'],
  ])
  expect(
    result.stores.filter(({ store }) => store === 'last').every(({ isEqual }) => isEqual),
  ).toBe(true)
})

test('what the log does not hold any more is compared with the replay as it was, and that is told', {
  timeout: 30_000,
}, async () => {
  await recordedRun()
  const change: WhatIfChange = {
    records: (record, { topic }) =>
      topic === 'orders' && textOf(record.key) === 'd' ? [] : [record],
  }
  const whole = await asked(change)
  const places = [0, 1].map((partition) => ({ topic: 'raced', partition }))
  const ends = await place.log.admin.offsets(places, 'latest')
  await place.log.admin.truncate(places.map((one, index) => ({ ...one, offset: ends[index] ?? 0 })))
  const { outputs, differing, isEqual, notes } = await asked(change)
  expect({ outputs, differing, isEqual }).toEqual({
    outputs: whole.outputs,
    differing: whole.differing,
    isEqual: false,
  })
  expect(notes.join()).toMatch(/does not hold [1-9]\d* of the recorded outputs any more/)
})

test('a parameter of the topology changed, a record removed, a record inserted', {
  timeout: 30_000,
}, async () => {
  await recordedRun()
  const scaled = await asked({ topology: racedTopology({ scale: 10 }) })
  const raced = scaled.differences.filter(({ topic }) => topic === 'raced')
  expect(raced.map(({ rebuilt }) => / at (\d+),/.exec(rebuilt ?? '')?.[1]).sort()).toEqual([
    '20',
    '20',
    '20',
    '20',
    '30',
    '30',
  ])
  const removed = await asked({
    records: (record, { topic }) =>
      topic === 'orders' && textOf(record.key) === 'd' ? [] : [record],
  })
  const missing = removed.outputs.filter(({ topic }) => topic === 'raced')
  expect(missing.reduce((sum, one) => sum + one.missing, 0)).toBe(1)
  expect(missing.reduce((sum, one) => sum + one.added, 0)).toBe(0)
  const inserted = await asked({
    records: (record, { topic }) =>
      topic === 'orders' && textOf(record.key) === 'd'
        ? [record, { ...record, key: Buffer.from('new') }]
        : [record],
  })
  expect(
    inserted.stores
      .flatMap(({ store, differences }) =>
        differences.filter(() => store === 'last').map(({ key, recorded }) => [key, recorded]),
      )
      .filter(([key]) => key === '"new"'),
  ).toEqual([['"new"', undefined]])
})

test('another graph, or a run without a schedule, is refused', { timeout: 30_000 }, async () => {
  await recordedRun()
  const { topology } = { topology: racedTopology() }
  const changed = { ...topology, globalStores: [] }
  await expect(asked({ topology: changed })).rejects.toThrow(
    /STREAMS_REPLAY_NOT_EXACT.*another graph/,
  )
  await place.log.admin.deleteTopics(['raced-schedule'])
  await expect(asked({})).rejects.toThrow(
    /STREAMS_REPLAY_NOT_EXACT.*there is no topic raced-schedule/,
  )
})
