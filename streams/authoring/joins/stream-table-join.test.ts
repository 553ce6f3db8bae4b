import { afterEach, expect, describe as group, test } from 'vitest'
import {
  describe,
  type KStream,
  type KTable,
  Produced,
  type SerdesKnown,
  StreamsBuilder,
  StreamsError,
  stringSerde,
} from '#streams'
import type { TopologyTestDriverOptions } from '#streams/testing'
import { JoinRun, pipedOf, rowsOf, text } from './fixtures/join-run.ts'

type Kind = 'inner' | 'left'

const KINDS = ['inner', 'left'] as const
const pair = (value: string, row: string | undefined) => `${value}+${row ?? '-'}`
const texts = Produced.with(stringSerde, stringSerde)

const runs: JoinRun[] = []
afterEach(async () => {
  for (const run of runs.splice(0)) await run.driver.close()
})

async function opened(t: StreamsBuilder, options: Partial<TopologyTestDriverOptions> = {}) {
  const run = await JoinRun.open(t, options)
  runs.push(run)
  return run
}

function joinOf(
  kind: Kind,
  stream: KStream<string, string, SerdesKnown>,
  table: KTable<string, string, SerdesKnown>,
  joined: { readonly as?: string; readonly graceMs?: number } = {},
) {
  return kind === 'inner' ? stream.join(table, pair, joined) : stream.leftJoin(table, pair, joined)
}

function versioned(t: StreamsBuilder, historyRetentionMs = 1_000) {
  return t.table('rows', { ...text, materialized: { as: 'versions', historyRetentionMs } })
}

const ROWS = `
  record           | inner    | left
  stream a s1 5    |          | a=s1+-@5
  rows a r1 9      |          |
  stream a s2 7    | a=s2+r1@7 | a=s2+r1@7
  rows a r2 3      |          |
  stream a s3 8    | a=s3+r2@8 | a=s3+r2@8
  stream b s4 8    |          | b=s4+-@8
  stream a - 9     |          |
  stream - s5 9    |          | -=s5+-@9
  rows a - 10      |          |
  stream a s6 10   |          | a=s6+-@10
`

const VERSIONS = `
  record           | inner      | left
  rows a r1 10     |            |
  stream a s1 5    |            | a=s1+-@5
  rows a r2 20     |            |
  stream a s2 15   | a=s2+r1@15 | a=s2+r1@15
  stream a s3 20   | a=s3+r2@20 | a=s3+r2@20
  rows a - 12      |            |
  stream a s4 15   |            | a=s4+-@15
  stream a s5 11   | a=s5+r1@11 | a=s5+r1@11
`

/** Grace of 5: a record leaves when the stream's time is 5 or more past it; the time of rows does not count. */
const GRACE = `
  record            | inner                            | left
  stream a s1 10    |                                  |
  rows a r1 9       |                                  |
  stream b s2 12    |                                  |
  stream a s3 12    |                                  |
  rows a r2 100     |                                  |
  stream a s4 12    |                                  |
  stream c s5 15    | a=s1+r1@10                       | a=s1+r1@10
  rows b r3 11      |                                  |
  stream a s6 9     | a=s6+r1@9                        | a=s6+r1@9
  stream a s7 10    | a=s7+r1@10                       | a=s7+r1@10
  stream - s8 11    |                                  | -=s8+-@11
  stream c s9 17    | a=s3+r1@12 a=s4+r1@12 b=s2+r3@12 | a=s3+r1@12 a=s4+r1@12 b=s2+r3@12
  stream c s10 40   |                                  | c=s5+-@15 c=s9+-@17
`

group.each(KINDS)('%s join of a stream with a table', (kind) => {
  const expectedOf = (results: readonly string[]) => results[KINDS.indexOf(kind)]

  test('takes the row that is there when the record comes, in the time of the record', async () => {
    const t = new StreamsBuilder()
    joinOf(kind, t.stream('stream', text), t.table('rows', text)).to('out', texts)
    const run = await opened(t)
    for (const [record = '', ...results] of rowsOf(ROWS)) {
      expect(run.pipe(pipedOf(record)), record).toBe(expectedOf(results))
    }
  })

  test('takes the row that held at the time of the record, where the table has versions', async () => {
    const t = new StreamsBuilder()
    joinOf(kind, t.stream('stream', text), versioned(t)).to('out', texts)
    const run = await opened(t)
    for (const [record = '', ...results] of rowsOf(VERSIONS)) {
      expect(run.pipe(pipedOf(record)), record).toBe(expectedOf(results))
    }
  })

  test.each([
    ['without', false],
    ['with', true],
  ] as const)(
    'with a grace holds records back, %s a restart after each',
    async (_how, restarts) => {
      const t = new StreamsBuilder()
      joinOf(kind, t.stream('stream', text), versioned(t), { graceMs: 5 }).to('out', texts)
      const run = await opened(t)
      for (const [index, [record = '', ...results]] of rowsOf(GRACE).entries()) {
        expect(run.pipe(pipedOf(record)), record).toBe(expectedOf(results))
        if (restarts) await run.restart({ wipe: index % 2 === 0 })
      }
    },
  )
})

test('records that waited keep their headers', async () => {
  const t = new StreamsBuilder()
  joinOf('left', t.stream('stream', text), versioned(t), { graceMs: 5 }).to('out', texts)
  const run = await opened(t)
  const input = run.driver.createInputTopic('stream', stringSerde, stringSerde)
  input.pipe('a', 's1', {
    timestampMs: 1,
    headers: [
      ['trace', Buffer.from('1')],
      ['none', null],
    ],
  })
  input.pipe('a', 's2', { timestampMs: 9 })
  const [record] = run.driver.createOutputTopic('out', stringSerde, stringSerde).readRecords()
  expect(record?.value).toBe('s1+-')
  expect(record?.headers.map(([name, value]) => [name, value && String(value)])).toEqual([
    ['trace', '1'],
    ['none', null],
  ])
})

