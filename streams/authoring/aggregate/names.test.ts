import { expect, test } from 'vitest'
import { Consumed, Grouped, longSerde, StreamsBuilder, stringSerde } from '#streams'

const texts = Consumed.with(stringSerde, stringSerde)
const grouped = (as?: string) =>
  Grouped.with(stringSerde, stringSerde, as === undefined ? {} : { as })
const toText = { materialized: { valueSerde: stringSerde } }
const last = (_left: string, right: string) => right
const keep = (_key: string, _value: string, all: string) => all

/** Nodes with the ones above them and their stores, by name. The expected ones were printed by Kafka Streams. */
function nodesOf(author: (t: StreamsBuilder) => void): string {
  const t = new StreamsBuilder()
  author(t)
  const nodes = t.build('named').subTopologies.flatMap((each) => each.nodes)
  const lines = nodes.map((node) => {
    const stores = node.kind === 'processor' ? node.stores.map((store) => ` [${store}]`) : []
    const from = node.kind === 'source' ? node.topics : node.parents
    const to = node.kind === 'sink' ? ` -> ${node.topic}` : ''
    return `${node.name}${stores} <- ${from.join(', ')}${to}`
  })
  return lines.sort().join('\n')
}

const lines = (text: string) => text.trim().split(/\n\s*/).sort().join('\n')

test('a group with a name is repartitioned once, under it, for all its aggregates', () => {
  const nodes = nodesOf((t) => {
    const group = t.stream('in', texts).groupBy((_key, value) => value, grouped('g'))
    group.count()
    group.reduce(last, { as: 'red' })
    group.count({ materialized: { valueSerde: longSerde } })
  })
  expect(nodes).toBe(
    lines(`
      KSTREAM-SOURCE-0000000000 <- in
      g <- KSTREAM-SOURCE-0000000000
      g-repartition-filter <- g
      g-repartition-sink <- g-repartition-filter -> g
      g-repartition-source <- g
      KSTREAM-AGGREGATE-0000000003 [KSTREAM-AGGREGATE-STATE-STORE-0000000002] <- g-repartition-source
      red [red] <- g-repartition-source
      KSTREAM-AGGREGATE-0000000013 [KSTREAM-AGGREGATE-STATE-STORE-0000000012] <- g-repartition-source`),
  )
})

test('a group without a name is repartitioned for each aggregate, under its store', () => {
  const nodes = nodesOf((t) => {
    const group = t.stream('in', texts).groupBy((_key, value) => value, grouped())
    group.count()
    group.reduce(last, { as: 'red' })
  })
  expect(nodes).toBe(
    lines(`
      KSTREAM-SOURCE-0000000000 <- in
      KSTREAM-KEY-SELECT-0000000001 <- KSTREAM-SOURCE-0000000000
      KSTREAM-FILTER-0000000005 <- KSTREAM-KEY-SELECT-0000000001
      KSTREAM-SINK-0000000004 <- KSTREAM-FILTER-0000000005 -> KSTREAM-AGGREGATE-STATE-STORE-0000000002
      KSTREAM-SOURCE-0000000006 <- KSTREAM-AGGREGATE-STATE-STORE-0000000002
      KSTREAM-AGGREGATE-0000000003 [KSTREAM-AGGREGATE-STATE-STORE-0000000002] <- KSTREAM-SOURCE-0000000006
      red-repartition-filter <- KSTREAM-KEY-SELECT-0000000001
      red-repartition-sink <- red-repartition-filter -> red
      red-repartition-source <- red
      red [red] <- red-repartition-source`),
  )
})

test('a grouped table with a name is repartitioned once, by nodes of its first aggregate', () => {
  const nodes = nodesOf((t) => {
    const group = t.table('t', texts).groupBy((key, value) => [value, key], grouped('g'))
    group.count({ as: 'cnt' })
    group.reduce(last, last)
    group.aggregate(() => '', keep, keep, toText)
  })
  expect(nodes).toBe(
    lines(`
      KSTREAM-SOURCE-0000000001 <- t
      KTABLE-SOURCE-0000000002 [t-STATE-STORE-0000000000] <- KSTREAM-SOURCE-0000000001
      g <- KTABLE-SOURCE-0000000002
      cnt-sink <- g -> g
      cnt-source <- g
      cnt [cnt] <- cnt-source
      KTABLE-REDUCE-0000000010 [KTABLE-AGGREGATE-STATE-STORE-0000000007] <- cnt-source
      KTABLE-AGGREGATE-0000000014 [KTABLE-AGGREGATE-STATE-STORE-0000000011] <- cnt-source`),
  )
})

