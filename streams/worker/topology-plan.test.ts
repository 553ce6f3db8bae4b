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

describe('topics that are joined', () => {
  /** `left` and the repartition topics are joined. */
  const joined = (options: {
    readonly topics: readonly string[]
    readonly partitions?: Record<string, number>
  }): Topology => {
    const internal = options.topics.filter((topic) => topic.startsWith('by-'))
    const writers = internal.map((topic, index) => ({
      id: index + 1,
      nodes: [
        source({ name: `from-${topic}`, topics: [`before-${topic}`], children: [`to-${topic}`] }),
        sink({ name: `to-${topic}`, parents: [`from-${topic}`], topic }),
      ],
      sources: [`from-${topic}`],
      stores: [],
    }))
    const nodes = options.topics.map((topic) => source({ name: topic, topics: [topic] }))
    const join = { id: 0, nodes, sources: [...options.topics], stores: [] }
    return {
      name: 'joined',
      subTopologies: [join, ...writers],
      globalStores: [],
      repartitions: internal.map((name) => ({ name, partitions: options.partitions?.[name] })),
      copartitioned: [options.topics.slice(0, 2), options.topics.slice(1)],
    }
  }
  const planned = (topology: Topology, external: Record<string, number>) =>
    Object.fromEntries(planTopology(topology, 'app', counts(external)).partitionCounts)

  test('of which some are repartitioned, get the count of the others', () => {
    const topology = joined({ topics: ['left', 'by-a'] })
    expect(planned(topology, { left: 3, 'before-by-a': 8 })).toMatchObject({
      left: 3,
      'app-by-a-repartition': 3,
    })
  })

  test('of which all are repartitioned, get the largest count of what they come from', () => {
    const topology = joined({ topics: ['by-a', 'by-b', 'by-c'] })
    const external = { 'before-by-a': 2, 'before-by-b': 6, 'before-by-c': 3 }
    expect(planned(topology, external)).toMatchObject({
      'app-by-a-repartition': 6,
      'app-by-b-repartition': 6,
      'app-by-c-repartition': 6,
    })
  })

  test('of which one was given a count, get that one', () => {
    const topology = joined({ topics: ['by-a', 'by-b'], partitions: { 'by-a': 4 } })
    expect(planned(topology, { 'before-by-a': 2, 'before-by-b': 6 })).toMatchObject({
      'app-by-a-repartition': 4,
      'app-by-b-repartition': 4,
    })
  })

  test('are refused when they differ, with every topic and its count', () => {
    const refusal = (topology: Topology, external: Record<string, number>) => () =>
      planned(topology, external)
    expect(refusal(joined({ topics: ['left', 'right'] }), { left: 3, right: 5 })).toThrow(
      /STREAMS_NOT_COPARTITIONED: .*left has 3, right has 5/,
    )
    const given = joined({ topics: ['left', 'by-a'], partitions: { 'by-a': 4 } })
    expect(refusal(given, { left: 3, 'before-by-a': 4 })).toThrow(/by-a has 4, left has 3/)
    const both = joined({ topics: ['by-a', 'by-b'], partitions: { 'by-a': 4, 'by-b': 2 } })
    expect(refusal(both, { 'before-by-a': 4, 'before-by-b': 2 })).toThrow(/by-a has 4, by-b has 2/)
    const chain = joined({ topics: ['left', 'middle', 'right'] })
    expect(refusal(chain, { left: 3, middle: 3, right: 2 })).toThrow(/right has 2/)
  })
})

test('an internal topic of a foreign-key join ends in topic', () => {
  const topology = repartitionedSumTopology()
  const plan = planTopology(
    { ...topology, repartitions: [{ name: 'by-group', suffix: 'topic', partitions: 2 }] },
    'app',
    counts({ orders: 6, totals: 2 }),
  )
  expect(plan.repartitionTopics).toEqual(['app-by-group-topic'])
  expect(plan.taskOf({ topic: 'app-by-group-topic', partition: 1 })).toBe('1_1')
})
