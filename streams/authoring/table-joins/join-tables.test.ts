import { afterEach, expect, describe as group, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import {
  BufferConfig,
  Consumed,
  describe,
  type KTable,
  Produced,
  type SerdesKnown,
  StreamsBuilder,
  StreamsError,
  Suppressed,
  stringSerde,
  TimeWindows,
  type ValueAndTimestamp,
} from '#streams'
import { TopologyTestDriver, type TopologyTestDriverOptions } from '#streams/testing'

type Texts = KTable<string, string, SerdesKnown>
type Kind = 'inner' | 'left' | 'outer'

const text = Consumed.with(stringSerde, stringSerde)
const concat = (left: string | undefined, right: string | undefined) =>
  `${left ?? '-'}+${right ?? '-'}`

const drivers: TopologyTestDriver[] = []
afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close()
})

async function drive(t: StreamsBuilder, options: Partial<TopologyTestDriverOptions> = {}) {
  const topology = t.build('joins')
  const stores = createStoreBackend(memoryEngine())
  const driver = await TopologyTestDriver.open({ topology, stores, ...options })
  drivers.push(driver)
  const out = driver.createOutputTopic('out', stringSerde, stringSerde)
  return {
    driver,
    /** `value@time` of what an update says, `-` for a tombstone. */
    pipe(topic: string, key: string, value: string | undefined, timestampMs: number): string {
      driver.createInputTopic(topic, stringSerde, stringSerde).pipe(key, value, { timestampMs })
      return out
        .readRecords()
        .map((record) => `${record.value ?? '-'}@${record.timestampMs}`)
        .join(' ')
    },
  }
}

function joinOf(kind: Kind, left: Texts, right: Texts) {
  if (kind === 'inner') return left.join(right, concat)
  return kind === 'left' ? left.leftJoin(right, concat) : left.outerJoin(right, concat)
}

function written(table: Pick<KTable<string, string>, 'toStream'>): void {
  table.toStream().to('out', Produced.with(stringSerde, stringSerde))
}

/** One key; `-` removes the row. The columns are what comes out. */
const UPDATES = `
  side   value  time  inner    left     outer
  left   -      0     .        .        .
  left   a      1     .        a+-@1    a+-@1
  right  x      5     a+x@5    a+x@5    a+x@5
  left   b      3     b+x@5    b+x@5    b+x@5
  right  -      7     -@7      b+-@7    b+-@7
  right  -      8     -@8      b+-@8    b+-@8
  left   -      4     .        -@4      -@4
  right  y      9     .        .        -+y@9
  left   -      6     -@9      -@9      -+y@9
  right  z      9     .        .        -+z@9
  right  -      10    .        .        -@10
`

group.each(['inner', 'left', 'outer'] as const)('an %s join', (kind) => {
  const rows = UPDATES.trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/ +/))

  test('says after each update what the table of its kind says', async () => {
    const t = new StreamsBuilder()
    written(joinOf(kind, t.table('left', text), t.table('right', text)))
    const { pipe } = await drive(t)
    const column = { inner: 3, left: 4, outer: 5 }[kind]
    for (const row of rows) {
      const [side = '', value, time] = row
      const said = pipe(side, 'k', value === '-' ? undefined : value, Number(time))
      expect([...row.slice(0, 3), said || '.']).toEqual([...row.slice(0, 3), row[column]])
    }
  })

  test('that nobody keeps is looked up by a join below', async () => {
    const t = new StreamsBuilder()
    const first = joinOf(kind, t.table('left', text), t.table('right', text))
    written(first.join(t.table('third', text), concat))
    const { pipe } = await drive(t)
    pipe('left', 'both', 'a', 2)
    pipe('right', 'both', 'x', 4)
    pipe('left', 'one', 'a', 3)
    pipe('right', 'other', 'x', 5)
    const alone = { inner: ['', ''], left: ['a+-+t@3', ''], outer: ['a+-+t@3', '-+x+t@5'] }[kind]
    expect(pipe('third', 'both', 't', 1)).toBe('a+x+t@4')
    expect([pipe('third', 'one', 't', 1), pipe('third', 'other', 't', 1)]).toEqual(alone)
    expect(pipe('third', 'neither', 't', 1)).toBe('')
  })
})

test('a join with a store keeps its results with the later time, and a join below reads them there', async () => {
  const t = new StreamsBuilder()
  const joined = t.table('left', text).join(t.table('right', text), concat, {
    as: 'both',
    materialized: { as: 'kept', valueSerde: stringSerde },
  })
  expect(joined.queryableStoreName).toBe('kept')
  written(joined.leftJoin(t.table('third', text), concat))
  const { driver, pipe } = await drive(t)
  pipe('left', 'k', 'a', 8)
  pipe('right', 'k', 'x', 3)
  const store = driver.store<{ get(key: string): ValueAndTimestamp<string> | undefined }>('kept')
  expect(store.get('k')).toEqual({ value: 'a+x', timestampMs: 8 })
  expect(pipe('third', 'k', 't', 9)).toBe('a+x+t@9')
  pipe('right', 'k', undefined, 10)
  expect(store.get('k')).toBeUndefined()
})

