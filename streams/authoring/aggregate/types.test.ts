import { expectTypeOf, test } from 'vitest'
import {
  type CogroupedKStream,
  Consumed,
  Grouped,
  jsonSerde,
  type KGroupedStream,
  type KGroupedTable,
  type KTable,
  longSerde,
  type StreamsBuilder,
  stringSerde,
} from '#streams'

interface Fill {
  readonly account: string
  readonly lots: number
}
type Known = 'key' | 'value'

const fillSerde = jsonSerde<Fill>()
const toLong = { materialized: { valueSerde: longSerde } }
const byAccount = (_id: string, fill: Fill) => fill.account
const addLots = (_account: string, fill: Fill, lots: number) => lots + fill.lots

// The compiler checks this file: an @ts-expect-error without an error is one. Nothing below runs.
function streams(t: StreamsBuilder): void {
  const fills = t.stream('fills', Consumed.with(stringSerde, fillSerde))
  const group = fills.groupByKey()
  expectTypeOf(group).toEqualTypeOf<KGroupedStream<string, Fill>>()
  expectTypeOf(group.count()).toEqualTypeOf<KTable<string, number, Known>>()
  expectTypeOf(group.reduce((_left, right) => right)).toEqualTypeOf<KTable<string, Fill, Known>>()
  expectTypeOf(group.aggregate(() => 0, addLots, toLong)).toEqualTypeOf<
    KTable<string, number, Known>
  >()
  group.count().toStream().to('counts')

  const lots = fills.mapValues((fill) => fill.lots)
  expectTypeOf(lots.groupByKey({ valueSerde: longSerde })).toEqualTypeOf<
    KGroupedStream<string, number>
  >()
  // @ts-expect-error the serde of the value was forgotten with its type
  lots.groupByKey()
  // @ts-expect-error and a key of another type needs a serde
  fills.groupBy(byAccount)
  // @ts-expect-error the serde of the key is one of text
  fills.groupBy((_id, fill) => fill.lots, { keySerde: stringSerde })
  // @ts-expect-error the value has no serde any more
  lots.groupBy((_id, lot) => `${lot}`, { keySerde: stringSerde })
  const keyed = fills.groupBy(byAccount, { keySerde: stringSerde })
  expectTypeOf(keyed).toEqualTypeOf<KGroupedStream<string, Fill>>()
  const both = fills.groupBy((_id, fill) => fill.lots, Grouped.with(longSerde, fillSerde))
  expectTypeOf(both).toEqualTypeOf<KGroupedStream<number, Fill>>()
  const sometimes = fills.groupBy((id) => (id === '' ? undefined : id), { keySerde: stringSerde })
  expectTypeOf(sometimes).toEqualTypeOf<KGroupedStream<string, Fill>>()
  expectTypeOf(group.count().toStream().groupByKey()).toEqualTypeOf<
    KGroupedStream<string, number>
  >()

  // @ts-expect-error a reduction stays with its type
  group.reduce((_left, right) => right.lots)
  // @ts-expect-error the serde of the aggregate is not known
  group.aggregate(() => 0, addLots)
  // @ts-expect-error it is not among the options
  group.aggregate(() => 0, addLots, { as: 'lots' })
  // @ts-expect-error the aggregate is a number
  group.aggregate(() => 0, addLots, { materialized: { valueSerde: stringSerde } })
  const asText = (_account: string, _fill: Fill, sum: number) => `${sum}`
  // @ts-expect-error the adder makes a text of it
  group.aggregate(() => 0, asText, toLong)
  const ofPrices = (_account: string, fill: { readonly price: number }) => fill.price
  // @ts-expect-error a fill has no price
  group.aggregate(() => 0, ofPrices, toLong)
  // @ts-expect-error counts are numbers
  group.count({ materialized: { valueSerde: stringSerde } })
}

function tables(t: StreamsBuilder): void {
  const fills = t.table('fills', Consumed.with(stringSerde, fillSerde))
  const grouped = Grouped.with(stringSerde, longSerde)
  const group = fills.groupBy((_id, fill) => [fill.account, fill.lots], grouped)
  expectTypeOf(group).toEqualTypeOf<KGroupedTable<string, number>>()
  const plus = (left: number, right: number) => left + right
  const minus = (left: number, right: number) => left - right
  expectTypeOf(group.reduce(plus, minus)).toEqualTypeOf<KTable<string, number, Known>>()
  const add = (_account: string, lots: number, text: string) => `${text}+${lots}`
  const subtract = (_account: string, lots: number, text: string) => `${text}-${lots}`
  const toText = { materialized: { valueSerde: stringSerde } }
  expectTypeOf(group.aggregate(() => '', add, subtract, toText)).toEqualTypeOf<
    KTable<string, string, Known>
  >()
  fills.groupBy((_id, fill) => (fill.lots === 0 ? undefined : [fill.account, fill.lots]), grouped)

  // @ts-expect-error rows go under other keys: serdes have to be given
  fills.groupBy((_id, fill) => [fill.account, fill.lots])
  // @ts-expect-error the key is a number
  fills.groupBy((_id, fill) => [fill.lots, fill.lots], grouped)
  // @ts-expect-error what was added cannot be taken out again
  group.reduce(plus)
  // @ts-expect-error the subtractor comes before the options
  group.aggregate(() => '', add, toText)
  const subtractNumber = (_account: string, lots: number, sum: number) => sum - lots
  // @ts-expect-error it subtracts from something else
  group.aggregate(() => '', add, subtractNumber, toText)
}

function cogroups(t: StreamsBuilder): void {
  const fills = t.stream('fills', Consumed.with(stringSerde, fillSerde)).groupByKey()
  const texts = t.stream('texts', Consumed.with(stringSerde, stringSerde)).groupByKey()
  const numbered = t.stream('numbered', Consumed.with(longSerde, stringSerde)).groupByKey()
  const addLength = (_account: string, text: string, sum: number) => sum + text.length
  const group = fills.cogroup(addLots).cogroup(texts, addLength)
  expectTypeOf(group).toEqualTypeOf<CogroupedKStream<string, number>>()
  expectTypeOf(group.aggregate(() => 0, toLong)).toEqualTypeOf<KTable<string, number, Known>>()
  // @ts-expect-error these are texts, not fills
  fills.cogroup(addLots).cogroup(texts, addLots)
  // @ts-expect-error its keys are others
  fills.cogroup(addLots).cogroup(numbered, (_key, text, sum) => sum + text.length)
  // @ts-expect-error all groups make one aggregate
  fills.cogroup(addLots).cogroup(texts, (_key, text, all: string) => all + text)
  // @ts-expect-error the serde of the aggregate is not known
  group.aggregate(() => 0)
}

test('types of groups and aggregates follow from serdes, selectors and adders', () => {
  expectTypeOf(streams).toBeFunction()
  expectTypeOf(tables).toBeFunction()
  expectTypeOf(cogroups).toBeFunction()
})
