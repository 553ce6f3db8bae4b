import { afterEach, expect, describe as group, test } from 'vitest'
import {
  describe,
  JoinWindows,
  type KStream,
  Produced,
  type SerdesKnown,
  StreamsBuilder,
  stringSerde,
} from '#streams'
import type { TopologyTestDriverOptions } from '#streams/testing'
import { JoinRun, pipedOf, rowsOf, text } from './fixtures/join-run.ts'

type Texts = KStream<string, string, SerdesKnown>
type Kind = 'inner' | 'left' | 'outer'

const KINDS = ['inner', 'left', 'outer'] as const
const tenBeforeAndAfter: JoinWindows = JoinWindows.ofTimeDifferenceAndGrace(10, 5)
const pair = (left: string | undefined, right: string | undefined) =>
  `${left ?? '-'}+${right ?? '-'}`

const runs: JoinRun[] = []
afterEach(async () => {
  for (const run of runs.splice(0)) await run.driver.close()
})

function joinOf(kind: Kind, left: Texts, right: Texts, windows = tenBeforeAndAfter) {
  if (kind === 'inner') return left.join(right, pair, windows)
  return kind === 'left'
    ? left.leftJoin(right, pair, windows)
    : left.outerJoin(right, pair, windows)
}

async function joined(
  kind: Kind,
  { windows, ...options }: { windows?: JoinWindows } & Partial<TopologyTestDriverOptions> = {},
): Promise<JoinRun> {
  const t = new StreamsBuilder()
  const stream = joinOf(kind, t.stream('left', text), t.stream('right', text), windows)
  stream.to('out', Produced.with(stringSerde, stringSerde))
  const run = await JoinRun.open(t, options)
  runs.push(run)
  return run
}

/**
 * Windows of 10 before and after, 5 of grace. As Kafka Streams 4.3.1 gave them. `a` of the outer join waits longer than its window asks for: the
 * records that wait are looked through when the earliest that the last look left behind is closed.
 */
const PAIRS = `
  record          | inner      | left                  | outer
  left a l1 0     |            |                       |
  right a r1 10   | a=l1+r1@10 | a=l1+r1@10            | a=l1+r1@10
  right a r2 11   |            |                       |
  right b r3 12   |            |                       |
  left b l2 2     | b=l2+r3@12 | b=l2+r3@12            | b=l2+r3@12
  left c l3 12    |            |                       |
  left c l4 12    |            |                       |
  left d l5 1     |            | d=l5+-@1              | d=l5+-@1
  right e r4 26   |            |                       |
  right f r5 27   |            |                       |
  left c l6 28    |            | c=l3+-@12 c=l4+-@12   | a=-+r2@11 c=l3+-@12 c=l4+-@12
  left h l7 42    |            |                       |
  left i l8 100   |            | c=l6+-@28 h=l7+-@42   | e=-+r4@26 f=-+r5@27 c=l6+-@28 h=l7+-@42
`

group.each(KINDS)('%s join of two streams', (kind) => {
  test('pairs what is close enough, and emits what found no partner when its window closes', async () => {
    const run = await joined(kind)
    for (const [record = '', ...results] of rowsOf(PAIRS)) {
      expect(run.pipe(pipedOf(record)), record).toBe(results[KINDS.indexOf(kind)])
    }
  })

  test('comes to the same with a restart after every record, out of its stores or out of their changelogs', async () => {
    const records = randomRecords(2_026, 120)
    const uninterrupted = await joined(kind)
    const expected = records.map((record) => uninterrupted.pipe(record))
    expect(expected.filter((results) => results !== '').length).toBeGreaterThan(20)
    const restarted = await joined(kind)
    for (const [index, record] of records.entries()) {
      expect(restarted.pipe(record), `record ${index}`).toBe(expected[index])
      await restarted.restart({ wipe: index % 2 === 0 })
    }
  })
})

