import { expectTypeOf, test } from 'vitest'
import {
  type GlobalKTable,
  Joined,
  JoinWindows,
  jsonSerde,
  type KStream,
  type KTable,
  longSerde,
  StreamJoined,
  stringSerde,
} from '#streams'

interface Order {
  readonly lots: number
}
interface Fill {
  readonly price: number
}

type Known = 'key' | 'value'

interface Inputs {
  readonly orders: KStream<string, Order, Known>
  readonly fills: KStream<string, Fill, Known>
  readonly numbered: KStream<number, Fill, Known>
  readonly table: KTable<string, Fill, Known>
  readonly numberedTable: KTable<number, Fill, Known>
  readonly everywhere: GlobalKTable<number, Fill>
}

const windows = JoinWindows.ofTimeDifferenceAndGrace(10, 5)
const orderSerde = jsonSerde<Order>()
const fillSerde = jsonSerde<Fill>()

// The compiler checks this file: an @ts-expect-error without an error is one. Nothing below runs.
function joinedStreams({ orders, fills, numbered }: Inputs): void {
  const notional = (order: Order, fill: Fill, key: string) => order.lots * fill.price + key.length
  expectTypeOf(orders.join(fills, notional, windows)).toEqualTypeOf<
    KStream<string, number, 'key'>
  >()
  orders.leftJoin(
    fills,
    (order, fill, key) => {
      expectTypeOf(order).toEqualTypeOf<Order>()
      expectTypeOf(fill).toEqualTypeOf<Fill | undefined>()
      expectTypeOf(key).toEqualTypeOf<string>()
    },
    windows,
  )
  orders.outerJoin(
    fills,
    (order, fill) => {
      expectTypeOf(order).toEqualTypeOf<Order | undefined>()
      expectTypeOf(fill).toEqualTypeOf<Fill | undefined>()
    },
    windows,
  )

  // @ts-expect-error the keys differ
  orders.join(numbered, () => 0, windows)
  // @ts-expect-error in a left join the fill may be missing
  orders.leftJoin(fills, notional, windows)
  // @ts-expect-error in an outer join either may be missing
  orders.outerJoin(fills, (order: Order, fill) => order.lots + (fill?.price ?? 0), windows)
  // @ts-expect-error a join of streams needs windows
  orders.join(fills, notional)
  // @ts-expect-error only joins of streams are outer joins
  orders.outerJoin(numbered, () => 0)
}

function serdesOfJoinedStreams({ orders, fills }: Inputs): void {
  const doubled = orders.mapValues(({ lots }) => ({ lots: lots * 2 }))
  const pair = (order: Order, fill: Fill) => ({ order, fill })
  doubled.join(fills, pair, windows, { valueSerde: orderSerde })
  doubled.join(fills, pair, windows, StreamJoined.with(stringSerde, orderSerde, fillSerde))
  // @ts-expect-error the serde of the doubled orders is not known
  doubled.join(fills, pair, windows)
  // @ts-expect-error and this is the serde of something else
  doubled.join(fills, pair, windows, { valueSerde: longSerde })

  const swapped = (fill: Fill, order: Order) => pair(order, fill)
  fills.join(doubled, swapped, windows, { otherValueSerde: orderSerde })
  // @ts-expect-error the serde of the other stream's values is not known
  fills.join(doubled, swapped, windows)

  const renamed = orders.selectKey((key) => `${key}!`)
  renamed.join(fills, pair, windows)
  const alsoRenamed = fills.selectKey((key) => `${key}!`)
  renamed.join(alsoRenamed, pair, windows, { keySerde: stringSerde })
  // @ts-expect-error neither stream knows the serde of its key
  renamed.join(alsoRenamed, pair, windows)
}

function joinedTables({ orders, table, numberedTable }: Inputs): void {
  const value = (order: Order, fill: Fill, key: string) => order.lots * fill.price + key.length
  expectTypeOf(orders.join(table, value)).toEqualTypeOf<KStream<string, number, 'key'>>()
  orders.leftJoin(table, (order, fill) => {
    expectTypeOf(order).toEqualTypeOf<Order>()
    expectTypeOf(fill).toEqualTypeOf<Fill | undefined>()
  })
  orders.join(table, value, { as: 'priced', graceMs: 5 })
  // @ts-expect-error the keys differ
  orders.join(numberedTable, () => 0)
  // @ts-expect-error in a left join the fill may be missing
  orders.leftJoin(table, value)

  const doubled = orders.mapValues(({ lots }) => ({ lots: lots * 2 }))
  doubled.join(table, value)
  doubled.join(table, value, { as: 'priced' })
  doubled.join(table, value, { graceMs: 5, valueSerde: orderSerde })
  doubled.join(table, value, Joined.with(stringSerde, orderSerde, { graceMs: 5 }))
  // @ts-expect-error records that wait are kept, and the serde of the values is not known
  doubled.join(table, value, { graceMs: 5 })

  const renamed = orders.selectKey((key) => `${key}!`)
  renamed.join(table, value, { keySerde: stringSerde })
  renamed.join(table, value, Joined.with(stringSerde, orderSerde))
  // @ts-expect-error the key has changed, and its serde is not known
  renamed.join(table, value)
}

function joinedGlobalTables({ orders, everywhere }: Inputs): void {
  const byLots = (_key: string, order: Order) => order.lots
  const priced = orders.join(everywhere, byLots, (order, fill, key) => {
    expectTypeOf(order).toEqualTypeOf<Order>()
    expectTypeOf(fill).toEqualTypeOf<Fill>()
    expectTypeOf(key).toEqualTypeOf<string>()
    return order.lots * fill.price
  })
  expectTypeOf(priced).toEqualTypeOf<KStream<string, number, 'key'>>()
  orders.leftJoin(
    everywhere,
    (key) => (key === '' ? undefined : 1),
    (_order, fill) => {
      expectTypeOf(fill).toEqualTypeOf<Fill | undefined>()
    },
  )
  const byKey = (key: string) => key
  // @ts-expect-error the table's keys are numbers
  orders.join(everywhere, byKey, (order) => order)
  // @ts-expect-error a row of a global table is found by a key that has to be said
  orders.join(everywhere, (order: Order, fill: Fill) => order.lots * fill.price)
}

function tombstones({ fills }: Inputs, changes: KStream<string, Order | undefined, Known>): void {
  changes.join(
    fills,
    (order, fill) => {
      expectTypeOf(order).toEqualTypeOf<Order>()
      expectTypeOf(fill).toEqualTypeOf<Fill>()
    },
    windows,
  )
}

test('joiners get the types of both sides, and what is missing does not compile', () => {
  for (const each of [
    joinedStreams,
    serdesOfJoinedStreams,
    joinedTables,
    joinedGlobalTables,
    tombstones,
  ]) {
    expectTypeOf(each).toBeFunction()
  }
})
