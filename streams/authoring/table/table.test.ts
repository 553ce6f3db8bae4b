import { expect, describe as group, test } from 'vitest'
import {
  describe,
  type KTable,
  keyValueStore,
  Materialized,
  type ProcessorSupplier,
  type SerdesKnown,
  StreamsBuilder,
  stringSerde,
  type VersionedKeyValueStore,
} from '#streams'
import { driverOf, pipe, taken, text, texts } from '../fixtures/run-topology.ts'

type Texts = KTable<string, string, SerdesKnown>

const named = (as: string) => Materialized.as(as, { valueSerde: stringSerde })

const storeNames = (t: StreamsBuilder) =>
  t.build('t').subTopologies.flatMap(({ stores }) => stores.map(({ name }) => name))

/** Emits each change, and the row that it finds: `new|old|latest|row`. */
function watch(table: Texts): ProcessorSupplier<string, unknown, string, string> {
  const views = table.node.views()
  return () => ({
    init(context) {
      const view = views.view(context)
      this.process = ({ key, value, timestampMs, headers }) => {
        const { newValue, oldValue, isLatest } = value as Record<string, unknown>
        const row = view.get(key)
        const parts = [newValue, oldValue, isLatest, row && `${row.value}/${row.timestampMs}`]
        context.forward({
          key,
          value: parts.map((each) => each ?? '-').join('|'),
          timestampMs,
          headers,
        })
      }
    },
    process() {},
  })
}

function watched(table: Texts, from: Texts = table): void {
  const { builder } = table.scope
  builder.addProcessor('watch', watch(table), [from.name], table.node.views().stores)
  builder.addSink('sink', { topic: 'out', keySerde: stringSerde, valueSerde: stringSerde }, [
    'watch',
  ])
}

group('a source', () => {
  test('keeps no rows unless named or asked; the number of its store is used up in any case', () => {
    const t = new StreamsBuilder()
    const table = t.table('in', text)
    expect(table.name).toBe('KTABLE-SOURCE-0000000002')
    expect(table.queryableStoreName).toBeUndefined()
    expect(storeNames(t)).toEqual([])
    expect(table.node.enableSendingOldValues(false)).toBe(false)
    expect(table.node.views().stores).toEqual(['in-STATE-STORE-0000000000'])
    expect(storeNames(t)).toEqual(['in-STATE-STORE-0000000000'])
    expect(table.node.enableSendingOldValues(false)).toBe(true)
    expect(t.table('other', { ...text, materialized: { as: 'kept' } }).queryableStoreName).toBe(
      'kept',
    )
  })

  test('takes updates in the order in which they arrive, and tells old values when asked to', async () => {
    const t = new StreamsBuilder()
    const table = t.table('in', text)
    table.node.enableSendingOldValues(true)
    watched(table)
    const driver = await driverOf(t.build('t'))
    pipe(driver, 'a=1@10', 'a=2@5', '=3@6', 'a@20', 'a@21')
    expect(taken(driver)).toEqual([
      'a=1|-|true|1/10@10',
      'a=2|1|true|2/5@5',
      'a=-|2|true|-@20',
      'a=-|-|true|-@21',
    ])
  })

  test('without a store passes records on, tombstones too, and drops those without a key', async () => {
    const t = new StreamsBuilder()
    t.table('in', text).toStream().to('out')
    const driver = await driverOf(t.build('t'))
    pipe(driver, 'a@1', '=1@2', 'a=1@3')
    expect(taken(driver)).toEqual(['a@1', 'a=1@3'])
  })

  test('keeps values and times across a restart', async () => {
    const t = new StreamsBuilder()
    const table = t.table('in', { ...text, as: 'kept' })
    table.node.enableSendingOldValues(true)
    watched(table)
    const driver = await driverOf(t.build('t'))
    pipe(driver, 'a=1@10')
    await driver.restart({ wipe: true })
    pipe(driver, 'a=2@11')
    expect(taken(driver)).toEqual(['a=1|-|true|1/10@10', 'a=2|1|true|2/11@11'])
    expect(driver.store<{ get(key: string): unknown }>('kept').get('a')).toEqual({
      value: '2',
      timestampMs: 11,
    })
  })
})

