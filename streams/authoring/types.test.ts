import { expectTypeOf, test } from 'vitest'
import {
  Consumed,
  doubleSerde,
  globalStoreOf,
  jsonSerde,
  type KStream,
  type KTable,
  keyValueStore,
  longSerde,
  Materialized,
  Produced,
  type ReadOnlyKeyValueStore,
  type SerdesKnown,
  type StreamsBuilder,
  step,
  stringSerde,
  type TopicHandle,
} from '#streams'

interface Quote {
  readonly kind: 'quote'
  readonly bid: number
}
interface Trade {
  readonly kind: 'trade'
  readonly price: number
}
type Tick = Quote | Trade
interface Depth {
  readonly kind: 'depth'
}

const handle = <V>(name: string): TopicHandle<string, V> => ({
  name,
  keySerde: stringSerde,
  valueSerde: jsonSerde<V>(),
})
const ticks = handle<Tick>('ticks')
const quotes = handle<Quote>('quotes')
const texts = { keySerde: stringSerde, valueSerde: jsonSerde<Tick>() }
const isQuote = (_key: string, tick: Tick): tick is Quote => tick.kind === 'quote'

// The compiler checks this file: an @ts-expect-error without an error is one. Nothing below runs.
function typed(t: StreamsBuilder): void {
  const stream = t.stream(ticks)
  expectTypeOf(stream).toEqualTypeOf<KStream<string, Tick, SerdesKnown>>()
  expectTypeOf(stream.filter(isQuote)).toEqualTypeOf<KStream<string, Quote, SerdesKnown>>()
  expectTypeOf(stream.filterNot(isQuote)).toEqualTypeOf<KStream<string, Trade, SerdesKnown>>()
  expectTypeOf(stream.mapValues((tick) => tick.kind.length)).toEqualTypeOf<
    KStream<string, number, 'key'>
  >()
  expectTypeOf(stream.map((key, tick) => [key.length, tick] as const)).toEqualTypeOf<
    KStream<number, Tick>
  >()
  expectTypeOf(t.table(quotes).toStream()).toEqualTypeOf<
    KStream<string, Quote | undefined, SerdesKnown>
  >()
  expectTypeOf(t.table(quotes).mapValues((quote) => quote.bid)).toEqualTypeOf<
    KTable<string, number, 'key'>
  >()
  expectTypeOf(t.stream('n', Consumed.with(stringSerde, longSerde))).toEqualTypeOf<
    KStream<string, number, SerdesKnown>
  >()

  const branches = stream.split().branch('quotes', isQuote).defaultBranch('trades')
  expectTypeOf(branches.quotes).toEqualTypeOf<KStream<string, Quote, SerdesKnown>>()
  expectTypeOf(branches.trades).toEqualTypeOf<KStream<string, Trade, SerdesKnown>>()
  // @ts-expect-error there is no such branch
  branches.depth

  stream.to(ticks)
  stream.filter(isQuote).to(ticks)
  stream.filter(isQuote).to(quotes)
  t.table(quotes).toStream().to(quotes)
  // @ts-expect-error trades cannot be written by a serde of quotes
  stream.to(quotes)
  // @ts-expect-error nor can a number
  stream.mapValues(() => 1).to(ticks)
  // @ts-expect-error a number is no key of this topic
  stream.selectKey((key) => key.length).to(ticks)
  // @ts-expect-error the serde of the value is one of text
  stream.to('elsewhere', Produced.with(stringSerde, longSerde))
  // @ts-expect-error a trade has no bid
  stream.filter((_key, tick) => tick.bid > 0)
  // @ts-expect-error a source by name needs serdes
  t.stream('ticks')

  const store = keyValueStore({ name: 's', keySerde: stringSerde, valueSerde: longSerde })
  const counted = stream.process(
    step(store, (count = 0, record) => ({ state: count + 1, emit: [record.value.kind] })),
    { stores: [store] },
  )
  expectTypeOf(counted).toEqualTypeOf<KStream<string, 'quote' | 'trade'>>()
  stream.process(
    // @ts-expect-error the store keeps numbers
    step(store, () => ({ state: 'one', emit: [] })),
    { stores: [store] },
  )
}

