import { expectTypeOf, test } from 'vitest'
import {
  Consumed,
  jsonSerde,
  type KTable,
  longSerde,
  type SessionWindowedKStream,
  SessionWindows,
  SlidingWindows,
  StreamsBuilder,
  stringSerde,
  type TimeWindowedKStream,
  TimeWindows,
  UnlimitedWindows,
  type WindowedKey,
} from '#streams'

interface Fill {
  readonly lots: number
}

const fillSerde = jsonSerde<Fill>()
const fills = () =>
  new StreamsBuilder().stream('fills', Consumed.with(stringSerde, fillSerde)).groupByKey()
const tumbling = TimeWindows.ofSizeWithNoGrace(10)
const sessions = SessionWindows.ofInactivityGapWithNoGrace(10)

test('the kind of window decides what can be done with it', () => {
  expectTypeOf(fills().windowedBy(tumbling)).toEqualTypeOf<TimeWindowedKStream<string, Fill>>()
  const sliding = SlidingWindows.ofTimeDifferenceWithNoGrace(10)
  expectTypeOf(fills().windowedBy(sliding)).toEqualTypeOf<TimeWindowedKStream<string, Fill>>()
  const unlimited = fills().windowedBy(UnlimitedWindows.of())
  expectTypeOf(unlimited).toEqualTypeOf<TimeWindowedKStream<string, Fill>>()
  const session = fills().windowedBy(sessions)
  expectTypeOf(session).toEqualTypeOf<SessionWindowedKStream<string, Fill>>()
})

test('keys of results are windowed, and values what the aggregate makes; both serdes are known', () => {
  type Windowed<V> = KTable<WindowedKey<string>, V, 'key' | 'value'>
  expectTypeOf(fills().windowedBy(tumbling).count()).toEqualTypeOf<Windowed<number>>()
  expectTypeOf(fills().windowedBy(sessions).count()).toEqualTypeOf<Windowed<number>>()
  const larger = (left: Fill, right: Fill) => (left.lots > right.lots ? left : right)
  expectTypeOf(fills().windowedBy(tumbling).reduce(larger)).toEqualTypeOf<Windowed<Fill>>()
  const materialized = { valueSerde: longSerde }
  const lots = fills()
    .windowedBy(tumbling)
    .aggregate(
      () => 0,
      (_account, fill, sum) => sum + fill.lots,
      { materialized },
    )
  expectTypeOf(lots).toEqualTypeOf<Windowed<number>>()
  lots.toStream().to('lots')
})

test('what cannot work does not compile', () => {
  const materialized = { valueSerde: longSerde }
  const add = (_account: string, fill: Fill, sum: number) => sum + fill.lots
  const windowed = fills().windowedBy(tumbling)
  // @ts-expect-error the serde of the aggregate is not known
  const withoutSerde = () => windowed.aggregate(() => 0, add, {})
  // @ts-expect-error the serde is of another type
  const wrongSerde = () => windowed.aggregate(() => 'none', add, { materialized })
  const sessioned = fills().windowedBy(sessions)
  // @ts-expect-error sessions need a merger
  const noMerger = () => sessioned.aggregate(() => 0, add, { materialized })
  // @ts-expect-error a reducer keeps the type
  const otherType = () => windowed.reduce((_left, right) => right.lots)
  // @ts-expect-error no window has such a kind
  const noWindow = () => fills().windowedBy({ kind: 'daily' })
  // @ts-expect-error hopping windows cannot be told to advance again
  const advanced = () => tumbling.advanceBy(5).advanceBy(2)
  for (const each of [withoutSerde, wrongSerde, noMerger, otherType, noWindow, advanced]) {
    expectTypeOf(each).toBeFunction()
  }
})

test('groups of different values add to one windowed aggregate', () => {
  const t = new StreamsBuilder()
  const words = t.stream('words', Consumed.with(stringSerde, stringSerde)).groupByKey()
  const lots = t.stream('fills', Consumed.with(stringSerde, fillSerde)).groupByKey()
  const both = words
    .cogroup((_key, _word, sum: number) => sum + 1)
    .cogroup(lots, (_key, fill, sum) => sum + fill.lots)
  const options = { materialized: { valueSerde: longSerde } }
  const table = both.windowedBy(sessions).aggregate(
    () => 0,
    (_key, l, r) => l + r,
    options,
  )
  expectTypeOf(table).toEqualTypeOf<KTable<WindowedKey<string>, number, 'key' | 'value'>>()
  // @ts-expect-error sessions of a cogroup need a merger as well
  const noMerger = () => both.windowedBy(sessions).aggregate(() => 0, options)
  expectTypeOf(noMerger).toBeFunction()
})
