import { expect, describe as group, test } from 'vitest'
import {
  Consumed,
  describe,
  globalStoreOf,
  keyValueStore,
  longSerde,
  type Processor,
  Produced,
  StreamsBuilder,
  StreamsError,
  stringSerde,
  type Topology,
  TopologyBuilder,
} from '#streams'

const text = Consumed.with(stringSerde, stringSerde)
const counts = keyValueStore({ name: 'counts', keySerde: stringSerde, valueSerde: longSerde })

const idle = (): Processor<string, string, string, string> => ({ process: () => {} })

function codeOf(build: () => unknown): string {
  try {
    build()
  } catch (error) {
    if (error instanceof StreamsError) return error.code
    throw error
  }
  return 'no error'
}

const shape = (topology: Topology) =>
  topology.subTopologies.map((sub) => [sub.id, sub.nodes.map((node) => node.name).join(' ')])

group('names', () => {
  test('generated names follow Kafka Streams: one counter, a prefix for each operator', () => {
    const t = new StreamsBuilder()
    t.stream('in', text)
      .filter(() => true)
      .mapValues((value) => value)
      .flatMap((key, value) => [[key, value] as const])
      .selectKey((_key, value) => value)
      .repartition({ keySerde: stringSerde, valueSerde: stringSerde })
      .peek(() => {})
      .to('out', Produced.with(stringSerde, stringSerde))
    expect(t.build('names').generatedNames).toEqual([
      'KSTREAM-SOURCE-0000000000',
      'KSTREAM-FILTER-0000000001',
      'KSTREAM-MAPVALUES-0000000002',
      'KSTREAM-FLATMAP-0000000003',
      'KSTREAM-KEY-SELECT-0000000004',
      'KSTREAM-REPARTITION-0000000005',
      'KSTREAM-SINK-0000000006',
      'KSTREAM-FILTER-0000000007',
      'KSTREAM-SOURCE-0000000008',
      'KSTREAM-PEEK-0000000009',
      'KSTREAM-SINK-0000000010',
    ])
  })

  test('naming one operator leaves the generated names of the others as they were', () => {
    const t = new StreamsBuilder()
    t.stream('in', text)
      .filter(() => true, { as: 'kept' })
      .peek(() => {})
    expect(t.build('names').generatedNames).toEqual([
      'KSTREAM-SOURCE-0000000000',
      'KSTREAM-PEEK-0000000002',
    ])
  })

  test('stores, changelogs and internal topics under generated names are warned about, and refused on request', () => {
    const t = new StreamsBuilder()
    const words = t.stream('in', { ...text, as: 'words' })
    words.peek(() => {}).to('out')
    t.table('rates', text)
    expect(t.build('stateless', { requireNames: true }).warnings).toEqual([])
    words.repartition()
    words.toTable({ materialized: { historyRetentionMs: 10 } })
    const topology = t.build('generated')
    expect(topology.warnings?.map(({ code, name }) => [code, name])).toEqual([
      ['GENERATED_NAME', 'KSTREAM-TOTABLE-STATE-STORE-0000000011'],
      ['GENERATED_NAME', 'KSTREAM-REPARTITION-0000000006'],
    ])
    expect(topology.warnings?.[0]?.message).toContain('and its changelog')
    expect(codeOf(() => t.build('generated', { requireNames: true }))).toBe(
      'TOPOLOGY_GENERATED_NAME',
    )
  })

  test('a named table has a source of its name and a store of its name', () => {
    const t = new StreamsBuilder()
    const rates = t.table('rates-topic', { ...text, as: 'rates' })
    expect(rates.queryableStoreName).toBe('rates')
    expect(shape(t.build('tables'))).toEqual([[0, 'rates-source rates']])
  })
})

