import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import { AppHarness, caughtUp } from './fixtures/app-harness.ts'
import { FaultyLog } from './fixtures/faulty-log.ts'
import { MetricValues } from './fixtures/metric-values.ts'
import { SumProcessor, sumTopology } from './fixtures/sample-topology.ts'
import type { ProcessorContext, StreamRecord } from './processor.ts'
import { replay } from './replay/replay.ts'

let harness: AppHarness | undefined

afterEach(async () => {
  await harness?.close()
  harness = undefined
})

let processed = 0

/** Counts what it has taken. */
class CountedSums extends SumProcessor {
  #count = (): void => {}

  override init(context: ProcessorContext<string, number>): void {
    super.init(context)
    const amounts = context.metrics.counter('orion_sums_amounts_total', 'Amounts added.')
    this.#count = () => amounts.add(1)
  }

  override process(record: StreamRecord<string, number>): void {
    super.process(record)
    this.#count()
    processed++
  }
}

const topology = () => sumTopology(() => new CountedSums())

test('what processors count is each committed record once, over tasks, lost commits and restarts; a replay adds nothing', async () => {
  harness = await AppHarness.open()
  await harness.createTopics(2, 'amounts', 'totals')
  const metrics = new MetricValues()
  const counted = () => metrics.of('orion_sums_amounts_total', {})
  const log = new FaultyLog(harness.log)
  processed = 0
  for (let run = 0; run < 2; run++) {
    let commits = 0
    log.commitFault = () => (++commits === 2 ? 'unknown-and-aborted' : 'none')
    const streams = await harness.start(topology(), { metrics, log, commitIntervalMs: 1 })
    for (let round = 0; round < 5; round++) {
      await harness.produce(
        'amounts',
        ['a', 'b', 'c', 'd'].map((key) => ({ key, value: round })),
      )
      await caughtUp(streams)
    }
    await streams.close()
  }
  expect(processed).toBeGreaterThan(40)
  expect(counted()).toBe(40)

  processed = 0
  const replayed = await replay({
    topology: topology(),
    applicationId: 'sums',
    log: harness.log,
    stores: createStoreBackend(memoryEngine()),
    directory: join(harness.directory, 'replay'),
  })
  expect(replayed).toMatchObject({ mode: 'exact', isEqual: true })
  expect(processed).toBe(40)
  expect(counted()).toBe(40)
})
