import { describe, expect, test } from 'vitest'
import { processor, repartitionedSumTopology, sink, source } from '../fixtures/sample-topology.ts'
import type { Topology } from '../topology.ts'
import { planTopology } from './topology-plan.ts'

const counts = (entries: Record<string, number>) => new Map(Object.entries(entries))

describe('a topology with a repartition', () => {
  const plan = planTopology(repartitionedSumTopology(), 'app', counts({ orders: 6, totals: 2 }))

  test('has as many partitions behind it as before it, unless told otherwise', () => {
    expect(plan.subTopologies.map(({ partitionCount }) => partitionCount)).toEqual([6, 6])
    const told = planTopology(repartitionedSumTopology(3), 'app', counts({ orders: 6, totals: 2 }))
    expect(told.subTopologies.map(({ partitionCount }) => partitionCount)).toEqual([6, 3])
  })

  test('needs a repartition topic and a compacted changelog', () => {
    expect(
      plan.internalTopics.map(({ topic, partitions, cleanup }) => [topic, partitions, cleanup]),
    ).toEqual([
      ['app-by-group-repartition', 6, 'delete'],
      ['app-totals-changelog', 6, 'compact'],
    ])
  })

  test('never deletes internal records by the time of the events in them', () => {
    for (const topic of plan.internalTopics) expect(topic.retentionMs).toBe(-1)
  })

  test('knows the task of each input', () => {
    expect(plan.inputTopics).toEqual(['app-by-group-repartition', 'orders'])
    expect(plan.taskOf({ topic: 'orders', partition: 5 })).toBe('0_5')
    expect(plan.taskOf({ topic: 'app-by-group-repartition', partition: 1 })).toBe('1_1')
    expect(plan.taskOf({ topic: 'totals', partition: 0 })).toBeUndefined()
  })
})

test('a repartition that is read beside another topic is partitioned like it', () => {
  const rekeyed = repartitionedSumTopology()
  const [first, second] = rekeyed.subTopologies
  if (first === undefined || second === undefined) throw new Error('two sub-topologies expected')
  const joined: Topology = {
    ...rekeyed,
    subTopologies: [
      first,
      { ...second, nodes: [...second.nodes, source({ name: 'rates', topics: ['rates'] })] },
    ],
  }
  const plan = planTopology(joined, 'app', counts({ orders: 2, totals: 1, rates: 5 }))
  expect(plan.partitionCounts.get('app-by-group-repartition')).toBe(5)
})

test('a repartition that only feeds itself has to be given a count', () => {
  const nodes = [
    source({ name: 'again', topics: ['loop'], children: ['pass'] }),
    processor({ name: 'pass', children: ['loop-out'], supplier: () => ({ process: () => {} }) }),
    sink({ name: 'loop-out', topic: 'loop' }),
  ]
  const topology: Topology = {
    name: 'loop',
    subTopologies: [{ id: 0, nodes, sources: ['again'], stores: [] }],
    globalStores: [],
    repartitions: [{ name: 'loop', partitions: undefined }],
  }
  expect(() => planTopology(topology, 'app', counts({}))).toThrow('STREAMS_UNKNOWN_PARTITIONS')
})