/** What was given stays known through operators that leave it; what was changed is forgotten unless the new serde is given with the change. */
function serdesKnown(t: StreamsBuilder): void {
  const stream = t.stream(ticks)
  const unknown: KStream<string, Tick> = stream
  // @ts-expect-error nothing is known of the serdes of that stream
  takesKey(unknown)
  const wider: KStream<string, Tick | Depth, SerdesKnown> = stream
  // @ts-expect-error depths are no ticks
  takesKey(wider)

  expectTypeOf(stream.peek(() => {})).toEqualTypeOf<KStream<string, Tick, SerdesKnown>>()
  expectTypeOf(stream.selectKey((key) => key.length)).toEqualTypeOf<
    KStream<number, Tick, 'value'>
  >()
  expectTypeOf(stream.selectKey((key) => key.length, { keySerde: longSerde })).toEqualTypeOf<
    KStream<number, Tick, SerdesKnown>
  >()
  expectTypeOf(stream.mapValues(() => 1, { valueSerde: longSerde })).toEqualTypeOf<
    KStream<string, number, SerdesKnown>
  >()
  expectTypeOf(unknown.mapValues(() => 1, { valueSerde: longSerde })).toEqualTypeOf<
    KStream<string, number, 'value'>
  >()
  expectTypeOf(stream.flatMapValues(() => [1])).toEqualTypeOf<KStream<string, number, 'key'>>()
  expectTypeOf(stream.flatMap((key) => [[key, key.length] as const])).toEqualTypeOf<
    KStream<string, number>
  >()
  expectTypeOf(stream.merge(t.stream(quotes))).toEqualTypeOf<KStream<string, Tick, SerdesKnown>>()
  expectTypeOf(t.stream(quotes).merge(stream)).toEqualTypeOf<KStream<string, Tick, 'key'>>()
  expectTypeOf(stream.merge(unknown)).toEqualTypeOf<KStream<string, Tick>>()
  expectTypeOf(unknown.repartition(texts)).toEqualTypeOf<KStream<string, Tick, SerdesKnown>>()
  expectTypeOf(t.table(quotes).toStream().toTable()).toEqualTypeOf<
    KTable<string, Quote, SerdesKnown>
  >()

  stream.to('elsewhere')
  stream.mapValues(() => 1, { valueSerde: longSerde }).to('elsewhere')
  stream.mapValues(() => 1).to('elsewhere', { valueSerde: longSerde })
  stream.selectKey((key) => key.length).repartition({ keySerde: longSerde })
  // @ts-expect-error the serde of the number is missing
  stream.mapValues(() => 1).to('elsewhere')
  // @ts-expect-error and where the topic is chosen by record
  stream.mapValues(() => 1).to(() => 'elsewhere')
  // @ts-expect-error it is a number, not text
  stream.mapValues(() => 1).to('elsewhere', { valueSerde: stringSerde })
  // @ts-expect-error it is a number, not text
  stream.mapValues(() => 1, { valueSerde: stringSerde })
  // @ts-expect-error the serde of the key is missing
  stream.selectKey((key) => key.length).to('elsewhere')
  // @ts-expect-error the serde of the key is missing
  stream.selectKey((key) => key.length).repartition({ as: 'by-length' })
  // @ts-expect-error both are missing
  stream.map((key) => [key, key] as const).repartition()
  // @ts-expect-error one is still missing
  stream.map((key) => [key, key] as const).repartition({ keySerde: stringSerde })
  // @ts-expect-error a table has to be written as well
  stream.mapValues(() => 1).toTable()
  // @ts-expect-error there is no key of that option
  stream.mapValues(() => 1, { keySerde: stringSerde })
}

function takesKey(stream: KStream<string, Tick, 'key'>): void {
  stream.to('ticks', { valueSerde: jsonSerde<Tick>() })
}

function tables(t: StreamsBuilder): void {
  const table = t.table(quotes)
  expectTypeOf(table).toEqualTypeOf<KTable<string, Quote, SerdesKnown>>()
  expectTypeOf(table.filter((_key, quote) => quote.bid > 0)).toEqualTypeOf<
    KTable<string, Quote, SerdesKnown>
  >()
  expectTypeOf(t.table(ticks).filter(isQuote)).toEqualTypeOf<KTable<string, Quote, SerdesKnown>>()
  expectTypeOf(t.table(ticks).filterNot(isQuote)).toEqualTypeOf<
    KTable<string, Trade, SerdesKnown>
  >()
  const bids = table.mapValues((quote) => quote.bid, { valueSerde: doubleSerde })
  expectTypeOf(bids).toEqualTypeOf<KTable<string, number, SerdesKnown>>()
  const materialized = Materialized.as('bids', { valueSerde: doubleSerde })
  expectTypeOf(table.mapValues((quote) => quote.bid, { materialized })).toEqualTypeOf<
    KTable<string, number, SerdesKnown>
  >()
  expectTypeOf(table.mapValues((quote) => (quote.bid > 0 ? quote.bid : undefined))).toEqualTypeOf<
    KTable<string, number, 'key'>
  >()
  expectTypeOf(table.toStream((_key, quote) => quote?.bid ?? 0)).toEqualTypeOf<
    KStream<number, Quote | undefined, 'value'>
  >()
  table.filter(() => true, { materialized: Materialized.as('kept') })
  bids.toStream().to('bids')
  // @ts-expect-error a store of numbers needs to know how to write them
  table.mapValues((quote) => quote.bid, { materialized: Materialized.as('bids') })
  // @ts-expect-error and not as text
  table.mapValues((quote) => quote.bid, { valueSerde: stringSerde })
  // @ts-expect-error a quote has no price
  table.filter((_key, quote) => quote.price > 0)
  const unwritten = table.mapValues((quote) => quote.bid)
  // @ts-expect-error a filter's store has to be able to write what is in it
  unwritten.filter(() => true, { materialized: Materialized.as('kept') })
  // @ts-expect-error what is deleted has no bid
  table.toStream().mapValues((quote) => quote.bid)
  // @ts-expect-error a table by name needs serdes
  t.table('quotes')
  // @ts-expect-error the serde of the number is missing
  unwritten.toStream().to('bids')

  const rates = t.globalTable(quotes)
  expectTypeOf(globalStoreOf({ getStateStore: never }, rates.store)).toEqualTypeOf<
    ReadOnlyKeyValueStore<string, Quote>
  >()
}

function never(): never {
  throw new Error('never called')
}

test('types flow from the serdes', () => {
  expectTypeOf(typed).toBeFunction()
  expectTypeOf(serdesKnown).toBeFunction()
  expectTypeOf(tables).toBeFunction()
})