group('a versioned source', () => {
  test('says of an update whether it is the latest, drops what history does not reach, and answers as of a time', async () => {
    const t = new StreamsBuilder()
    const table = t.table('in', { ...text, as: 'kept', materialized: { historyRetentionMs: 100 } })
    expect([table.node.isVersioned, table.node.views().isVersioned]).toEqual([true, true])
    table.node.enableSendingOldValues(true)
    watched(table)
    const driver = await driverOf(t.build('t'))
    pipe(driver, 'a=1@10', 'a=0@5', 'b=1@500', 'a=9@300')
    expect(taken(driver)).toEqual([
      'a=1|-|true|1/10@10',
      'a=0|1|false|1/10@5',
      'b=1|-|true|1/500@500',
    ])
    const store = driver.store<VersionedKeyValueStore<string, string>>('kept')
    expect(store.get('a', 450)?.value).toBe('1')
  })
})

group('a filter', () => {
  const short = (_key: string, value: string) => value.length < 3

  test('of a table without a store emits a tombstone for each row that is refused', async () => {
    const t = new StreamsBuilder()
    t.table('in', text).filter(short).toStream().to('out')
    const driver = await driverOf(t.build('t'))
    pipe(driver, 'a=long@1', 'a=x@2', 'a=long@3', 'a=long@4', 'b@5')
    expect(taken(driver)).toEqual(['a@1', 'a=x@2', 'a@3', 'a@4', 'b@5'])
  })

  test('of a table with a store, or with old values asked for, spares tombstones of what never was', async () => {
    const t = new StreamsBuilder()
    t.table('in', { ...text, as: 'kept' })
      .filter(short)
      .toStream()
      .to('out')
    const driver = await driverOf(t.build('t'))
    pipe(driver, 'a=long@1', 'a=x@2', 'a=long@3', 'a=long@4', 'b@5')
    expect(taken(driver)).toEqual(['a=x@2', 'a@3'])
  })

  test('with a store of its own still emits them, and keeps what it accepts', async () => {
    const t = new StreamsBuilder()
    const table = t.table('in', text).filter(short, { materialized: named('short') })
    expect(table.queryableStoreName).toBe('short')
    table.toStream().to('out')
    const driver = await driverOf(t.build('t'))
    pipe(driver, 'a=x@1', 'b=y@1', 'a=long@2', 'c=long@3')
    expect(taken(driver)).toEqual(['a=x@1', 'b=y@1', 'a@2', 'c@3'])
    const rows = [...driver.keyValueStore<string, unknown>('short').all()]
    expect(rows).toEqual([['b', { value: 'y', timestampMs: 1 }]])
  })

  test('of a versioned table emits them, late or not, and says so', async () => {
    const t = new StreamsBuilder()
    const options = { ...text, as: 'kept', materialized: { historyRetentionMs: 100 } }
    const source = t.table('in', options)
    const table = source.filter(short)
    expect(table.node.isVersioned).toBe(true)
    watched(table)
    const driver = await driverOf(t.build('t'))
    pipe(driver, 'a=long@10', 'a=x@5')
    expect(taken(driver)).toEqual(['a=-|-|true|-@10', 'a=x|-|false|-@5'])
  })

  test('is of no versioned table once options of a store came in between, as in Kafka Streams', () => {
    const t = new StreamsBuilder()
    const options = { ...text, as: 'kept', materialized: { historyRetentionMs: 100 } }
    const source = t.table('in', options)
    const plain = { materialized: { valueSerde: stringSerde } }
    expect(source.mapValues((value) => value).node.isVersioned).toBe(true)
    expect(source.mapValues((value) => value, plain).node.isVersioned).toBe(false)
  })

  test('filterNot keeps the others', async () => {
    const t = new StreamsBuilder()
    t.table('in', text).filterNot(short).toStream().to('out')
    const driver = await driverOf(t.build('t'))
    pipe(driver, 'a=long@1', 'a=x@2')
    expect(taken(driver)).toEqual(['a=long@1', 'a@2'])
  })
})