group('sub-topologies', () => {
  test('are numbered as they were added, global stores among them', () => {
    const t = new StreamsBuilder()
    t.stream('z', { ...text, as: 'zebra' }).to('out', { as: 'zebra-sink' })
    t.globalTable('g', { ...text, as: 'mule' })
    t.stream('a', { ...text, as: 'ant' }).to('out', { as: 'ant-sink' })
    const topology = t.build('numbers')
    expect(shape(topology)).toEqual([
      [0, 'zebra zebra-sink'],
      [2, 'ant ant-sink'],
    ])
    expect(topology.globalStores[0]?.subTopologyId).toBe(1)
  })

  test('a shared store makes one of two', () => {
    const t = new StreamsBuilder()
    t.stream('a', { ...text, as: 'a' }).process(idle, { as: 'left', stores: [counts] })
    t.stream('b', { ...text, as: 'b' }).process(idle, { as: 'right', stores: [counts] })
    const topology = t.build('shared')
    expect(shape(topology)).toEqual([[0, 'a left b right']])
    expect(topology.subTopologies[0]?.stores).toEqual([counts])
  })

  test('a shared global store leaves two apart', () => {
    const t = new StreamsBuilder()
    const rates = t.globalTable('rates', { ...text, as: 'rates' })
    const stores = [rates.storeName]
    t.stream('a', { ...text, as: 'a' }).process(idle, { as: 'left', stores })
    t.stream('b', { ...text, as: 'b' }).process(idle, { as: 'right', stores })
    expect(shape(t.build('apart'))).toEqual([
      [1, 'a left'],
      [2, 'b right'],
    ])
  })

  test('a repartition topic makes two of one and is read by its own source', () => {
    const t = new StreamsBuilder()
    t.stream('in', { ...text, as: 'in' })
      .selectKey((_key, value) => value, { as: 'by-value' })
      .repartition({ as: 'words', keySerde: stringSerde, partitions: 3 })
      .to('out', { as: 'out' })
    const topology = t.build('repartitioned')
    expect(shape(topology)).toEqual([
      [0, 'in by-value words-repartition-filter words-repartition-sink'],
      [1, 'words-repartition-source out'],
    ])
    expect(topology.repartitions).toEqual([{ name: 'words', partitions: 3 }])
  })

  test('a merge joins its inputs', () => {
    const t = new StreamsBuilder()
    const a = t.stream('a', { ...text, as: 'a' })
    a.merge(t.stream('b', { ...text, as: 'b' }), { as: 'both' })
    expect(shape(t.build('merged'))).toEqual([[0, 'a b both']])
  })
})

group('what is refused, with its code', () => {
  const t = () => new StreamsBuilder()
  const refused: readonly (readonly [string, string, () => unknown])[] = [
    [
      'TOPOLOGY_DUPLICATE_NAME',
      'two nodes of one name',
      () =>
        t()
          .stream('a', { ...text, as: 'x' })
          .filter(() => true, { as: 'x' }),
    ],
    [
      'TOPOLOGY_DUPLICATE_NAME',
      'two stores of one name',
      () =>
        t()
          .addStateStore(counts)
          .addStateStore({ ...counts }),
    ],
    [
      'TOPOLOGY_DUPLICATE_TOPIC',
      'a topic with two sources',
      () => {
        const builder = t()
        builder.stream('a', text)
        builder.table('a', text)
      },
    ],
    [
      'TOPOLOGY_DUPLICATE_TOPIC',
      'a topic that is read in two ways',
      () => {
        const builder = t()
        builder.stream('a', text)
        builder.stream('a', { ...text, offsetReset: 'latest' })
      },
    ],
    [
      'TOPOLOGY_UNKNOWN_STORE',
      'a store that was never added',
      () =>
        t()
          .stream('a', text)
          .process(idle, { stores: ['nowhere'] }),
    ],
    [
      'TOPOLOGY_SINK_WITHOUT_SERDE',
      'a sink after an operator that changed the type',
      () =>
        t()
          .stream('a', text)
          .mapValues((value) => value.length)
          // @ts-expect-error nor does it compile
          .to('out'),
    ],
    [
      'TOPOLOGY_REPARTITION_WITHOUT_SERDE',
      'a repartition under a key without a serde',
      () =>
        t()
          .stream('a', text)
          .selectKey((_key, value) => value)
          // @ts-expect-error nor does it compile
          .repartition(),
    ],
    ['TOPOLOGY_INVALID_NAME', 'a name with a space', () => t().stream('a', { ...text, as: 'a b' })],
    [
      'TOPOLOGY_VERSIONED_TABLE',
      'a global table with versions',
      () => t().globalTable('a', { ...text, materialized: { historyRetentionMs: 1 } }),
    ],
    ['TOPOLOGY_EMPTY', 'a topology without a source', () => t().build('empty')],
    [
      'TOPOLOGY_UNKNOWN_PARENT',
      'a child of nothing',
      () => new TopologyBuilder().addProcessor('p', idle, ['nobody']),
    ],
  ]
  test.each(refused)('%s: %s', (code, _what, build) => {
    expect(codeOf(build)).toBe(code)
  })
})

