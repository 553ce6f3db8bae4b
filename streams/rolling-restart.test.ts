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

const PARTITIONS = 6
const NAMES = ['one', 'two', 'three']
const RECORDS = 6_000
const STEP = 250
const topology = sumTopology(() => new TimedSumProcessor())

let cluster: ClusterHarness | undefined

afterEach(async () => {
  await cluster?.close()
  cluster = undefined
})

const followed = (streams: Streams) =>
  streams
    .metadata()
    .threads.flatMap(({ standbyTasks }) => standbyTasks.flatMap(({ stores }) => stores))

/** Restarts one instance after the other while amounts keep coming. @returns the restorations of the restart alone */
async function rollingRestart(isStatic: boolean, numStandbyReplicas: number): Promise<Restores> {
  const restores = new Restores()
  const place = await ClusterHarness.open(topology, PARTITIONS, {
    numStandbyReplicas,
    // Less than the smallest state: whoever starts from nothing is not caught up.
    acceptableRecoveryLag: 3,
    restoreListener: restores,
    batchRecordsMax: 50,
    pollRecordsMax: 200,
  })
  cluster = place
  const start = (name: string) =>
    place.start(name, isStatic ? { groupInstanceId: `instance-${name}` } : {})
  const running = new Map<string, Streams>()
  for (const name of NAMES) running.set(name, await start(name))
  const all = () => [...running.values()]
  const isSettled = () =>
    all().every((streams) => streams.state() === 'RUNNING' && activeTasks(streams).length === 2) &&
    all().flatMap(followed).length === PARTITIONS * numStandbyReplicas &&
    all()
      .flatMap(followed)
      .every(({ position }) => position > 0)
  let sent = 0
  const send = async () => {
    if (sent >= RECORDS) return
    await place.place.produce('amounts', amountsFrom(sent, STEP))
    sent += STEP
  }
  await send()
  await until(isSettled)
  for (const streams of all()) await caughtUp(streams)
  restores.started.length = 0
  for (const name of NAMES) {
    await send()
    await running.get(name)?.close()
    running.delete(name)
    await send()
    running.set(name, await start(name))
    await until(async () => {
      await send()
      return isSettled()
    })
  }
  while (sent < RECORDS) await send()
  for (const streams of all()) await caughtUp(streams)
  return restores
}

test.each([
  ['static members', true, 0],
  ['members that leave, with a standby each', false, 1],
])(
  'a rolling restart of three instances under load restores nothing from zero: %s',
  async (...[, isStatic, numStandbyReplicas]) => {
    const expected = await undisturbed(topology, PARTITIONS, amountsFrom(0, RECORDS), caughtUp)
    const restores = await rollingRestart(isStatic, numStandbyReplicas)
    expect(restores.fromZero).toEqual([])
    expect(cluster && (await valuesByKey(cluster.place, 'totals'))).toEqual(expected)
  },
)
