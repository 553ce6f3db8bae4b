import { afterEach, expect, describe as group, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import {
  Consumed,
  describe,
  type KTable,
  type Metrics,
  noMetrics,
  Produced,
  type SerdesKnown,
  StreamsBuilder,
  stringSerde,
  TableJoined,
} from '#streams'
import {
  type PipeOptions,
  TopologyTestDriver,
  type TopologyTestDriverOptions,
} from '#streams/testing'

type Texts = KTable<string, string, SerdesKnown>

const text = Consumed.with(stringSerde, stringSerde)
const versions = (store: string) => ({
  ...text,
  materialized: { as: store, historyRetentionMs: 1000 },
})

/** A left row is its foreign key and something more: `f|1`. */
const foreignKeyOf = (_key: string, value: string) => value.split('|')[0] || undefined
const concat = (left: string, right: string | undefined) => `${left}+${right ?? '-'}`
const options = { valueSerde: stringSerde }

function joined(
  isLeft: boolean,
  left: Texts,
  right: Texts,
  more: TableJoined<string, string> = {},
) {
  const table = isLeft
    ? left.leftJoin(right, foreignKeyOf, concat, { ...options, ...more })
    : left.join(right, foreignKeyOf, concat, { ...options, ...more })
  table.toStream().to('out', Produced.with(stringSerde, stringSerde))
  return table
}

const drivers: TopologyTestDriver[] = []
afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close()
})

async function drive(t: StreamsBuilder, given: Partial<TopologyTestDriverOptions> = {}) {
  const dropped: string[] = []
  const metrics: Metrics = {
    ...noMetrics,
    counter: (name, _help, labels = {}) => ({
      add: () => void (name.includes('dropped') && dropped.push(labels['reason'] ?? '')),
    }),
  }
  const topology = t.build('joins')
  const stores = createStoreBackend(memoryEngine())
  const driver = await TopologyTestDriver.open({ topology, stores, metrics, ...given })
  drivers.push(driver)
  const out = driver.createOutputTopic('out', stringSerde, stringSerde)
  return {
    driver,
    dropped,
    said: () => {
      const records = out.readRecords()
      return records.map(({ key, value, timestampMs }) => `${key}:${value ?? '-'}@${timestampMs}`)
    },
    pipe(topic: string, key: string, value: string | undefined, more: PipeOptions = {}): void {
      driver.createInputTopic(topic, stringSerde, stringSerde).pipe(key, value, more)
    },
  }
}

/** `-` removes a row; a left row that begins with the bar has no foreign key. The last columns are what comes out. */
const UPDATES = `
  side   key  value  time  inner       left
  left   k    f|1    1     .           k:f|1+-@1
  right  f    x      5     k:f|1+x@5   k:f|1+x@5
  left   k    f|2    3     k:f|2+x@5   k:f|2+x@5
  left   k    g|3    7     k:-@7       k:g|3+-@7
  right  f    y      8     .           .
  right  g    z      9     k:g|3+z@9   k:g|3+z@9
  right  g    -      4     k:-@4       k:g|3+-@4
  right  g    -      5     k:-@5       k:g|3+-@5
  left   k    -      10    k:-@10      k:-@10
  left   k    -      11    .           .
  left   k    |4     12    .           k:|4+-@12
  left   k    f|5    13    k:f|5+y@13  k:f|5+y@13
  left   k    |6     14    k:-@14      k:|6+-@14
  right  f    x      15    .           .
  left   k    -      16    .           k:-@16
`

const rows = UPDATES.trim()
  .split('\n')
  .slice(1)
  .map((line) => line.trim().split(/ +/))