/** Also as Kafka Streams 4.3.1 gave them: what decides when the records that wait are looked through. */
const LOOKS = {
  'the last look stopped at the second record of one key and time': {
    windows: tenBeforeAndAfter,
    table: `
      record         | left                  | outer
      left z l0 0    |                       |
      right z r0 0   | z=l0+r0@0             | z=l0+r0@0
      right b r1 10  |                       |
      left a l1 10   |                       |
      left a l2 10   |                       |
      right c r2 14  |                       |
      left y l3 16   |                       |
      left w l4 26   | a=l1+-@10 a=l2+-@10   | b=-+r1@10 a=l1+-@10 a=l2+-@10
      left w l5 30   |                       |
    `,
  },
  'a record that is dropped moves time, and a late one does not look': {
    windows: tenBeforeAndAfter,
    table: `
      record         | left       | outer
      left a l1 0    |            |
      right a - 100  |            |
      left b l2 50   | b=l2+-@50  | b=l2+-@50
      right b r2 55  | b=l2+r2@55 | b=l2+r2@55
      left c l3 100  | a=l1+-@0   | a=l1+-@0
    `,
  },
  'the sides wait for different times': {
    windows: JoinWindows.ofTimeDifferenceWithNoGrace(0).before(2).after(20),
    table: `
      record         | left       | outer
      left a l1 10   |            |
      right b r1 10  |            |
      right c r2 14  |            | b=-+r1@10
      left d l2 31   | a=l1+-@10  | a=l1+-@10 c=-+r2@14
    `,
  },
}

test.each(Object.entries(LOOKS))('%s', async (_what, { windows, table }) => {
  const [left, outer] = [await joined('left', { windows }), await joined('outer', { windows })]
  for (const [record = '', ...expected] of rowsOf(table)) {
    expect([left.pipe(pipedOf(record)), outer.pipe(pipedOf(record))], record).toEqual(expected)
  }
})

test('partners come in the order of their times, equal times in the order in which they came', async () => {
  const run = await joined('inner')
  for (const record of ['left a l1 7', 'left a l2 3', 'left a l3 7', 'left a l4 3']) {
    run.pipe(pipedOf(record))
  }
  expect(run.pipe(pipedOf('right a r 5'))).toBe('a=l2+r@5 a=l4+r@5 a=l1+r@7 a=l3+r@7')
})

test('unmatched records come by time, then right before left, then key', async () => {
  const run = await joined('outer')
  for (const record of [
    'left b l1 3',
    'right c r1 3',
    'left a l2 3',
    'right d r2 2',
    'right a2 r3 3',
  ]) {
    run.pipe(pipedOf(record))
  }
  expect(run.pipe(pipedOf('left z l9 100'))).toBe('d=-+r2@2 a2=-+r3@3 c=-+r1@3 a=l2+-@3 b=l1+-@3')
})

test('the window may reach further to one side', async () => {
  const windows = JoinWindows.ofTimeDifferenceAndGrace(0, 20).before(2).after(5)
  const run = await joined('inner', { windows })
  run.pipe(pipedOf('left a l 10'))
  const results = [7, 8, 15, 16].map((ms) => run.pipe(pipedOf(`right a r${ms} ${ms}`)))
  expect(results).toEqual(['', 'a=l+r8@10', 'a=l+r15@15', ''])
})

test('a record without a value joins nothing; one without a key comes out alone where its side may', async () => {
  const records = ['left a - 1', 'right a - 1', 'left - l 2', 'right - r 3', 'right a r 4']
  const results = await Promise.all(
    KINDS.map(async (kind) => {
      const run = await joined(kind)
      return records.map((record) => run.pipe(pipedOf(record)))
    }),
  )
  expect(results).toEqual([
    ['', '', '', '', ''],
    ['', '', '-=l+-@2', '', ''],
    ['', '', '-=l+-@2', '-=-+r@3', ''],
  ])
})