group('mapped values', () => {
  test('map old values too, and rows are mapped when they are looked up', async () => {
    const t = new StreamsBuilder()
    const source = t.table('in', { ...text, as: 'kept' })
    const table = source.mapValues((value, key) => `${key}:${value}`, { valueSerde: stringSerde })
    table.node.enableSendingOldValues(true)
    expect(table.node.views().stores).toEqual(['kept'])
    watched(table)
    const driver = await driverOf(t.build('t'))
    pipe(driver, 'a=1@1', 'a=2@2', 'a@3')
    expect(taken(driver)).toEqual([
      'a=a:1|-|true|a:1/1@1',
      'a=a:2|a:1|true|a:2/2@2',
      'a=-|a:2|true|-@3',
    ])
  })

  test('with a store of their own are looked up there, and need no old values from above', async () => {
    const t = new StreamsBuilder()
    const source = t.table('in', text)
    const table = source.mapValues((value) => `<${value}>`, { materialized: named('mapped') })
    expect(table.node.enableSendingOldValues(false)).toBe(true)
    expect(table.node.views().stores).toEqual(['mapped'])
    watched(table)
    const driver = await driverOf(t.build('t'))
    pipe(driver, 'a=1@1', 'a=2@2')
    expect(taken(driver)).toEqual(['a=<1>|-|true|<1>/1@1', 'a=<2>|<1>|true|<2>/2@2'])
    expect(storeNames(t)).toEqual(['mapped'])
  })

  test('that are undefined are tombstones', async () => {
    const t = new StreamsBuilder()
    const table = t.table('in', text).mapValues((value) => (value === 'gone' ? undefined : value))
    table.toStream().to('out', texts)
    const driver = await driverOf(t.build('t'))
    pipe(driver, 'a=1@1', 'a=gone@2')
    expect(taken(driver)).toEqual(['a=1@1', 'a@2'])
  })

  test('may have versions of their own', async () => {
    const t = new StreamsBuilder()
    const materialized = { ...named('mapped'), historyRetentionMs: 100 }
    const table = t.table('in', text).mapValues((value) => value, { materialized })
    watched(table)
    const driver = await driverOf(t.build('t'))
    pipe(driver, 'a=1@200', 'a=0@150', 'a=9@50')
    expect(taken(driver)).toEqual(['a=1|-|true|1/200@200', 'a=0|-|false|1/200@150'])
  })
})

group('transformed values', () => {
  const seen = keyValueStore({ name: 'seen', keySerde: stringSerde, valueSerde: stringSerde })

  test('are made with stores, of absent rows too', async () => {
    const t = new StreamsBuilder().addStateStore(seen)
    const table = t.table('in', text).transformValues(
      () => {
        let before: (key: string, value: string | undefined) => string | undefined
        return {
          init(context) {
            const store = context.getStateStore<{
              get(key: string): string
              put(key: string, value: string): void
            }>('seen')
            before = (key, value) => {
              const found = store.get(key)
              if (value !== undefined) store.put(key, value)
              return found
            }
          },
          transform: (key, value) => `${value ?? 'none'} after ${before(key, value) ?? 'none'}`,
        }
      },
      { stores: ['seen'] },
    )
    expect(table.name).toBe('KTABLE-TRANSFORMVALUES-0000000003')
    table.toStream().to('out', texts)
    const driver = await driverOf(t.build('t'))
    pipe(driver, 'a=1@1', 'a=2@2', 'a@3')
    expect(taken(driver)).toEqual(['a=1 after none@1', 'a=2 after 1@2', 'a=none after 2@3'])
  })
})