group('repartition required', () => {
  test('is known of a stream, and state behind it is warned about', () => {
    const t = new StreamsBuilder()
    const words = t.stream('in', { ...text, as: 'in' })
    const byWord = words.selectKey((_key, value) => value, { as: 'by-word' })
    expect(words.repartitionRequired).toBe(false)
    expect(byWord.repartitionRequired).toBe(true)
    expect(byWord.filter(() => true, { as: 'f' }).repartitionRequired).toBe(true)
    byWord.process(idle, { as: 'count', stores: [counts] })
    const placed = byWord.repartition({ as: 'placed', keySerde: stringSerde })
    expect(placed.repartitionRequired).toBe(false)
    placed.process(idle, {
      as: 'safe',
      stores: [keyValueStore({ ...counts, name: 'other' })],
    })
    expect(t.build('flagged').warnings?.map(({ code, name }) => [code, name])).toEqual([
      ['REPARTITION_REQUIRED', 'count'],
    ])
  })

  test('a store that no processor uses is warned about', () => {
    const t = new StreamsBuilder().addStateStore(counts)
    t.stream('in', { ...text, as: 'in' })
    expect(t.build('unused').warnings?.map(({ code, name }) => [code, name])).toEqual([
      ['STORE_NOT_CONNECTED', 'counts'],
    ])
  })
})

test('the text description is that of Kafka Streams', () => {
  const t = new StreamsBuilder()
  const rates = t.globalTable('rates', { ...text })
  const lines = t.stream('lines', text)
  const words = lines.flatMapValues((line) => line.split(' '))
  words
    .selectKey((_key, word) => word)
    .repartition({ keySerde: stringSerde, valueSerde: stringSerde })
    .process(
      () => ({
        init: (context) => void globalStoreOf(context, rates.store),
        process: () => {},
      }),
      { stores: [counts, rates.storeName] },
    )
  words
    .filter((_key, word) => word === '')
    .to((record) => record.value, Produced.with(stringSerde, stringSerde))
  expect(describe(t.build('described'))).toBe(`Topologies:
   Sub-topology: 0 for global store (will not generate tasks)
    Source: KSTREAM-SOURCE-0000000001 (topics: [rates])
      --> KTABLE-SOURCE-0000000002
    Processor: KTABLE-SOURCE-0000000002 (stores: [rates-STATE-STORE-0000000000])
      --> none
      <-- KSTREAM-SOURCE-0000000001
  Sub-topology: 1
    Source: KSTREAM-SOURCE-0000000003 (topics: [lines])
      --> KSTREAM-FLATMAPVALUES-0000000004
    Processor: KSTREAM-FLATMAPVALUES-0000000004 (stores: [])
      --> KSTREAM-KEY-SELECT-0000000005, KSTREAM-FILTER-0000000011
      <-- KSTREAM-SOURCE-0000000003
    Processor: KSTREAM-KEY-SELECT-0000000005 (stores: [])
      --> KSTREAM-FILTER-0000000008
      <-- KSTREAM-FLATMAPVALUES-0000000004
    Processor: KSTREAM-FILTER-0000000008 (stores: [])
      --> KSTREAM-SINK-0000000007
      <-- KSTREAM-KEY-SELECT-0000000005
    Processor: KSTREAM-FILTER-0000000011 (stores: [])
      --> KSTREAM-SINK-0000000012
      <-- KSTREAM-FLATMAPVALUES-0000000004
    Sink: KSTREAM-SINK-0000000007 (topic: KSTREAM-REPARTITION-0000000006-repartition)
      <-- KSTREAM-FILTER-0000000008
    Sink: KSTREAM-SINK-0000000012 (extractor class: function)
      <-- KSTREAM-FILTER-0000000011

  Sub-topology: 2
    Source: KSTREAM-SOURCE-0000000009 (topics: [KSTREAM-REPARTITION-0000000006-repartition])
      --> KSTREAM-PROCESSOR-0000000010
    Processor: KSTREAM-PROCESSOR-0000000010 (stores: [counts])
      --> none
      <-- KSTREAM-SOURCE-0000000009

`)
})

test('a diagram names every node, topic and store, and escapes what markup would eat', () => {
  const t = new StreamsBuilder()
  t.stream('a<b', { ...text, as: 'in' })
    .process(idle, { as: 'keep', stores: [counts] })
    .to('out', Produced.with(stringSerde, stringSerde, { as: 'sink' }))
  const topology = t.build('drawn')
  const svg = describe(topology, 'svg')
  for (const label of ['a&lt;b', 'in', 'keep', 'counts', 'sink', 'out']) {
    expect(svg).toContain(`>${label}</text>`)
  }
  const mermaid = describe(topology, 'mermaid')
  expect(mermaid).toContain('"keep"')
  expect(mermaid).toContain('[("counts")]')
  expect(JSON.parse(describe(topology, 'json'))).toMatchObject({
    name: 'drawn',
    subTopologies: [{ id: 0, stores: [{ name: 'counts', kind: 'key-value' }] }],
  })
})
