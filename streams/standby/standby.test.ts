import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { rocksdbEngine } from '#state-stores'
import { type Amount, AppHarness, caughtUp, until } from '../fixtures/app-harness.ts'
import { Restores } from '../fixtures/restores.ts'
import { sumTopology, TimedSumProcessor } from '../fixtures/sample-topology.ts'
import type { Streams } from '../streams.ts'
import type { StreamsOptions } from '../streams-options.ts'

const PARTITIONS = 4
const topology = sumTopology(() => new TimedSumProcessor())

let place: AppHarness

beforeEach(async () => {
  place = await AppHarness.open(rocksdbEngine())
  await place.createTopics(PARTITIONS, 'amounts', 'totals')
})

afterEach(async () => {
  await place.close()
})

/** An instance with a disk of its own. */
function options(name: string, more: Partial<StreamsOptions> = {}): Partial<StreamsOptions> {
  return {
    directory: join(place.directory, name),
    processId: name,
    numStandbyReplicas: 1,
    acceptableRecoveryLag: 10,
    probingRebalanceIntervalMs: 100,
    ...more,
  }
}

function amounts(from: number, count: number): Amount[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `key-${(from + index) % 53}`,
    value: from + index,
    timestampMs: 1_000 + from + index,
  }))
}

const active = (streams: Streams) =>
  streams.metadata().threads.flatMap(({ tasks }) => tasks.map(({ taskId }) => taskId))

const following = (streams: Streams) =>
  streams.metadata().threads.flatMap(({ standbyTasks }) => standbyTasks)

/** Whether every standby runs and has applied its whole changelog. */
async function standbysAtEnd(streams: Streams): Promise<boolean> {
  const standbys = following(streams)
  if (standbys.length === 0 || standbys.some(({ state }) => state !== 'RUNNING')) return false
  const places = standbys.map(({ taskId }) => ({
    topic: `${topology.name}-totals-changelog`,
    partition: Number(taskId.split('_')[1]),
  }))
  const ends = await place.log.admin.offsets(places, 'stable')
  return standbys.every(({ stores }, index) => stores[0]?.position === ends[index])
}

function digests(streams: Streams, standbys: boolean): Record<number, string> {
  const found: Record<number, string> = {}
  for (const { partition, store, role } of streams.localStores('totals', { standbys })) {
    if (role !== (standbys ? 'standby' : 'active') || !('all' in store)) continue
    found[partition] = JSON.stringify([...store.all()].map(([key, value]) => [key, value]))
  }
  return found
}

describe('a standby', () => {
  test('follows the active task: the same contents, a position that the transaction told, no lag', async () => {
    const one = await place.start(topology, options('one'))
    const two = await place.start(topology, options('two'))
    await place.produce('amounts', amounts(0, 2_000))
    await until(() => active(one).length === 2 && active(two).length === 2)
    await caughtUp(one)
    await caughtUp(two)
    await until(async () => (await standbysAtEnd(one)) && (await standbysAtEnd(two)))
    expect(following(two).map(({ taskId }) => taskId)).toEqual(active(one))
    expect(digests(two, true)).toEqual(digests(one, false))
    expect(digests(one, true)).toEqual(digests(two, false))

    for (const part of one.localStores('totals')) {
      const standby = two
        .localStores('totals', { standbys: true })
        .find(({ taskId, role }) => taskId === part.taskId && role === 'standby')
      expect(standby?.position().covers(part.position())).toBe(true)
      expect(standby?.offsetLag?.()).toBe(0)
    }
  })

  test('is promoted with its stores open when the active instance is gone, and restores the tail at most', async () => {
    const restores = new Restores()
    const one = await place.start(topology, options('one'))
    const two = await place.start(topology, options('two', { restoreListener: restores }))
    await place.produce('amounts', amounts(0, 2_000))
    await until(() => active(two).length === 2)
    await caughtUp(one)
    await caughtUp(two)
    await until(() => standbysAtEnd(two))
    const before = { ...digests(one, false), ...digests(two, false) }
    restores.started.length = 0
    await one.close()
    await until(() => active(two).length === PARTITIONS)
    await two.reached('RUNNING')
    await caughtUp(two)
    expect(restores.fromZero).toEqual([])
    expect(digests(two, false)).toEqual(before)
    await place.produce('amounts', amounts(2_000, 500))
    await caughtUp(two)
    expect(following(two)).toEqual([])
  })

  test('an active task that is taken away becomes one, and keeps its directory', async () => {
    const restores = new Restores()
    const one = await place.start(topology, options('one', { restoreListener: restores }))
    await place.produce('amounts', amounts(0, 2_000))
    await caughtUp(one)
    const two = await place.start(topology, options('two'))
    await until(() => active(one).length === 2 && active(two).length === 2)
    await until(() => following(one).length === 2)
    await place.produce('amounts', amounts(2_000, 1_000))
    await caughtUp(two)
    await until(() => standbysAtEnd(one))
    expect(digests(one, true)).toEqual(digests(two, false))
    restores.started.length = 0
    await two.close()
    await until(() => active(one).length === PARTITIONS)
    await one.reached('RUNNING')
    expect(restores.fromZero).toEqual([])
  })
})

