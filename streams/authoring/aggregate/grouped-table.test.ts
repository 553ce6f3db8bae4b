import { afterEach, describe, expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import {
  Consumed,
  Grouped,
  jsonSerde,
  type KTable,
  longSerde,
  Produced,
  type Serde,
  StreamsBuilder,
  stringSerde,
  type TableOptions,
} from '#streams'
import { TopologyTestDriver } from '#streams/testing'

let driver: TopologyTestDriver | undefined

afterEach(async () => {
  await driver?.close()
  driver = undefined
})

type Rows = KTable<string, string, 'key' | 'value'>

/** A table of rows `<group>:<number>` by id. */
async function drive(
  author: (rows: Rows) => void,
  options: TableOptions<string, string> = {},
): Promise<void> {
  const t = new StreamsBuilder()
  author(
    t.table('rows', { ...Consumed.with(stringSerde, stringSerde, { as: 'rows' }), ...options }),
  )
  driver = await TopologyTestDriver.open({
    topology: t.build('rows'),
    stores: createStoreBackend(memoryEngine()),
    partitions: 2,
  })
}

type Piped = readonly [id: string, row: string | undefined, timestampMs: number]

/** What came out after each record. */
function outputs<V>(records: readonly Piped[], valueSerde: Serde<V>): unknown[][] {
  const input = driver?.createInputTopic('rows', stringSerde, stringSerde)
  const output = driver?.createOutputTopic('out', stringSerde, valueSerde)
  return records.map(([id, row, timestampMs]) => {
    input?.pipe(id, row, { timestampMs })
    return output?.readRecords().map((each) => [each.key, each.value, each.timestampMs]) ?? []
  })
}

const groupAndNumber = (_id: string, row: string) => {
  const [group, number] = row.split(':')
  return [group, number] as const
}
const grouped = Grouped.with(stringSerde, stringSerde)
const toNumbers = (table: KTable<string, number, 'key' | 'value'>) =>
  table.toStream().to('out', Produced.with(stringSerde, longSerde))
const toTexts = (table: KTable<string, string, 'key' | 'value'>) =>
  table.toStream().to('out', Produced.with(stringSerde, stringSerde))
const plus = (text: string, value: string) => `${text}+${value}`
const minus = (text: string, value: string) => `${text}-${value}`

describe('an aggregate of a table', () => {
  test('counts the rows that each group has; a row leaves its old group before it enters the new one', async () => {
    await drive((rows) => toNumbers(rows.groupBy(groupAndNumber, grouped).count({ as: 'count' })))
    const counted = outputs(
      [
        ['1', 'a:1', 10],
        ['2', 'a:1', 5],
        ['1', 'b:1', 20],
        ['2', undefined, 15],
        ['3', undefined, 30],
      ],
      longSerde,
    )
    expect(counted).toEqual([
      [['a', 1, 10]],
      [['a', 2, 10]],
      [
        ['a', 1, 20],
        ['b', 1, 20],
      ],
      [['a', 0, 20]],
      [],
    ])
    const [a, b] = ['a', 'b'].map((group) =>
      [0, 1].map((partition) => driver?.keyValueStore('count', partition).get(group)),
    )
    expect(a).toContainEqual({ value: 0, timestampMs: 20 })
    expect(b).toContainEqual({ value: 1, timestampMs: 20 })
  })

  test('makes one update of a row that stays in its group', async () => {
    await drive((rows) => {
      toTexts(
        rows.groupBy(groupAndNumber, grouped).aggregate(
          () => '0',
          (group, value, text) => plus(`${text}${group}`, value),
          (group, value, text) => minus(`${text}${group}`, value),
          { materialized: { valueSerde: stringSerde } },
        ),
      )
    })
    const texts = outputs(
      [
        ['1', 'a:1', 10],
        ['1', 'a:2', 11],
        ['2', 'a:7', 3],
      ],
      stringSerde,
    )
    expect(texts).toEqual([
      [['a', '0a+1', 10]],
      [['a', '0a+1a-1a+2', 11]],
      [['a', '0a+1a-1a+2a+7', 11]],
    ])
  })

  test('reduces, beginning with the first value of a group', async () => {
    await drive((rows) => toTexts(rows.groupBy(groupAndNumber, grouped).reduce(plus, minus)))
    const texts = outputs(
      [
        ['1', 'a:1', 10],
        ['2', 'a:2', 11],
        ['1', 'b:3', 12],
      ],
      stringSerde,
    )
    expect(texts).toEqual([
      [['a', '1', 10]],
      [['a', '1+2', 11]],
      [
        ['a', '1+2-1', 12],
        ['b', '3', 12],
      ],
    ])
  })

  test('is removed where the subtractor answers nothing, and begins anew', async () => {
    await drive((rows) => {
      const gone = () => undefined
      toTexts(rows.groupBy(groupAndNumber, grouped).reduce(plus, gone, { as: 'sum' }))
    })
    const texts = outputs(
      [
        ['1', 'a:1', 10],
        ['1', 'a:2', 4],
        ['1', undefined, 12],
        ['2', 'a:3', 2],
      ],
      stringSerde,
    )
    expect(texts).toEqual([
      [['a', '1', 10]],
      [['a', '2', 10]],
      [['a', undefined, 12]],
      [['a', '3', 2]],
    ])
  })

  test('leaves out rows that are mapped to nothing, to no key or to no value', async () => {
    await drive((rows) => {
      const mapper = (id: string, row: string) =>
        row === 'none'
          ? undefined
          : ([row === 'no-key' ? undefined : 'g', row === 'no-value' ? undefined : id] as const)
      toNumbers(rows.groupBy(mapper, grouped).count())
    })
    const counted = outputs(
      [
        ['1', 'none', 1],
        ['1', 'no-key', 2],
        ['1', 'no-value', 3],
        ['1', 'row', 4],
        ['1', 'none', 5],
      ],
      longSerde,
    )
    expect(counted).toEqual([[], [], [], [['g', 1, 4]], [['g', 0, 5]]])
  })

  test('of a versioned table leaves updates alone that are older than the latest', async () => {
    await drive((rows) => toNumbers(rows.groupBy(groupAndNumber, grouped).count()), {
      materialized: { historyRetentionMs: 1000 },
    })
    const counted = outputs(
      [
        ['1', 'a:1', 10],
        ['1', 'b:1', 5],
        ['1', 'c:1', 20],
      ],
      longSerde,
    )
    expect(counted).toEqual([
      [['a', 1, 10]],
      [],
      [
        ['a', 0, 20],
        ['c', 1, 20],
      ],
    ])
  })

  test('of a plain table takes updates in the order in which they come', async () => {
    await drive((rows) => toNumbers(rows.groupBy(groupAndNumber, grouped).count()))
    const counted = outputs(
      [
        ['1', 'a:1', 10],
        ['1', 'b:1', 5],
      ],
      longSerde,
    )
    expect(counted).toEqual([
      [['a', 1, 10]],
      [
        ['a', 0, 10],
        ['b', 1, 5],
      ],
    ])
  })

  test('takes keys of several fields for the same when they are written alike', async () => {
    const t = new StreamsBuilder()
    const pair = jsonSerde<{ readonly group: string }>()
    t.table('rows', Consumed.with(stringSerde, stringSerde))
      .groupBy(
        (_id, row) => [{ group: row.split(':')[0] ?? '' }, row],
        Grouped.with(pair, stringSerde),
      )
      .reduce(plus, minus)
      .toStream()
      .to('out')
    driver = await TopologyTestDriver.open({
      topology: t.build('rows'),
      stores: createStoreBackend(memoryEngine()),
    })
    const input = driver.createInputTopic('rows', stringSerde, stringSerde)
    input.pipe('1', 'a:1')
    input.pipe('1', 'a:2')
    expect(driver.createOutputTopic('out', pair, stringSerde).readKeyValues()).toEqual([
      [{ group: 'a' }, 'a:1'],
      [{ group: 'a' }, 'a:1-a:1+a:2'],
    ])
  })

  test('is read by a stream that joins it, out of its store', async () => {
    const t = new StreamsBuilder()
    const counts = t
      .table('rows', Consumed.with(stringSerde, stringSerde))
      .groupBy(groupAndNumber, grouped)
      .count()
    t.stream('asked', Consumed.with(stringSerde, stringSerde))
      .join(counts, (asked, count) => `${asked}${count}`)
      .to('out', { valueSerde: stringSerde })
    driver = await TopologyTestDriver.open({
      topology: t.build('rows'),
      stores: createStoreBackend(memoryEngine()),
    })
    const rows = driver.createInputTopic('rows', stringSerde, stringSerde)
    const asked = driver.createInputTopic('asked', stringSerde, stringSerde)
    asked.pipe('a', 'how many? ')
    rows.pipe('1', 'a:1')
    rows.pipe('2', 'a:1')
    asked.pipe('a', 'how many? ')
    expect(driver.createOutputTopic('out', stringSerde, stringSerde).readKeyValues()).toEqual([
      ['a', 'how many? 2'],
    ])
    expect(counts.queryableStoreName).toBeUndefined()
  })
})