group.each([
  ['inner', false],
  ['left', true],
] as const)('an %s join by foreign key', (kind, isLeft) => {
  test('says after each update what the table of its kind says', async () => {
    const t = new StreamsBuilder()
    joined(isLeft, t.table('left', text), t.table('right', text))
    const { pipe, said, dropped } = await drive(t)
    for (const row of rows) {
      const [side = '', key = '', value, time] = row
      pipe(side, key, value === '-' ? undefined : value, { timestampMs: Number(time) })
      const found = said().join(' ') || '.'
      expect([...row.slice(0, 4), found]).toEqual([...row.slice(0, 4), row[isLeft ? 5 : 4]])
    }
    const expected = kind === 'inner' ? ['null-foreign-key', 'null-foreign-key'] : []
    expect(dropped).toEqual(expected)
  })

  test('answers all left rows of a right one in the order of their keys', async () => {
    const t = new StreamsBuilder()
    joined(isLeft, t.table('left', text), t.table('right', text))
    const { pipe, said } = await drive(t)
    for (const key of ['b', 'ä', 'a', 'aa']) pipe('left', key, 'f|1', { timestampMs: 1 })
    pipe('left', 'other', 'ff|1', { timestampMs: 1 })
    said()
    pipe('right', 'f', 'x', { timestampMs: 2 })
    const answered = said()
    expect(answered).toEqual(['a:f|1+x@2', 'aa:f|1+x@2', 'b:f|1+x@2', 'ä:f|1+x@2'])
  })

  test('ignores what is older than the latest row of a versioned table, on either side', async () => {
    const t = new StreamsBuilder()
    joined(isLeft, t.table('left', versions('lefts')), t.table('right', versions('rights')))
    const { pipe, said, dropped } = await drive(t)
    pipe('right', 'f', 'x', { timestampMs: 10 })
    pipe('left', 'k', 'f|1', { timestampMs: 11 })
    expect(said()).toEqual(['k:f|1+x@11'])
    pipe('left', 'k', 'g|0', { timestampMs: 9 })
    pipe('right', 'f', 'w', { timestampMs: 8 })
    expect(said()).toEqual([])
    expect(dropped).toEqual(['out-of-order', 'out-of-order'])
  })
})

test('an answer to a left row that has changed since is dropped', async () => {
  const t = new StreamsBuilder()
  joined(false, t.table('left', text), t.table('right', text))
  const { driver, pipe, said, dropped } = await drive(t, { commit: 'manual' })
  pipe('right', 'f', 'x', { timestampMs: 1 })
  pipe('right', 'g', 'z', { timestampMs: 1 })
  driver.commit()
  pipe('left', 'k', 'f|1', { timestampMs: 2 })
  pipe('left', 'k', 'g|2', { timestampMs: 3 })
  driver.commit()
  expect(said()).toEqual(['k:g|2+z@3'])
  expect(dropped).toEqual(['outdated-response'])
})

group(
  'an inner join whose left row changes while the answer that ends its result is on its way',
  () => {
    async function begun() {
      const t = new StreamsBuilder()
      joined(false, t.table('left', text), t.table('right', text))
      const driven = await drive(t, { commit: 'manual' })
      driven.pipe('right', 'f', 'x', { timestampMs: 1 })
      driven.pipe('left', 'k', 'f|1', { timestampMs: 2 })
      driven.driver.commit()
      expect(driven.said()).toEqual(['k:f|1+x@2'])
      return driven
    }

    test('ends the result when the row lost its foreign key and then went', async () => {
      const { driver, pipe, said } = await begun()
      pipe('left', 'k', '|2', { timestampMs: 3 })
      pipe('left', 'k', undefined, { timestampMs: 4 })
      driver.commit()
      expect(said()).toEqual(['k:-@3'])
    })

    test('ends the result when the foreign row went and the left one changed beside it', async () => {
      const { driver, pipe, said, dropped } = await begun()
      pipe('right', 'f', undefined, { timestampMs: 3 })
      pipe('left', 'k', 'f|2', { timestampMs: 4 })
      driver.commit()
      expect(said()).toEqual(['k:-@3'])
      expect(dropped).toEqual([])
    })

    test('keeps the result that a new foreign key led to', async () => {
      const { driver, pipe, said } = await begun()
      pipe('right', 'g', 'z', { timestampMs: 3 })
      driver.commit()
      pipe('right', 'f', undefined, { timestampMs: 4 })
      pipe('left', 'k', 'g|2', { timestampMs: 5 })
      driver.commit()
      expect(said()).toEqual(['k:g|2+z@5'])
    })
  },
)

test('results are kept under a name, and joined again by key', async () => {
  const t = new StreamsBuilder()
  const [left, right] = [t.table('left', text), t.table('right', text)]
  const byForeignKey = left.join(right, foreignKeyOf, concat, {
    materialized: { as: 'kept', valueSerde: stringSerde },
  })
  expect(byForeignKey.queryableStoreName).toBe('kept')
  byForeignKey
    .leftJoin(left, (result, row) => `${result}/${row ?? '-'}`)
    .toStream()
    .to('out', Produced.with(stringSerde, stringSerde))
  const { driver, pipe, said } = await drive(t)
  pipe('left', 'k', 'f|1', { timestampMs: 1 })
  pipe('right', 'f', 'x', { timestampMs: 2 })
  expect(said()).toEqual(['k:f|1+x/f|1@2'])
  expect(driver.timestampedKeyValueStore<string, string>('kept').get('k')).toEqual({
    value: 'f|1+x',
    timestampMs: 2,
  })
})