test('what is left out is counted with its reason', async () => {
  const run = await joined('left', { deadLetterDropped: 'all' })
  for (const record of ['left a - 1', 'right - r 1', 'left - l 1', 'right - - 1'])
    run.pipe(pipedOf(record))
  const codes = run.driver.deadLetters.map(({ code }) => code)
  expect(codes).toEqual(['DROPPED_NULL_VALUE', 'DROPPED_NULL_KEY', 'DROPPED_NULL_KEY'])
})

test('headers are those of the record that completed the pair', async () => {
  const run = await joined('inner')
  run.pipe({ ...pipedOf('left a l 1'), headers: [['trace', Buffer.from('1')]] })
  const input = run.driver.createInputTopic('right', stringSerde, stringSerde)
  input.pipe('a', 'r', { timestampMs: 2, headers: [['trace', Buffer.from('2')]] })
  const [record] = run.driver.createOutputTopic('out', stringSerde, stringSerde).readRecords()
  expect(record?.headers.map(([name, value]) => [name, String(value)])).toEqual([['trace', '2']])
})

test('a stream joined with itself pairs a record with itself and with its neighbours, both ways', async () => {
  const t = new StreamsBuilder()
  const stream = t.stream('left', text)
  stream.join(stream, pair, tenBeforeAndAfter).to('out', Produced.with(stringSerde, stringSerde))
  const run = await JoinRun.open(t)
  runs.push(run)
  expect(run.pipe(pipedOf('left a x 1'))).toBe('a=x+x@1')
  expect(run.pipe(pipedOf('left a y 5'))).toBe('a=y+x@5 a=x+y@5 a=y+y@5')
})

group('the graph is that of Kafka Streams', () => {
  function processors(t: StreamsBuilder): string[] {
    const text = describe(t.build('names'))
    return [...text.matchAll(/Processor: (\S+) \(stores: \[(.*)\]\)/g)]
      .map(([, name, stores]) => `${name} [${[...(stores ?? '').split(', ')].sort().join(' ')}]`)
      .sort()
  }

  test('nodes and stores have its generated names', () => {
    const t = new StreamsBuilder()
    joinOf('outer', t.stream('left', text), t.stream('right', text))
    joinOf('left', t.stream('left2', text), t.stream('right2', text))
    expect(processors(t)).toEqual([
      'KSTREAM-JOINTHIS-0000000011 [KSTREAM-OUTEROTHER-0000000012-store KSTREAM-OUTERSHARED-0000000011-store]',
      'KSTREAM-MERGE-0000000006 []',
      'KSTREAM-MERGE-0000000013 []',
      'KSTREAM-OUTEROTHER-0000000005 [KSTREAM-OUTERSHARED-0000000004-store KSTREAM-OUTERTHIS-0000000004-store]',
      'KSTREAM-OUTEROTHER-0000000012 [KSTREAM-JOINTHIS-0000000011-store KSTREAM-OUTERSHARED-0000000011-store]',
      'KSTREAM-OUTERTHIS-0000000004 [KSTREAM-OUTEROTHER-0000000005-store KSTREAM-OUTERSHARED-0000000004-store]',
      'KSTREAM-WINDOWED-0000000002 [KSTREAM-OUTERTHIS-0000000004-store]',
      'KSTREAM-WINDOWED-0000000003 [KSTREAM-OUTEROTHER-0000000005-store]',
      'KSTREAM-WINDOWED-0000000009 [KSTREAM-JOINTHIS-0000000011-store]',
      'KSTREAM-WINDOWED-0000000010 [KSTREAM-OUTEROTHER-0000000012-store]',
    ])
  })

  test('a named join with named stores leaves no generated name', () => {
    const t = new StreamsBuilder()
    const [left, right] = [
      t.stream('left', { ...text, as: 'l' }),
      t.stream('right', { ...text, as: 'r' }),
    ]
    left.outerJoin(right, pair, tenBeforeAndAfter, { as: 'pairs', storeName: 'kept' })
    expect(processors(t)).toEqual([
      'pairs-merge []',
      'pairs-other-windowed [kept-outer-other-join-store]',
      'pairs-outer-other-join [kept-outer-shared-join-store kept-outer-this-join-store]',
      'pairs-outer-this-join [kept-outer-other-join-store kept-outer-shared-join-store]',
      'pairs-this-windowed [kept-outer-this-join-store]',
    ])
    expect(t.build('names').generatedNames).toEqual([])
    expect(t.build('names').warnings).toEqual([])
  })

  test('a named join leaves the names of its stores generated, and says so', () => {
    const t = new StreamsBuilder()
    const [left, right] = [
      t.stream('left', { ...text, as: 'l' }),
      t.stream('right', { ...text, as: 'r' }),
    ]
    left.join(right, pair, tenBeforeAndAfter, { as: 'pairs' })
    expect(t.build('names').generatedNames).toEqual([
      'KSTREAM-JOINTHIS-0000000004-store',
      'KSTREAM-JOINOTHER-0000000005-store',
    ])
  })

  test('both sides have as many partitions as each other', () => {
    const t = new StreamsBuilder()
    joinOf('inner', t.stream('left', text), t.stream('right', text))
    expect(t.build('names').copartitioned).toEqual([['left', 'right']])
  })
})

