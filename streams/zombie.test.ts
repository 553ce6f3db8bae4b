import { afterEach, expect, test } from 'vitest'
import { AppHarness, caughtUp, until } from './fixtures/app-harness.ts'
import {
  activeTasks,
  amountsFrom,
  ClusterHarness,
  undisturbed,
  valuesByKey,
} from './fixtures/cluster-harness.ts'
import { FaultyLog } from './fixtures/faulty-log.ts'
import { sumTopology, TimedSumProcessor } from './fixtures/sample-topology.ts'

const topology = sumTopology(() => new TimedSumProcessor())
let cluster: ClusterHarness | undefined

afterEach(async () => {
  await cluster?.close()
  cluster = undefined
})

test('an instance that wakes up in the middle of a commit after its tasks went to another writes nothing, and has tasks again', async () => {
  const expected = await undisturbed(topology, 4, amountsFrom(0, 3_000), caughtUp)
  cluster = await ClusterHarness.open(topology, 4)
  const { place } = cluster
  const log = new FaultyLog(place.log)
  const sleepy = await cluster.start('sleepy', { log })
  await place.produce('amounts', amountsFrom(0, 1_000))
  await caughtUp(sleepy)

  // It sleeps before its commits reach the log, and does not poll either.
  let wake = () => {}
  log.commitsMay = new Promise((resolve) => {
    wake = resolve
  })
  await place.produce('amounts', amountsFrom(1_000, 1_000))
  await until(() => log.waitingCommits > 0)
  // What takes over does not wait for the group: it has the same transactional ids.
  for (let partition = 0; partition < 4; partition++) {
    const transactionalId = `${topology.name}-0_${partition}`
    const successor = await place.log.createTransactionalProducer({
      clientId: 'successor',
      transactionalId,
      transactionTimeoutMs: 10_000,
    })
    await successor.init()
    await successor.close()
  }
  const before = await place.read('totals')
  wake()
  log.commitsMay = Promise.resolve()
  await until(() => log.fencedCommits > 0)
  await place.produce('amounts', amountsFrom(2_000, 1_000))
  await until(() => activeTasks(sleepy).length === 4)
  await caughtUp(sleepy)
  expect(before.length).toBeGreaterThan(0)
  expect(await valuesByKey(place, 'totals')).toEqual(expected)
  expect(sleepy.state()).toBe('RUNNING')
})

test('a commit that hangs is given up when the transaction times out; the task begins again and loses nothing', async () => {
  const expected = await undisturbed(topology, 1, amountsFrom(0, 600), caughtUp)
  const place = await AppHarness.open()
  cluster = new ClusterHarness(place, topology, {})
  await place.createTopics(1, 'amounts', 'totals')
  const log = new FaultyLog(place.log)
  const streams = await place.start(topology, { log, transactionTimeoutMs: 1_000 })
  await place.produce('amounts', amountsFrom(0, 300))
  await caughtUp(streams)
  // Never answered.
  log.commitsMay = new Promise(() => {})
  await place.produce('amounts', amountsFrom(300, 100))
  await until(() => log.waitingCommits > 0)
  log.commitsMay = Promise.resolve()
  await place.produce('amounts', amountsFrom(400, 200))
  await caughtUp(streams)
  expect(await valuesByKey(place, 'totals')).toEqual(expected)
})
