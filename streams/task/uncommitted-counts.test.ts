import { afterEach, describe, expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import { MetricValues } from '../fixtures/metric-values.ts'
import { processor, sink, source, text, wholeNumber } from '../fixtures/sample-topology.ts'
import { noMetrics } from '../metrics.ts'
import type { Processor, ProcessorContext, ProcessorMetrics, StreamRecord } from '../processor.ts'
import { TopologyTestDriver, type TopologyTestDriverOptions } from '../testing/index.ts'
import type { Topology } from '../topology.ts'
import { UncommittedCounts } from './uncommitted-counts.ts'

let driver: TopologyTestDriver | undefined

afterEach(async () => {
  await driver?.close()
  driver = undefined
})

/** Adds each value to `orion_test_amount_total`, and 1 to `orion_test_looks_total` at each second; values above 99 fail after that. */
class Counting implements Processor<string, number, string, number> {
  #context: ProcessorContext<string, number> | undefined
  #amount: ReturnType<ProcessorMetrics['counter']> | undefined

  init(context: ProcessorContext<string, number>): void {
    this.#context = context
    this.#amount = context.metrics.counter('orion_test_amount_total', 'Amount.', { side: 'BUY' })
    const looks = context.metrics.counter('orion_test_looks_total', 'Looks.')
    context.schedule(1_000, 'wall-clock', () => looks.add(1))
  }

  process(record: StreamRecord<string, number>): void {
    this.#amount?.add(record.value)
    if (record.value > 99) throw new Error('too much')
    this.#context?.forward(record)
  }
}

function counting(): Topology {
  const nodes = [
    source({ name: 'in', topics: ['in'], children: ['count'] }),
    processor({
      name: 'count',
      parents: ['in'],
      children: ['out'],
      supplier: () => new Counting(),
    }),
    sink({ name: 'out', parents: ['count'], topic: 'out' }),
  ]
  return {
    name: 'counting',
    subTopologies: [{ id: 0, nodes, sources: ['in'], stores: [] }],
    globalStores: [],
    repartitions: [],
  }
}

async function driven(options: Partial<TopologyTestDriverOptions> = {}) {
  const metrics = new MetricValues()
  driver = await TopologyTestDriver.open({
    topology: counting(),
    stores: createStoreBackend(memoryEngine()),
    metrics,
    ...options,
  })
  const input = driver.createInputTopic('in', text, wholeNumber)
  return {
    driver,
    add: (value: number, key = 'k') => input.pipe(key, value),
    amount: () => metrics.of('orion_test_amount_total', { side: 'BUY' }),
    looks: () => metrics.of('orion_test_looks_total', {}),
  }
}

describe('what a processor counts', () => {
  test('is there from the start, under its own labels, and counts when the transaction is committed', async () => {
    const run = await driven({ commit: 'manual' })
    expect(run.amount()).toBe(0)
    run.add(3)
    run.add(4)
    expect(run.amount()).toBe(0)
    run.driver.commit()
    expect(run.amount()).toBe(7)
    run.driver.commit()
    expect(run.amount()).toBe(7)
  })

  test('counts once where another record took it back, and not where its own record failed', async () => {
    const run = await driven({ commit: 'manual', handlers: { processing: 'continue' } })
    for (const value of [1, 100, 2]) run.add(value)
    run.driver.commit()
    expect(run.amount()).toBe(3)
  })

  test('counts once for a record that is tried again until it succeeds', async () => {
    let isAway = true
    const topology = counting()
    const run = await driven({
      topology,
      handlers: {
        processing: () => {
          if (!isAway) return 'continue'
          isAway = false
          return 'retry'
        },
      },
    })
    run.add(5)
    run.add(100)
    run.driver.advanceWallClock(500)
    run.add(6)
    expect(run.amount()).toBe(11)
  })

  test('does not count what a crash leaves uncommitted, and counts it when it is done again', async () => {
    const run = await driven({ commit: 'manual' })
    run.add(1)
    run.driver.commit()
    run.add(2)
    await run.driver.restart({ crash: true })
    expect(run.amount()).toBe(1)
    run.driver.commit()
    expect(run.amount()).toBe(3)
  })

  test('in a timer that does nothing else, counts without a commit', async () => {
    const run = await driven()
    run.driver.advanceWallClock(1_000)
    run.driver.advanceWallClock(1_000)
    expect(run.looks()).toBe(2)
  })

  test('adds up over tasks, and stays when they close', async () => {
    const run = await driven({ partitions: 2 })
    for (const key of ['a', 'b', 'c', 'd']) run.add(1, key)
    expect(run.amount()).toBe(4)
    await run.driver.close()
    expect(run.amount()).toBe(4)
  })
})

test('a counter does not fall', () => {
  const counter = new UncommittedCounts(noMetrics).counter('orion_test_total', 'Test.')
  expect(() => counter.add(-1)).toThrow('a counter only grows: -1')
  expect(() => counter.add(Number.NaN)).toThrow('NaN')
})