group('a side whose key changed', () => {
  test('is repartitioned under the name of its stream, once for all joins without a name', async () => {
    const t = new StreamsBuilder()
    const renamed = t.stream('left', text).selectKey((_key, value) => value[0] ?? '')
    const right = t.stream('right', text)
    const first = renamed.join(right, pair, tenBeforeAndAfter, { keySerde: stringSerde })
    const second = renamed.join(right, pair, tenBeforeAndAfter, { keySerde: stringSerde })
    first.merge(second).to('out', Produced.with(stringSerde, stringSerde))
    const run = await JoinRun.open(t)
    runs.push(run)
    expect(run.topology.repartitions.map(({ name }) => name)).toEqual([
      'KSTREAM-KEY-SELECT-0000000001',
    ])
    expect(second.name).toBe('KSTREAM-MERGE-0000000018')
    run.pipe(pipedOf('right a r 1'))
    expect(run.pipe(pipedOf('left x a1 2'))).toBe('a=a1+r@2 a=a1+r@2')
  })

  test('is repartitioned under the name of the join', () => {
    const t = new StreamsBuilder()
    const byFirst = (_key: string, value: string) => value[0] ?? ''
    const renamed = (topic: string) =>
      t.stream(topic, text).selectKey(byFirst, { keySerde: stringSerde })
    renamed('left').join(renamed('right'), pair, tenBeforeAndAfter, { as: 'pairs' })
    const topology = t.build('names')
    expect(topology.repartitions.map(({ name }) => name)).toEqual(['pairs-left', 'pairs-right'])
    expect(topology.copartitioned).toEqual([['pairs-left', 'pairs-right']])
  })

  test.each([
    ['inner', ''],
    ['left', '-=x+-@1'],
  ] as const)('a key that became null: %s join gives "%s"', async (kind, expected) => {
    const t = new StreamsBuilder()
    const nobody = t
      .stream('left', text)
      .selectKey((): string => undefined as unknown as string, { keySerde: stringSerde })
    joinOf(kind, nobody, t.stream('right', text)).to('out', Produced.with(stringSerde, stringSerde))
    const run = await JoinRun.open(t)
    runs.push(run)
    expect(run.pipe(pipedOf('left a x 1'))).toBe(expected)
  })
})

/** Few keys, equal times, late ones, jumps. */
function randomRecords(seed: number, count: number) {
  let state = seed
  const next = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return (state >>> 8) % below
  }
  let nowMs = 20
  return Array.from({ length: count }, (_, index) => {
    nowMs += next(10) === 0 ? 40 : next(4)
    const timestampMs = Math.max(0, nowMs - next(3) * next(12))
    return {
      topic: next(2) === 0 ? 'left' : 'right',
      key: ['a', 'b', 'c'][next(3)],
      value: `v${index}`,
      timestampMs,
    }
  })
}
