import { expectTypeOf, test } from 'vitest'
import {
  Consumed,
  jsonSerde,
  type KStream,
  type KTable,
  keyValueStore,
  longSerde,
  Produced,
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

const handle = <V>(name: string): TopicHandle<string, V> => ({
  name,
  keySerde: stringSerde,
  valueSerde: jsonSerde<V>(),
})
const ticks = handle<Tick>('ticks')
const quotes = handle<Quote>('quotes')
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

test('types flow from the serdes', () => {
  expectTypeOf(typed).toBeFunction()
})