test('a table joins itself by foreign key: rows with the row above them', async () => {
  const t = new StreamsBuilder()
  const table = t.table('left', text)
  joined(true, table, table)
  const { pipe, said } = await drive(t, { partitions: 2 })
  pipe('left', 'root', '|r', { timestampMs: 1 })
  pipe('left', 'leaf', 'root|l', { timestampMs: 2 })
  expect(said()).toEqual(['root:|r+-@1', 'leaf:root|l+|r@2'])
  pipe('left', 'root', '|s', { timestampMs: 3 })
  expect(said().sort()).toEqual(['leaf:root|l+|s@3', 'root:|s+-@3'])
})

test('answers find the left row where it is, whatever placed it there; the right table is found by its partitioner', async () => {
  const t = new StreamsBuilder()
  const last = (_key: string, partitionCount: number) => partitionCount - 1
  const by: TableJoined<string, string> = { as: 'j', otherPartitioner: last }
  joined(false, t.table('left', text), t.table('right', text), by)
  const { pipe, said } = await drive(t, { partitions: { left: 3, right: 4 } })
  for (const partition of [0, 1, 2]) {
    const placed = { partition, timestampMs: partition }
    pipe('left', `k${partition}`, `f${partition}|1`, placed)
    pipe('right', `f${partition}`, 'x', { partition: 3, timestampMs: partition })
  }
  expect(said()).toEqual(['k0:f0|1+x@0', 'k1:f1|1+x@1', 'k2:f2|1+x@2'])
})

test('a left row without a foreign key has its result though nobody can say where it belongs', async () => {
  const t = new StreamsBuilder()
  const byLength = (key: string, partitionCount: number) => key.length % partitionCount
  const by: TableJoined<string, string> = { otherPartitioner: byLength }
  joined(true, t.table('left', text), t.table('right', text), by)
  const { pipe, said } = await drive(t, { partitions: { left: 3, right: 2 } })
  pipe('left', 'k', '|1', { partition: 2, timestampMs: 1 })
  expect(said()).toEqual(['k:|1+-@1'])
})

test('state comes back from the changelogs: nothing that decides is kept outside of stores', async () => {
  const outputs = await Promise.all(
    [false, true].map(async (restarts) => {
      const t = new StreamsBuilder()
      joined(true, t.table('left', text), t.table('right', text))
      const { driver, pipe, said } = await drive(t, { partitions: { left: 3, right: 2 } })
      for (const row of rows) {
        const [side = '', key = '', value, time] = row
        pipe(side, key, value === '-' ? undefined : value, { timestampMs: Number(time) })
        if (restarts) await driver.restart({ wipe: true })
      }
      return said()
    }),
  )
  expect(outputs[0]?.length).toBe(12)
  expect(outputs[1]).toEqual(outputs[0])
})

test('names are those of Kafka Streams: from the join, or one number each', () => {
  const generated = new StreamsBuilder()
  joined(false, generated.table('left', text), generated.table('right', text))
  const topology = generated.build('generated')
  expect(topology.repartitions.map(({ name, suffix }) => [name, suffix])).toEqual([
    ['KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-0000000006', 'topic'],
    ['KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-0000000014', 'topic'],
  ])
  const store = 'KTABLE-FK-JOIN-SUBSCRIPTION-STATE-STORE-0000000010'
  for (const part of [
    'Processor: KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-0000000007 (stores: [])',
    'Sink: KTABLE-SINK-0000000008',
    'Source: KTABLE-SOURCE-0000000009',
    `Processor: KTABLE-FK-JOIN-SUBSCRIPTION-PROCESSOR-0000000011 (stores: [${store}])`,
    'Processor: KTABLE-FK-JOIN-SUBSCRIPTION-PROCESSOR-0000000012 (stores: [right-',
    `Processor: KTABLE-FK-JOIN-SUBSCRIPTION-PROCESSOR-0000000013 (stores: [${store}])`,
    'Processor: KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-0000000017 (stores: [left-',
    'Processor: KTABLE-FK-JOIN-OUTPUT-0000000018 (stores: [])',
  ]) {
    expect(describe(topology)).toContain(part)
  }

  const named = new StreamsBuilder()
  joined(true, named.table('left', text), named.table('right', text), TableJoined.as('j'))
  const nodes = named
    .build('named')
    .subTopologies.flatMap((each) => each.nodes.map(({ name }) => name))
  expect(nodes.filter((name) => name.startsWith('j-')).sort()).toEqual([
    'j-foreign-join-subscription',
    'j-result',
    'j-subscription-join-foreign',
    'j-subscription-receive',
    'j-subscription-registration-processor',
    'j-subscription-registration-sink',
    'j-subscription-registration-source',
    'j-subscription-response-resolver',
    'j-subscription-response-sink',
    'j-subscription-response-source',
  ])
})
