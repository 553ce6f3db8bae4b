import { join } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { rocksdbEngine } from '#state-stores'
import { systemClock } from '../clock.ts'
import { AppHarness, caughtUp, until } from '../fixtures/app-harness.ts'
import { sumTopology } from '../fixtures/sample-topology.ts'
import { serveLog } from '../log/channel/serve-log.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../log/embedded/embedded-log.ts'
import { silentLogger } from '../logger.ts'
import { noMetrics } from '../metrics.ts'
import type { SumsData } from './fixtures/sums-worker.ts'
import { StreamsWorkers } from './streams-workers.ts'

const MODULE = new URL('./fixtures/sums-worker.ts', import.meta.url)
const PARTITIONS = 4
const KEYS = 64
const ROUNDS = 3

const ports = { clock: systemClock, logger: silentLogger, metrics: noMetrics }

let ground: AppHarness
let log: EmbeddedLog
let produced = 0

afterEach(() => ground.close())

async function open(): Promise<void> {
  const first = await AppHarness.open(rocksdbEngine())
  await first.createTopics(PARTITIONS, 'amounts', 'totals')
  await first.log.close()
  const { directory } = first
  log = await openEmbeddedLog({
    engine: rocksdbEngine(),
    directory: join(directory, 'log'),
    ...ports,
  })
  ground = new AppHarness(log, rocksdbEngine(), directory)
  produced = 0
}

/** One of each key. */
async function produce(): Promise<void> {
  const amounts = Array.from({ length: KEYS }, (_, key) => ({ key: `key-${key}`, value: 1 }))
  await ground.produce('amounts', amounts)
  produced += 1
}

/** Each key was counted up by ones: nothing twice, nothing left out. */
async function expectCountedOnce(): Promise<void> {
  const totals = await ground.keyValues('totals')
  const expected = Array.from({ length: produced }, (_, index) => index + 1)
  for (let key = 0; key < KEYS; key++) {
    const own = totals.flatMap(([name, total]) => (name === `key-${key}` ? [Number(total)] : []))
    expect(own, `totals of key-${key}`).toEqual(expected)
  }
}

/** A worker as `StreamsWorkers` makes it, that can be ended without a word. */
function startWorker(name: string): { kill(): Promise<unknown> } {
  const { port1, port2 } = new MessageChannel()
  serveLog(log, port1, { logger: silentLogger })
  const data: SumsData = { brokers: [], directory: ground.directory, run: '' }
  const worker = new Worker(MODULE, {
    workerData: { name, data, logPort: port2 },
    transferList: [port2],
  })
  worker.postMessage({ id: 1, question: 'start' })
  return { kill: () => worker.terminate() }
}

test('a worker thread that is killed at work leaves its tasks to the others, and all is counted once', async () => {
  await open()
  const here = await ground.start(sumTopology(), {
    directory: join(ground.directory, 'state', 'here'),
  })
  const tasksHere = () => here.metadata().threads.reduce((sum, { tasks }) => sum + tasks.length, 0)
  for (let round = 1; round <= ROUNDS; round++) {
    const worker = startWorker(`worker-${round}`)
    await until(async () => {
      await produce()
      return tasksHere() === PARTITIONS / 2
    })
    const before = (await ground.read('totals')).length
    await until(async () => {
      await produce()
      return (await ground.read('totals')).length > before + 20 * KEYS
    })
    await produce()
    await worker.kill()
    await produce()
    await until(() => tasksHere() === PARTITIONS)
    await produce()
    await caughtUp(here)
  }
  await expectCountedOnce()
})

test('workers on a served log take over from each other when one is added or removed', async () => {
  await open()
  const failures: Error[] = []
  const workers = new StreamsWorkers<SumsData>({
    name: 'sums',
    module: MODULE,
    data: { brokers: [], directory: ground.directory, run: '' },
    log,
    logger: silentLogger,
    onFailure: (error) => failures.push(error),
  })
  const counted = () =>
    until(async () => {
      const lags = await workers.lag()
      return (
        lags.length === PARTITIONS &&
        lags.every(({ lag }) => lag === 0) &&
        (await workers.areCommitted())
      )
    })
  await workers.add()
  await produce()
  await counted()
  await workers.add()
  await until(async () => {
    await produce()
    const tasks = (await workers.metadata()).map(({ threads: [thread] }) => thread?.tasks.length)
    return tasks.join() === '2,2'
  })
  await counted()
  await workers.remove()
  await produce()
  await counted()
  await workers.close()
  expect(failures).toEqual([])
  expect((await log.admin.describeGroup('sums')).members).toEqual([])
  await expectCountedOnce()
})