test('a new instance is warmed up while the owner goes on; it takes over once it is near', async () => {
  const quiet = { numStandbyReplicas: 0, maxWarmupReplicas: 1 }
  const restores = new Restores()
  const one = await place.start(topology, options('one', quiet))
  await place.produce('amounts', amounts(0, 3_000))
  await caughtUp(one)
  const two = place.app(topology, options('two', { ...quiet, restoreListener: restores }))
  const ownersAtWarmUp: string[][] = []
  await two.start()
  await until(() => {
    if (following(two).length === 1) ownersAtWarmUp.push([...active(one)])
    return active(two).length === 2
  })
  await two.reached('RUNNING')
  expect(ownersAtWarmUp[0]).toHaveLength(PARTITIONS)
  expect(restores.fromZero).toEqual([])
  await until(() => following(one).length === 0 && following(two).length === 0)
  await place.produce('amounts', amounts(3_000, 500))
  await caughtUp(one)
  await caughtUp(two)
})

test('an instance that comes back has at once the tasks whose state it still has: it tells the group of its disk', async () => {
  // Had it to be warmed up, this would take a minute.
  const alone = { numStandbyReplicas: 0, probingRebalanceIntervalMs: 60_000 }
  const restores = new Restores()
  const one = await place.start(topology, options('one', alone))
  const two = await place.start(topology, options('two', alone))
  await until(() => active(one).length === 2 && active(two).length === 2)
  await place.produce('amounts', amounts(0, 2_000))
  await caughtUp(one)
  await caughtUp(two)
  const before = active(two)
  await two.close()
  await until(() => active(one).length === PARTITIONS)
  await one.reached('RUNNING')
  const back = await place.start(topology, options('two', { ...alone, restoreListener: restores }))
  await until(() => active(back).length === 2)
  await back.reached('RUNNING')
  expect(active(back)).toEqual(before)
  expect(restores.fromZero).toEqual([])
})

test('every instance knows what all of them hold, and where they answer', async () => {
  const one = await place.start(topology, options('one', { applicationServer: 'one.local:7001' }))
  const two = await place.start(topology, options('two', { applicationServer: '[::1]:7002' }))
  await until(() => active(one).length === 2 && active(two).length === 2)
  await until(() => following(one).length === 2 && following(two).length === 2)
  const clients = one.metadataForAllStreamsClients()
  expect(two.metadataForAllStreamsClients()).toEqual(clients)
  expect(clients).toEqual([
    {
      processId: 'one',
      host: { host: 'one.local', port: 7001 },
      activeTasks: active(one),
      standbyTasks: active(two),
    },
    {
      processId: 'two',
      host: { host: '[::1]', port: 7002 },
      activeTasks: active(two),
      standbyTasks: active(one),
    },
  ])
})
