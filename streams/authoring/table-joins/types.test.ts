import { expectTypeOf, test } from 'vitest'
import {
  Consumed,
  doubleSerde,
  jsonSerde,
  type KTable,
  longSerde,
  type SerdesKnown,
  type StreamsBuilder,
  stringSerde,
  TableJoined,
  type TopicHandle,
} from '#streams'

interface Order {
  readonly instrument: string
  readonly lots: number
}
interface Instrument {
  readonly tick: number
}
interface Valued {
  readonly order: Order
  readonly tick: number | undefined
}

const orders: TopicHandle<string, Order> = {
  name: 'orders',
  keySerde: stringSerde,
  valueSerde: jsonSerde<Order>(),
}
const valuedSerde = jsonSerde<Valued>()

// The compiler checks this file: an @ts-expect-error without an error is one. Nothing below runs.
function byKey(t: StreamsBuilder): void {
  const left = t.table(orders)
  const right = t.table('marks', Consumed.with(stringSerde, doubleSerde))

  const joined = left.join(right, (order, mark) => {
    expectTypeOf(order).toEqualTypeOf<Order>()
    expectTypeOf(mark).toEqualTypeOf<number>()
    return order.lots * mark
  })
  expectTypeOf(joined).toEqualTypeOf<KTable<string, number, 'key'>>()
  left.leftJoin(right, (order, mark) => {
    expectTypeOf(order).toEqualTypeOf<Order>()
    expectTypeOf(mark).toEqualTypeOf<number | undefined>()
    return order
  })
  left.outerJoin(right, (order, mark) => {
    expectTypeOf(order).toEqualTypeOf<Order | undefined>()
    expectTypeOf(mark).toEqualTypeOf<number | undefined>()
    return order
  })
  const maybe = left.join(right, (order, mark) => (mark > 0 ? order : undefined))
  expectTypeOf(maybe).toEqualTypeOf<KTable<string, Order, 'key'>>()
  joined.join(maybe, (notional, order) => notional / order.lots)

  const known = left.join(right, (order, mark) => order.lots * mark, { valueSerde: doubleSerde })
  expectTypeOf(known).toEqualTypeOf<KTable<string, number, SerdesKnown>>()
  const kept = { materialized: { as: 'kept', valueSerde: doubleSerde } }
  const keptTable = left.join(right, (order, mark) => order.lots * mark, kept)
  expectTypeOf(keptTable).toEqualTypeOf<KTable<string, number, SerdesKnown>>()

  // @ts-expect-error a side that may be missing is used as if it were there
  left.leftJoin(right, (order, mark) => order.lots * mark)
  // @ts-expect-error so it is on the left of an outer join
  left.outerJoin(right, (order) => order.lots)
  // @ts-expect-error a store of results needs their serde
  left.join(right, (order, mark) => order.lots * mark, { materialized: { as: 'kept' } })
  // @ts-expect-error and one that can write them
  left.join(right, (order) => order, { materialized: { as: 'kept', valueSerde: doubleSerde } })
  // @ts-expect-error a serde that is not known does not become known by a join
  joined.toStream().to('out')
  const numbered = t.table('numbered', Consumed.with(longSerde, doubleSerde))
  // @ts-expect-error keys are not of one type
  left.join(numbered, (order, mark) => order.lots * mark)
}

function byForeignKey(t: StreamsBuilder): void {
  const left = t.table(orders)
  const right = t.table('instruments', Consumed.with(stringSerde, jsonSerde<Instrument>()))
  const instrumentOf = (_key: string, order: Order) => order.instrument

  const joined = left.join(right, instrumentOf, (order, { tick }): Valued => ({ order, tick }), {
    valueSerde: valuedSerde,
  })
  expectTypeOf(joined).toEqualTypeOf<KTable<string, Valued, SerdesKnown>>()
  left.leftJoin(
    right,
    (_key, order) => (order.lots > 0 ? order.instrument : undefined),
    (order, instrument) => {
      expectTypeOf(instrument).toEqualTypeOf<Instrument | undefined>()
      return { order, tick: instrument?.tick }
    },
    { ...TableJoined.as('valued'), materialized: { as: 'kept', valueSerde: valuedSerde } },
  )

  // @ts-expect-error the serde of the results is not given
  left.join(right, instrumentOf, (order, { tick }): Valued => ({ order, tick }), { as: 'valued' })
  const lotsOf = (_key: string, order: Order) => order.lots
  // @ts-expect-error a number is no key of the other table
  left.join(right, lotsOf, (order: Order) => order, { valueSerde: jsonSerde<Order>() })
  // @ts-expect-error a left join may find no row
  left.leftJoin(right, instrumentOf, (_order, { tick }) => tick, { valueSerde: doubleSerde })

  const lots = left.mapValues((order) => order.lots)
  const instrumentOfKey = (key: string) => key.slice(0, 6)
  const total = (count: number, { tick }: Instrument) => count * tick
  // @ts-expect-error the left row's serde is not known, and it crosses a topic
  lots.join(right, instrumentOfKey, total, { valueSerde: doubleSerde })
  lots.join(right, instrumentOfKey, total, {
    valueSerde: doubleSerde,
    left: { valueSerde: longSerde },
  })
  const ticks = right.mapValues(({ tick }) => tick)
  const times = (order: Order, tick: number) => order.lots * tick
  // @ts-expect-error nor is the right row's
  left.join(ticks, instrumentOf, times, { valueSerde: doubleSerde })
  left.join(ticks, instrumentOf, times, {
    valueSerde: doubleSerde,
    right: { valueSerde: doubleSerde },
  })
}

test('types flow through joins of tables', () => {
  expectTypeOf(byKey).toBeFunction()
  expectTypeOf(byForeignKey).toBeFunction()
})
