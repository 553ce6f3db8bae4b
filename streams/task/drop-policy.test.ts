import { afterEach, describe, expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import { processor, sink, source, text, wholeNumber } from '../fixtures/sample-topology.ts'
import { type Labels, type Metrics, noMetrics } from '../metrics.ts'
import type { ProcessorContext, StreamRecord } from '../processor.ts'
import { TopologyTestDriver, type TopologyTestDriverOptions } from '../testing/index.ts'
import type { Topology } from '../topology.ts'

let driver: TopologyTestDriver | undefined

afterEach(async () => {
  await driver?.close()
  driver = undefined
})

/** Drops odd numbers as `late`, zeros as `expired`, and something at each second of the wall clock. Negative numbers fail after that. */
function dropping(): Topology {
  const supplier = () => {
    let context: ProcessorContext<string, number> | undefined
    return {
      init: (given: ProcessorContext<string, number>) => {
        context = given
        given.schedule(1_000, 'wall-clock', () => given.drop('expired'))
      },
      process: (record: StreamRecord<string, number>) => {
        if (record.value === 0) context?.drop('expired')
        else if (record.value % 2 === 1) context?.drop('late')
        else if (record.value === -1) context?.drop('late')
        else context?.forward(record)
        if (record.value < 0) throw new Error('negative')
      },
    }
  }
  const nodes = [
    source({ name: 'in', topics: ['in'], children: ['window'] }),
    processor({ name: 'window', parents: ['in'], children: ['out'], supplier }),
    sink({ name: 'out', parents: ['window'], topic: 'out' }),
  ]
  return {
    name: 'dropping',
    subTopologies: [{ id: 0, nodes, sources: ['in'], stores: [] }],
    globalStores: [],
    repartitions: [],
  }
}

function counting(): { readonly metrics: Metrics; readonly counts: Record<string, number> } {
  const counts: Record<string, number> = {}
  const counter = (name: string, _help: string, { node, reason }: Labels = {}) => ({
    add: (amount: number) => {
      if (name !== 'orion_task_dropped_records_total') return
      counts[`${node} ${reason}`] = (counts[`${node} ${reason}`] ?? 0) + amount
    },
  })
  return { metrics: { ...noMetrics, counter }, counts }
}

async function drive(options: Partial<TopologyTestDriverOptions>): Promise<TopologyTestDriver> {
  driver = await TopologyTestDriver.open({
    topology: dropping(),
    stores: createStoreBackend(memoryEngine()),
    ...options,
  })
  const input = driver.createInputTopic('in', text, wholeNumber)
  for (const value of [1, 2, 3, 0]) input.pipe(`k-${value}`, value)
  input.pipe('k', 4, { timestampMs: -1 })
  driver.advanceWallClock(1_000)
  return driver
}

const letters = (driven: TopologyTestDriver) =>
  driven.deadLetters.map(({ code, offset, consumer }) => `${code} ${offset} ${consumer}`)

describe('a record that is dropped', () => {
  test('is counted by node and reason, and goes nowhere', async () => {
    const { metrics, counts } = counting()
    const driven = await drive({ metrics })
    expect(counts).toEqual({ 'window late': 2, 'window expired': 2, 'in negative-timestamp': 1 })
    expect(letters(driven)).toEqual([])
    expect(driven.createOutputTopic('out', text, wholeNumber).readKeyValues()).toEqual([['k-2', 2]])
  })

  test('counts once where a record that failed took the task back, and not where it failed itself', async () => {
    const { metrics, counts } = counting()
    driver = await TopologyTestDriver.open({
      topology: dropping(),
      stores: createStoreBackend(memoryEngine()),
      metrics,
      commit: 'manual',
      handlers: { processing: 'continue' },
    })
    const input = driver.createInputTopic('in', text, wholeNumber)
    for (const value of [1, 2, -2, -1, 3, 0]) input.pipe('k', value)
    expect(counts).not.toHaveProperty('window expired')
    driver.commit()
    expect(counts).toEqual({ 'window late': 2, 'window processing-error': 2, 'window expired': 1 })
    expect(driver.createOutputTopic('out', text, wholeNumber).readKeyValues()).toEqual([['k', 2]])
  })

  test('is dead-lettered for the reasons that the application names', async () => {
    const driven = await drive({ deadLetterDropped: ['expired'] })
    expect(letters(driven)).toEqual(['DROPPED_EXPIRED 3 dropping/window'])
  })

  test('is dead-lettered for any reason where the application says so, if there is a record', async () => {
    const driven = await drive({ deadLetterDropped: 'all' })
    expect(letters(driven)).toEqual([
      'DROPPED_LATE 0 dropping/window',
      'DROPPED_LATE 2 dropping/window',
      'DROPPED_EXPIRED 3 dropping/window',
      'DROPPED_NEGATIVE_TIMESTAMP 4 dropping/in',
    ])
    expect(driven.createOutputTopic('dead-letters', text, text).readKeyValues()).toEqual([
      ['k-1', '1'],
      ['k-3', '3'],
      ['k-0', '0'],
      ['k', '4'],
    ])
  })
})