test('what is left out is counted with its reason', async () => {
  const t = new StreamsBuilder()
  const everywhere = t.globalTable('everywhere', text)
  const stream = t.stream('stream', text)
  joinOf('inner', stream, t.table('rows', text)).to('out', texts)
  stream.join(everywhere, () => undefined, pair).to('other', texts)
  const run = await opened(t, { deadLetterDropped: 'all' })
  for (const record of ['stream a - 1', 'stream - s 1', 'stream a s 1']) run.pipe(pipedOf(record))
  const codes = run.driver.deadLetters.map(({ code }) => code)
  expect(codes).toEqual([
    'DROPPED_NULL_VALUE',
    'DROPPED_NULL_VALUE',
    'DROPPED_NULL_KEY',
    'DROPPED_NULL_JOIN_KEY',
    'DROPPED_NULL_JOIN_KEY',
  ])
})

group('the graph is that of Kafka Streams', () => {
  test('names of nodes and of the buffer', () => {
    const t = new StreamsBuilder()
    const stream = t.stream('stream', text)
    const table = versioned(t)
    joinOf('inner', stream, table)
    joinOf('left', stream, table, { graceMs: 5 })
    joinOf('left', stream, table, { as: 'priced', graceMs: 5 })
    const described = describe(t.build('names'))
    expect(described).toContain('Processor: KSTREAM-JOIN-0000000003 (stores: [versions])')
    expect(described).toMatch(
      /Processor: KSTREAM-LEFTJOIN-0000000004 \(.*KSTREAM-LEFTJOIN-0000000004-Buffer/,
    )
    expect(described).toMatch(/Processor: priced \(.*priced-Buffer/)
  })

  test('a stream whose key changed is repartitioned beside its table', async () => {
    const t = new StreamsBuilder()
    const byFirst = (_key: string, value: string) => value[0] ?? ''
    const renamed = t.stream('stream', text).selectKey(byFirst, { keySerde: stringSerde })
    joinOf('inner', renamed, t.table('rows', text), { as: 'priced' }).to('out', texts)
    const run = await opened(t)
    expect(run.topology.repartitions.map(({ name }) => name)).toEqual(['priced'])
    expect(run.topology.copartitioned).toEqual([['priced', 'rows']])
    run.pipe(pipedOf('rows a r 1'))
    expect(run.pipe(pipedOf('stream x a1 2'))).toBe('a=a1+r@2')
  })
})

test.each([
  ['inner', ''],
  ['left', '-=x+-@1'],
] as const)('a key that became null: %s join gives "%s"', async (kind, expected) => {
  const t = new StreamsBuilder()
  const nobody = t
    .stream('stream', text)
    .selectKey((): string => undefined as unknown as string, { keySerde: stringSerde })
  joinOf(kind, nobody, t.table('rows', text)).to('out', texts)
  const run = await opened(t)
  expect(run.pipe(pipedOf('stream a x 1'))).toBe(expected)
})

group('refused', () => {
  const code = (build: () => unknown): string => {
    try {
      build()
    } catch (error) {
      return error instanceof StreamsError ? error.code : String(error)
    }
    return 'nothing'
  }

  test.each([
    ['a grace below 0', -1, 10],
    ['a grace that is no whole number', 1.5, 10],
    ['a grace, and the table has no versions', 5, undefined],
    ['a grace that is longer than the history of the table', 11, 10],
  ] as const)('%s', (_what, graceMs, historyMs) => {
    const t = new StreamsBuilder()
    const table = historyMs === undefined ? t.table('rows', text) : versioned(t, historyMs)
    const stream = t.stream('stream', text)
    expect(code(() => joinOf('inner', stream, table, { graceMs }))).toBe('TOPOLOGY_INVALID_JOIN')
  })

  test('a key that changed under a known serde, and values of an unknown one', () => {
    const t = new StreamsBuilder()
    const renamed = t.stream('stream', text).selectKey((key) => key, { keySerde: stringSerde })
    const doubled = renamed.mapValues((value) => value + value)
    const table = t.table('rows', text)
    expect(code(() => doubled.join(table, pair))).toBe('TOPOLOGY_REPARTITION_WITHOUT_SERDE')
  })
})

group('join of a stream with a global table', () => {
  test.each([
    ['inner', ['', 'x=b:s+r@5', '', '']],
    ['left', ['x=c:s+-@4', 'x=b:s+r@5', 'x=-:s+-@6', '-=c:s+-@7']],
  ] as const)(
    '%s: the row of a key that is made of the record; the key stays',
    async (kind, expected) => {
      const t = new StreamsBuilder()
      const everywhere = t.globalTable('everywhere', text)
      const stream = t.stream('stream', text)
      const rowKey = (_key: string, value: string) => (value[0] === '-' ? undefined : value[0])
      const joined =
        kind === 'inner'
          ? stream.join(everywhere, rowKey, pair)
          : stream.leftJoin(everywhere, rowKey, pair)
      joined.to('out', texts)
      const run = await opened(t)
      run.pipe(pipedOf('everywhere b r 9'))
      const records = ['stream x c:s 4', 'stream x b:s 5', 'stream x -:s 6', 'stream - c:s 7']
      expect(records.map((record) => run.pipe(pipedOf(record)))).toEqual(expected)
      expect(joined.name).toBe('KSTREAM-LEFTJOIN-0000000004')
      expect(joined.repartitionRequired).toBe(false)
    },
  )
})