group('the record cache', () => {
  test('tells the last of several updates at the commit, with the value that was told before', async () => {
    const t = new StreamsBuilder()
    const table = t.table('in', { ...text, as: 'kept' })
    table.node.enableSendingOldValues(true)
    watched(table)
    const driver = await driverOf(t.build('t'), { commit: 'manual', recordCacheBytesMax: 100_000 })
    pipe(driver, 'a=1@1')
    driver.commit()
    pipe(driver, 'a=2@2', 'b=1@3', 'b@4', 'a=3@5')
    expect(taken(driver)).toEqual(['a=1|-|true|1/1@1'])
    driver.commit()
    expect(taken(driver)).toEqual(['a=3|1|true|3/5@5'])
  })

  test('tells of a removal between two commits even where nobody asked for old values', async () => {
    const t = new StreamsBuilder()
    const table = t.table('in', text).mapValues((value) => value, { materialized: named('mapped') })
    table.toStream().to('out')
    const driver = await driverOf(t.build('t'), { commit: 'manual', recordCacheBytesMax: 100_000 })
    pipe(driver, 'a=1@1')
    driver.commit()
    pipe(driver, 'a@2', 'b@3')
    driver.commit()
    expect(taken(driver)).toEqual(['a=1@1', 'a@2'])
  })

  test('is passed by where caching is off, and by versioned tables', async () => {
    const t = new StreamsBuilder()
    t.table('in', { ...text, as: 'kept', materialized: { caching: false } })
      .toStream()
      .to('out')
    const materialized = { historyRetentionMs: 100 }
    t.table('more', { ...text, as: 'versions', materialized })
      .toStream()
      .to('out')
    const driver = await driverOf(t.build('t'), { commit: 'manual', recordCacheBytesMax: 100_000 })
    pipe(driver, 'a=1@1', 'a=2@2', 'more: b=1@3', 'more: b=2@4')
    driver.commit()
    expect(taken(driver)).toEqual(['a=1@1', 'a=2@2', 'b=1@3', 'b=2@4'])
  })
})

group('between streams and tables', () => {
  test('a table streams its changes, under another key if so asked', async () => {
    const t = new StreamsBuilder()
    const table = t.table('in', text)
    table.toStream((key, value) => `${key}${value ?? '?'}`, { keySerde: stringSerde }).to('out')
    const driver = await driverOf(t.build('t'))
    pipe(driver, 'a=1@1', 'a@2')
    expect(taken(driver)).toEqual(['a1=1@1', 'a?@2'])
  })

  test('a stream becomes a table, behind a repartition of its name where the key may have changed', () => {
    const t = new StreamsBuilder()
    t.stream('in', text)
      .selectKey((_key, value) => value, { keySerde: stringSerde })
      .toTable()
      .toStream()
      .to('out')
    expect(describe(t.build('t'))).toBe(`Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-KEY-SELECT-0000000001
    Processor: KSTREAM-KEY-SELECT-0000000001 (stores: [])
      --> KSTREAM-FILTER-0000000005
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-FILTER-0000000005 (stores: [])
      --> KSTREAM-SINK-0000000004
      <-- KSTREAM-KEY-SELECT-0000000001
    Sink: KSTREAM-SINK-0000000004 (topic: KSTREAM-TOTABLE-0000000002-repartition)
      <-- KSTREAM-FILTER-0000000005

  Sub-topology: 1
    Source: KSTREAM-SOURCE-0000000006 (topics: [KSTREAM-TOTABLE-0000000002-repartition])
      --> KSTREAM-TOTABLE-0000000002
    Processor: KSTREAM-TOTABLE-0000000002 (stores: [])
      --> KTABLE-TOSTREAM-0000000007
      <-- KSTREAM-SOURCE-0000000006
    Processor: KTABLE-TOSTREAM-0000000007 (stores: [])
      --> KSTREAM-SINK-0000000008
      <-- KSTREAM-TOTABLE-0000000002
    Sink: KSTREAM-SINK-0000000008 (topic: out)
      <-- KTABLE-TOSTREAM-0000000007

`)
  })

  test('a table of a stream takes the names that it is given', async () => {
    const t = new StreamsBuilder()
    const table = t
      .stream('in', { ...text, as: 'in' })
      .selectKey((_key, value) => value, { as: 'by-value', keySerde: stringSerde })
      .toTable({ as: 'latest' })
    expect([table.name, table.queryableStoreName]).toEqual(['latest', 'latest'])
    table.toStream({ as: 'changes' }).to('out', { as: 'out' })
    const topology = t.build('t', { requireNames: true })
    expect(topology.generatedNames).toEqual([])
    expect(topology.repartitions.map(({ name }) => name)).toEqual(['latest'])
    const driver = await driverOf(topology)
    pipe(driver, 'k=a@1', '=a@2')
    expect(taken(driver)).toEqual(['a=a@1', 'a=a@2'])
  })
})