test('a grouped table without a name is repartitioned for each aggregate, under its store', () => {
  const nodes = nodesOf((t) => {
    const group = t.table('t', texts).groupBy((key, value) => [value, key], grouped())
    group.count({ as: 'cnt' })
    group.reduce(last, last)
  })
  expect(nodes).toBe(
    lines(`
      KSTREAM-SOURCE-0000000001 <- t
      KTABLE-SOURCE-0000000002 [t-STATE-STORE-0000000000] <- KSTREAM-SOURCE-0000000001
      KTABLE-SELECT-0000000003 <- KTABLE-SOURCE-0000000002
      cnt-sink <- KTABLE-SELECT-0000000003 -> cnt
      cnt-source <- cnt
      cnt [cnt] <- cnt-source
      KSTREAM-SINK-0000000008 <- KTABLE-SELECT-0000000003 -> KTABLE-AGGREGATE-STATE-STORE-0000000007
      KSTREAM-SOURCE-0000000009 <- KTABLE-AGGREGATE-STATE-STORE-0000000007
      KTABLE-REDUCE-0000000010 [KTABLE-AGGREGATE-STATE-STORE-0000000007] <- KSTREAM-SOURCE-0000000009`),
  )
})

test('an aggregate of several groups has a node a group and one that they come together in', () => {
  const nodes = nodesOf((t) => {
    const one = t.stream('one', texts).groupBy((_key, value) => value, grouped('g1'))
    const two = t.stream('two', texts).groupByKey()
    const both = one.cogroup(keep).cogroup(two, keep)
    both.aggregate(() => '', { as: 'co', ...toText })
  })
  expect(nodes).toBe(
    lines(`
      KSTREAM-SOURCE-0000000000 <- one
      g1 <- KSTREAM-SOURCE-0000000000
      g1-repartition-filter <- g1
      g1-repartition-sink <- g1-repartition-filter -> g1
      g1-repartition-source <- g1
      KSTREAM-SOURCE-0000000002 <- two
      co-cogroup-agg-0 [co] <- g1-repartition-source
      co-cogroup-agg-1 [co] <- KSTREAM-SOURCE-0000000002
      co-cogroup-merge <- co-cogroup-agg-0, co-cogroup-agg-1`),
  )
})

test('without names, a repartition before several groups is named after their store', () => {
  const author = (t: StreamsBuilder) => {
    const one = t.stream('one', texts).groupBy((_key, value) => value, grouped())
    const two = t.stream('two', texts).groupByKey()
    const both = one.cogroup(keep).cogroup(two, keep)
    both.aggregate(() => '', toText)
  }
  const store = 'COGROUPKSTREAM-AGGREGATE-STATE-STORE-0000000003'
  expect(nodesOf(author)).toBe(
    lines(`
      KSTREAM-SOURCE-0000000000 <- one
      KSTREAM-KEY-SELECT-0000000001 <- KSTREAM-SOURCE-0000000000
      ${store}-repartition-filter <- KSTREAM-KEY-SELECT-0000000001
      ${store}-repartition-sink <- ${store}-repartition-filter -> ${store}
      ${store}-repartition-source <- ${store}
      KSTREAM-SOURCE-0000000002 <- two
      COGROUPKSTREAM-AGGREGATE-0000000007 [${store}] <- ${store}-repartition-source
      COGROUPKSTREAM-AGGREGATE-0000000008 [${store}] <- KSTREAM-SOURCE-0000000002
      COGROUPKSTREAM-MERGE-0000000009 <- COGROUPKSTREAM-AGGREGATE-0000000007, COGROUPKSTREAM-AGGREGATE-0000000008`),
  )
})

test('two repartitions before several groups need names of their own, as in Kafka Streams', () => {
  const author = (t: StreamsBuilder) => {
    const one = t.stream('one', texts).groupBy((_key, value) => value, grouped())
    const two = t.stream('two', texts).groupBy((_key, value) => value, grouped())
    one
      .cogroup(keep)
      .cogroup(two, keep)
      .aggregate(() => '', toText)
  }
  expect(() => nodesOf(author)).toThrow(
    expect.objectContaining({ code: 'TOPOLOGY_DUPLICATE_NAME' }),
  )
})
