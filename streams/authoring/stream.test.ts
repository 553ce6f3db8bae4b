import { expect, test } from 'vitest'
import { globalStoreOf, keyValueStore, longSerde, StreamsBuilder, stringSerde } from '#streams'
import { driverOf, pipe, taken, text, texts } from './fixtures/run-topology.ts'

const length = (value: string) => value.length

test('a serde that is given with a change is known further down', async () => {
  const t = new StreamsBuilder()
  const lines = t.stream('in', text)
  lines
    .mapValues(length, { valueSerde: longSerde })
    .selectKey((_key, value) => String(value), { keySerde: stringSerde })
    .repartition()
    .to('out')
  lines.map((key, value) => [`${key}!`, value] as const, texts).to('more')
  const driver = await driverOf(t.build('t'))
  pipe(driver, 'a=long@1')
  expect(taken(driver, 'out', longSerde)).toEqual(['4=4@1'])
  expect(taken(driver, 'more')).toEqual(['a!=long@1'])
})

test('an operator that changes a type forgets its serde, and a merge one that only one side knows', () => {
  const t = new StreamsBuilder()
  const lines = t.stream('in', text)
  const known = (stream: { readonly node: { keySerde: unknown; valueSerde: unknown } }) => [
    stream.node.keySerde !== undefined,
    stream.node.valueSerde !== undefined,
  ]
  expect(known(lines)).toEqual([true, true])
  expect(known(lines.mapValues(length))).toEqual([true, false])
  expect(known(lines.selectKey((key) => key))).toEqual([false, true])
  expect(known(lines.map((key, value) => [key, value] as const))).toEqual([false, false])
  expect(known(lines.merge(lines.selectKey((key) => key)))).toEqual([false, true])
  expect(known(lines.merge(lines.map((key, value) => [key, value] as const, texts)))).toEqual([
    true,
    true,
  ])
  const unknown = lines.map((key, value) => [key, value] as const)
  expect(known(lines.merge(unknown))).toEqual([false, false])
  expect(
    known(
      lines
        .split()
        .branch('all', () => true)
        .noDefaultBranch().all,
    ),
  ).toEqual([true, true])
})

test('a stream knows the sources that it has to agree with in partitions', () => {
  const t = new StreamsBuilder()
  const [a, b] = [t.stream('a', { ...text, as: 'a' }), t.stream('b', { ...text, as: 'b' })]
  expect(a.merge(b).filter(() => true).node.sources).toEqual(['a', 'b'])
  expect(a.repartition({ as: 'placed' }).node.sources).toEqual(['placed-repartition-source'])
  expect(t.table('c', { ...text, as: 'c' }).toStream().node.sources).toEqual(['c-source'])
})

test('records without a key are dropped before a repartition', async () => {
  const t = new StreamsBuilder()
  t.stream('in', text).repartition().to('out')
  const driver = await driverOf(t.build('t'))
  pipe(driver, '=1@1', 'a=2@2')
  expect(taken(driver)).toEqual(['a=2@2'])
})

test('records without a key pass every repartition above a join that takes them, and no other', async () => {
  const t = new StreamsBuilder()
  const lines = t.stream('in', text)
  const placed = lines.repartition({ as: 'first' }).peek(() => {}, { as: 'between' })
  const joined = placed.repartition({ as: 'second' }).peek(() => {}, { as: 'join' })
  placed.scope.nullKeys.acceptedBy('join')
  joined.to('out')
  placed.repartition({ as: 'beside' }).to('more')
  const driver = await driverOf(t.build('t'))
  pipe(driver, '=1@1', 'a=2@2')
  expect(taken(driver)).toEqual(['=1@1', 'a=2@2'])
  expect(taken(driver, 'more')).toEqual(['a=2@2'])
})

test('each record is printed with a label, by default that of the node', async () => {
  const t = new StreamsBuilder()
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  const stream = t.stream('in', { ...text, as: 'words' })
  stream.print({ write })
  stream.print({ write, label: 'seen', text: (key, value) => `${key}:${value}`, as: 'printer' })
  const topology = t.build('t')
  expect(topology.generatedNames).toEqual(['KSTREAM-PRINTER-0000000001'])
  const driver = await driverOf(topology)
  pipe(driver, 'a=1@1', '=2@2')
  expect(lines).toEqual(['[words]: a, 1', '[seen]: a:1', '[words]: null, 2', '[seen]: undefined:2'])
})

test('a topic is chosen by a record and where it came from', async () => {
  const t = new StreamsBuilder()
  const lines = t.stream('in', text)
  lines.to((record, metadata) => {
    const { key, value, timestampMs } = record
    return [key, value, timestampMs, metadata?.topic, metadata?.partition, metadata?.offset].join(
      '-',
    )
  })
  const driver = await driverOf(t.build('t'))
  pipe(driver, 'a=1@7', 'a=2@8')
  expect(driver.producedTopics()).toEqual(['a-1-7-in-0-0', 'a-2-8-in-0-1'])
})

test('a global table keeps values with their times, and gives the values alone', async () => {
  const t = new StreamsBuilder()
  const rates = t.globalTable('rates', { ...text, as: 'rates' })
  const seen = keyValueStore({ name: 'seen', keySerde: stringSerde, valueSerde: stringSerde })
  t.stream('in', text)
    .process<string, string>(
      () => {
        let show: (key: string, timestampMs: number) => void
        return {
          init(context) {
            const rows = globalStoreOf(context, rates.store)
            show = (key, timestampMs) => {
              const all = [...rows.all()].map(([of, value]) => `${of}=${value}`).join(' ')
              const value = `${rows.get(key)} of ${all}`
              context.forward({ key, value, timestampMs, headers: [] })
            }
          },
          process: ({ key, timestampMs }) => show(key, timestampMs),
        }
      },
      { stores: [seen, rates.storeName] },
    )
    .to('out', texts)
  const driver = await driverOf(t.build('t'))
  pipe(driver, 'rates: a=1@5', 'rates: b=2@6', 'rates: c=3@7', 'rates: c@8', 'rates: =9@9')
  pipe(driver, 'a=x@10')
  expect(taken(driver)).toEqual(['a=1 of a=1 b=2@10'])
  expect(driver.keyValueStore('rates').get('a')).toEqual({ value: '1', timestampMs: 5 })
})
