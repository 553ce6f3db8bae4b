import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { caughtUp, until } from './fixtures/app-harness.ts'
import {
  activeTasks,
  amountsFrom,
  ClusterHarness,
  undisturbed,
  valuesByKey,
} from './fixtures/cluster-harness.ts'
import { Restores } from './fixtures/restores.ts'
import { sumTopology, TimedSumProcessor } from './fixtures/sample-topology.ts'
import type { Streams } from './streams.ts'

const topology = sumTopology(() => new TimedSumProcessor())
let cluster: ClusterHarness | undefined

afterEach(async () => {
  await cluster?.close()
  cluster = undefined
})

const byThread = (streams: Streams) => streams.metadata().threads.map(({ tasks }) => tasks.length)

test('threads are added and removed under load; tasks move with their stores open, and restore nothing', async () => {
  const expected = await undisturbed(topology, 6, amountsFrom(0, 3_000), caughtUp)
  const restores = new Restores()
  cluster = await ClusterHarness.open(topology, 6, { restoreListener: restores })
  const { place } = cluster
  const streams = await cluster.start('one')
  await place.produce('amounts', amountsFrom(0, 1_000))
  await caughtUp(streams)
  restores.started.length = 0

  expect(streams.addStreamThread()).toBe('sums-thread-2')
  expect(streams.addStreamThread()).toBe('sums-thread-3')
  await place.produce('amounts', amountsFrom(1_000, 1_000))
  await until(() => byThread(streams).every((count) => count === 2))
  await streams.reached('RUNNING')

  expect(await streams.removeStreamThread()).toBe('sums-thread-3')
  await place.produce('amounts', amountsFrom(2_000, 1_000))
  await until(() => byThread(streams).join() === '3,3')
  await caughtUp(streams)
  expect(await valuesByKey(place, 'totals')).toEqual(expected)
  expect(restores.fromZero).toEqual([])
})

test('threads cannot be added or removed once the application is closed', async () => {
  cluster = await ClusterHarness.open(topology, 1)
  const streams = await cluster.start('one')
  await streams.close()
  expect(streams.addStreamThread()).toBeUndefined()
  expect(await streams.removeStreamThread()).toBeUndefined()
})

test('a static member that comes back in time has its tasks again; nobody else was given them', async () => {
  cluster = await ClusterHarness.open(topology, 4)
  const { place } = cluster
  const stays = await cluster.start('stays', { groupInstanceId: 'stays' })
  const restarted = await cluster.start('restarted', { groupInstanceId: 'restarted' })
  await until(() => activeTasks(stays).length === 2 && activeTasks(restarted).length === 2)
  await place.produce('amounts', amountsFrom(0, 500))
  await caughtUp(restarted)
  const [before, others] = [activeTasks(restarted), activeTasks(stays)]
  await restarted.close()
  const states: string[] = []
  stays.onStateChange((state) => states.push(state))
  const back = await cluster.start('restarted', { groupInstanceId: 'restarted' })
  await until(() => activeTasks(back).length === 2)
  expect(activeTasks(back)).toEqual(before)
  expect(activeTasks(stays)).toEqual(others)
  expect(states).toEqual([])
  await caughtUp(back)
})

test('a static member that leaves for good gives its tasks to the others at once', async () => {
  cluster = await ClusterHarness.open(topology, 4)
  const stays = await cluster.start('stays', { groupInstanceId: 'stays' })
  const leaves = await cluster.start('leaves', { groupInstanceId: 'leaves' })
  await until(() => activeTasks(stays).length === 2 && activeTasks(leaves).length === 2)
  await leaves.close({ leaveGroup: true })
  await until(() => activeTasks(stays).length === 4)
  await stays.reached('RUNNING')
})

test('local state is cleaned up before the start or after the close, and comes back', async () => {
  const restores = new Restores()
  cluster = await ClusterHarness.open(topology, 2, { restoreListener: restores })
  const streams = await cluster.start('one')
  await cluster.place.produce('amounts', amountsFrom(0, 500))
  await caughtUp(streams)
  await expect(streams.cleanUp()).rejects.toMatchObject({ code: 'STREAMS_INVALID_STATE' })
  const entries = [...streams.store<string, number>('totals').all()]
  await streams.close()
  const task = join(cluster.directory('one'), topology.name, '0_0')
  expect(existsSync(task)).toBe(true)
  await streams.cleanUp()
  expect(existsSync(task)).toBe(false)

  const again = await cluster.start('one')
  await caughtUp(again)
  expect(restores.fromZero).toHaveLength(2)
  expect([...again.store<string, number>('totals').all()]).toEqual(entries)
})

test('state that two others have is removed after the delay; what may be needed stays', async () => {
  cluster = await ClusterHarness.open(topology, 1, {
    numStandbyReplicas: 1,
    stateCleanupDelayMs: 100,
  })
  const { place } = cluster
  const one = await cluster.start('one')
  await place.produce('amounts', amountsFrom(0, 500))
  await caughtUp(one)
  await one.close()
  const directory = (name: string) => join(cluster?.directory(name) ?? '', topology.name, '0_0')
  // The state of the first instance is now the only one.
  const two = await cluster.start('two')
  const three = await cluster.start('three')
  await place.produce('amounts', amountsFrom(500, 500))
  const lagless = (streams: Streams) =>
    streams
      .metadata()
      .threads.flatMap(({ standbyTasks }) => standbyTasks)
      .some(
        ({ stores: [store] }) =>
          store !== undefined && store.position > 54 && store.position === store.endOffset,
      )
  await until(() => lagless(two) || lagless(three))
  expect(existsSync(directory('one'))).toBe(true)
  const back = await cluster.start('one')
  // What members say of their stores is as of their last join: now and then they are asked again, and left in peace for the delay.
  for (let looks = 1; existsSync(directory('one')) && activeTasks(back).length === 0; looks++) {
    if (looks % 500 === 0) {
      two.addStreamThread()
      await until(() => two.metadata().threads.every(({ state }) => state === 'RUNNING'))
      await two.removeStreamThread()
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(existsSync(directory('two')) && existsSync(directory('three'))).toBe(true)
  expect(activeTasks(back)).toEqual([])
})

test('a restoration tells how fast it is and how long it takes, to the listener and in the metadata', async () => {
  const restores = new Restores()
  cluster = await ClusterHarness.open(topology, 1, { restoreListener: restores })
  const { place } = cluster
  const first = await cluster.start('one', { pollRecordsMax: 100 })
  for (let from = 0; from < 3_000; from += 100)
    await place.produce('amounts', amountsFrom(from, 100))
  await caughtUp(first)
  await first.close()
  await first.cleanUp()
  const told: unknown[] = []
  const again = cluster.app('one', {
    restoreListener: {
      restoreStarted: (progress) => restores.restoreStarted(progress),
      batchRestored: (progress) => {
        restores.batchRestored(progress)
        told.push(again.metadata().threads.flatMap(({ tasks }) => tasks[0]?.restore ?? []))
      },
    },
  })
  await again.start()
  await again.reached('RUNNING')
  const progress = restores.progress.at(-1)
  expect(progress?.offsetsPerSecond).toBeGreaterThan(0)
  expect(progress?.remainingMs).toBe(0)
  expect(told[0]).toEqual([
    expect.objectContaining({
      store: 'totals',
      taskId: '0_0',
      from: 0,
      endOffset: progress?.endOffset,
    }),
  ])
  expect(again.metadata().threads[0]?.tasks[0]?.restore).toEqual([])
})