test('a table joins itself', async () => {
  const t = new StreamsBuilder()
  const table = t.table('left', text)
  written(table.join(table, concat))
  const { pipe } = await drive(t)
  expect(pipe('left', 'k', 'a', 1)).toBe('a+a@1 a+a@1')
})

test('a joiner that answers nothing makes a tombstone', async () => {
  const t = new StreamsBuilder()
  const keepX = (left: string, right: string) => (right === 'x' ? left : undefined)
  written(t.table('left', text).join(t.table('right', text), keepX))
  const { pipe } = await drive(t)
  pipe('left', 'k', 'a', 1)
  expect(pipe('right', 'k', 'x', 2)).toBe('a@2')
  expect(pipe('right', 'k', 'y', 3)).toBe('-@3')
})

test('an update of a versioned table that is older than its latest row changes no result', async () => {
  const t = new StreamsBuilder()
  const versions = { ...text, materialized: { as: 'versions', historyRetentionMs: 1000 } }
  written(t.table('left', versions).leftJoin(t.table('right', text), concat))
  const { pipe } = await drive(t)
  expect(pipe('left', 'k', 'a', 10)).toBe('a+-@10')
  expect(pipe('left', 'k', 'old', 5)).toBe('')
  expect(pipe('right', 'k', 'x', 4)).toBe('a+x@10')
  expect(pipe('left', 'k', 'b', 11)).toBe('b+x@11')
})

test('with the record cache a result that waits for the commit is told once, with what held before', async () => {
  const t = new StreamsBuilder()
  const joined = t
    .table('left', text)
    .outerJoin(t.table('right', text), concat, { materialized: { valueSerde: stringSerde } })
  written(joined)
  const { driver, pipe } = await drive(t, { commit: 'manual', recordCacheBytesMax: 1_000_000 })
  const out = driver.createOutputTopic('out', stringSerde, stringSerde)
  pipe('left', 'k', 'a', 1)
  pipe('left', 'k', 'b', 2)
  pipe('right', 'k', 'x', 3)
  pipe('left', 'gone', 'a', 4)
  pipe('left', 'gone', undefined, 5)
  driver.commit()
  expect(out.readKeyValues()).toEqual([['k', 'b+x']])
  pipe('left', 'k', undefined, 6)
  pipe('right', 'k', undefined, 7)
  driver.commit()
  expect(out.readKeyValues()).toEqual([['k', undefined]])
})

test('a window of a join is closed when it is for both tables', async () => {
  const t = new StreamsBuilder()
  const records = t.stream('left', text).groupByKey()
  const counts = [0, 10].map((graceMs) =>
    records.windowedBy(TimeWindows.ofSizeAndGrace(10, graceMs)).count(),
  )
  const [early, late] = counts as [(typeof counts)[0], (typeof counts)[0]]
  early
    .join(late, (one, other) => `${one}/${other}`, { valueSerde: stringSerde })
    .suppress(Suppressed.untilWindowCloses(BufferConfig.unbounded()))
    .toStream((window) => window?.key ?? '', { keySerde: stringSerde })
    .to('out')
  const { pipe } = await drive(t)
  const said = [1, 2, 15, 19, 20].map((timestampMs) => pipe('left', 'k', 'v', timestampMs))
  expect(said).toEqual(['', '', '', '', '2/2@2'])
})

test('tables of different partition counts are refused', async () => {
  const t = new StreamsBuilder()
  written(t.table('left', text).join(t.table('right', text), concat))
  const refused = await drive(t, { partitions: { left: 2, right: 3 } }).catch((error) => error)
  expect(refused).toBeInstanceOf(StreamsError)
  expect(refused.code).toBe('STREAMS_NOT_COPARTITIONED')
})

test('names are those of Kafka Streams: from the join, or one number each', () => {
  const named = new StreamsBuilder()
  const [left, right] = [named.table('left', { ...text, as: 'l' }), named.table('right', text)]
  const options = { as: 'j', materialized: { as: 's', valueSerde: stringSerde } }
  left.join(right, concat, options)
  const generated = new StreamsBuilder()
  const tables = [generated.table('left', text), generated.table('right', text)] as const
  tables[0].join(tables[1], concat, { materialized: { valueSerde: stringSerde } })
  const named0 = describe(named.build('named'))
  const generated0 = describe(generated.build('generated'))
  for (const part of ['Processor: j (stores: [s])', 'Processor: j-join-this (', 'j-join-other (']) {
    expect(named0).toContain(part)
  }
  for (const part of [
    'Processor: KTABLE-MERGE-0000000007 (stores: [KTABLE-MERGE-STATE-STORE-0000000006])',
    'Processor: KTABLE-JOINTHIS-0000000008 (stores: [right-STATE-STORE-0000000003])',
    'Processor: KTABLE-JOINOTHER-0000000009 (stores: [left-STATE-STORE-0000000000])',
  ]) {
    expect(generated0).toContain(part)
  }
})
