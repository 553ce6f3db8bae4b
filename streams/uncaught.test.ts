import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StreamsError } from './errors.ts'
import { AppHarness, until } from './fixtures/app-harness.ts'
import { SumProcessor, sumTopology } from './fixtures/sample-topology.ts'
import type { StreamRecord } from './processor.ts'
import type { Streams } from './streams.ts'
import type { UncaughtDecision } from './streams-options.ts'

let harness: AppHarness

beforeEach(async () => {
  harness = await AppHarness.open()
  await harness.createTopics(4, 'amounts', 'totals')
})

afterEach(() => harness.close())

/** Breaks at 13. */
class Fragile extends SumProcessor {
  override process(record: StreamRecord<string, number>): void {
    if (record.value === 13) throw new Error('unlucky')
    super.process(record)
  }
}

function instance(name: string, onUncaughtError: UncaughtDecision, threads = 1): Promise<Streams> {
  return harness.start(
    sumTopology(() => new Fragile()),
    {
      directory: `${harness.directory}/${name}`,
      onUncaughtError,
      threads,
      sessionTimeoutMs: 5_000,
    },
  )
}

const codeOf = (streams: Streams) => (streams.error() as StreamsError | undefined)?.code

test('shutdown-application stops every instance, each with the cause as far as it knows it', async () => {
  const instances = [
    await instance('a', 'shutdown-application'),
    await instance('b', 'shutdown-application', 2),
    await instance('c', 'shutdown-application'),
  ]
  await until(() => instances.every((one) => one.state() === 'RUNNING'))
  await harness.produce('amounts', [{ key: 'k', value: 13 }])
  await until(() => instances.every((one) => one.state() === 'ERROR'))
  expect(instances.map(codeOf).sort()).toEqual([
    'STREAMS_PROCESSING_FAILED',
    'STREAMS_SHUTDOWN_REQUESTED',
    'STREAMS_SHUTDOWN_REQUESTED',
  ])
})

test('shutdown-client stops the instance with its cause', async () => {
  const first = await instance('a', 'shutdown-client')
  await harness.produce('amounts', [{ key: 'k', value: 13 }])
  await until(() => first.state() === 'ERROR')
  expect(codeOf(first)).toBe('STREAMS_PROCESSING_FAILED')
})

test('a single instance that asks all to stop stops with its own cause', async () => {
  const streams = await instance('a', 'shutdown-application')
  await harness.produce('amounts', [{ key: 'k', value: 13 }])
  await until(() => streams.state() === 'ERROR')
  expect(codeOf(streams)).toBe('STREAMS_PROCESSING_FAILED')
})
