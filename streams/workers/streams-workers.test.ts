import { afterEach, beforeEach, expect, test } from 'vitest'
import { rocksdbEngine } from '#state-stores'
import { AppHarness, until } from '../fixtures/app-harness.ts'
import { silentLogger } from '../logger.ts'
import type { SumsData } from './fixtures/sums-worker.ts'
import { StreamsWorkers } from './streams-workers.ts'

const MODULE = new URL('./fixtures/sums-worker.ts', import.meta.url)

let directory: string
let workers: StreamsWorkers<SumsData>
let failures: Error[]

/** Input that a worker finds on the embedded log of the directory. */
beforeEach(async () => {
  const harness = await AppHarness.open(rocksdbEngine())
  directory = harness.directory
  await harness.createTopics(2, 'amounts', 'totals')
  await harness.produce('amounts', [
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
    { key: 'a', value: 3 },
  ])
  await harness.log.close()
  failures = []
  workers = open({ directory })
})

afterEach(async () => {
  await workers.close()
  new AppHarness({} as never, rocksdbEngine(), directory).remove()
})

function open(changes: Partial<SumsData>): StreamsWorkers<SumsData> {
  return new StreamsWorkers({
    name: 'sums',
    module: MODULE,
    data: { brokers: [], directory, run: '', ...changes },
    logger: silentLogger,
    onFailure: (error) => failures.push(error),
  })
}

async function caughtUp(): Promise<void> {
  await until(async () => {
    const lags = await workers.lag()
    return lags.length === 2 && lags.every(({ lag }) => lag === 0) && (await workers.areCommitted())
  })
}

async function append(key: string): Promise<void> {
  const harness = await new AppHarness({} as never, rocksdbEngine(), directory).reopened()
  await harness.produce('amounts', [{ key, value: 5 }])
  await harness.log.close()
}

test('a worker thread runs its instance, says what it does, and is removed with its work committed', async () => {
  expect(await workers.add()).toBe('sums-worker-1')
  expect(workers.names).toEqual(['sums-worker-1'])
  await caughtUp()
  await until(() => workers.areRunning)
  const [metadata] = await workers.metadata()
  expect(metadata).toMatchObject({ applicationId: 'sums', topology: 'sums', state: 'RUNNING' })
  expect(metadata?.threads.map(({ name }) => name)).toEqual(['sums-worker-1-thread-1'])
  expect(await workers.metrics()).toEqual([{ name: 'sums-worker-1' }])
  expect(await workers.remove()).toBe('sums-worker-1')
  expect(workers.names).toEqual([])
  expect(await workers.remove()).toBeUndefined()
  expect(failures).toEqual([])

  const harness = await new AppHarness({} as never, rocksdbEngine(), directory).reopened()
  const totals = await harness.keyValues('totals')
  expect(totals.filter(([key]) => key === 'a')).toEqual([
    ['a', '1'],
    ['a', '4'],
  ])
  await harness.log.close()
})

test('a worker whose application cannot be opened is refused with the cause, and is gone', async () => {
  workers = open({ directory: '' })
  await expect(workers.add()).rejects.toMatchObject({
    code: 'STREAMS_WORKER_FAILED',
    message: expect.stringContaining('there is no directory'),
  })
  expect(workers.names).toEqual([])
  expect(failures).toEqual([])
})

test('a worker that a bug ends is told once, with the cause, and is gone', async () => {
  await append('end-the-worker')
  await workers.add()
  await until(() => failures.length > 0)
  expect(failures.map(String)).toEqual([expect.stringContaining('a bug of the program')])
  expect(workers.names).toEqual([])
  expect(await workers.metadata()).toEqual([])
})

test('an instance that fails closes its worker and is told with where it failed', async () => {
  const harness = await new AppHarness({} as never, rocksdbEngine(), directory).reopened()
  await harness.produce('amounts', [{ key: 'a', value: 'no number' }])
  await harness.log.close()
  await workers.add()
  await until(() => failures.length > 0)
  expect(failures).toEqual([
    expect.objectContaining({
      code: 'STREAMS_WORKER_FAILED',
      place: expect.objectContaining({ topic: 'amounts' }),
    }),
  ])
  expect(String(failures[0])).toContain('STREAMS_DESERIALIZATION_FAILED')
  expect(workers.names).toEqual([])
})
