import { expect, test } from 'vitest'
import { Grouped } from '../authoring/aggregate/grouped.ts'
import { StreamsBuilder } from '../authoring/builder.ts'
import { keyValueStore, sessionStore, windowStore } from '../authoring/stores.ts'
import { describe } from '../describe/describe.ts'
import type { Processor } from '../processor.ts'
import type { Serde } from '../serde.ts'
import { doubleSerde, longSerde, stringSerde } from '../serdes.ts'
import type { StoreSpec } from '../store.ts'
import type { Topology } from '../topology.ts'
import { parseDescription } from './topology-description.ts'
import { diffTopologies } from './topology-diff.ts'

const idle = (): Processor<string, string, string, string> => ({ process: () => undefined })
const texts = { keySerde: stringSerde, valueSerde: stringSerde }

function withStore(spec: StoreSpec, topic = 'in', more: readonly StoreSpec[] = []): Topology {
  const t = new StreamsBuilder()
  t.stream(topic, { ...texts, as: 'source' })
    .process(idle, { as: 'keep', stores: [spec, ...more] })
    .to('out', { ...texts, as: 'sink' } as never)
  return t.build('kept')
}

function diff(
  before: Topology,
  after: Topology,
  partitions: readonly Record<string, number>[] = [],
) {
  const parse = (topology: Topology) => parseDescription(describe(topology, 'json'), 'test')
  return diffTopologies(
    { description: parse(before), ...(partitions[0] && { partitions: partitions[0] }) },
    { description: parse(after), ...(partitions[1] && { partitions: partitions[1] }) },
  )
}

const counts = keyValueStore({ name: 'counts', keySerde: stringSerde, valueSerde: longSerde })
const windows = (windowSizeMs: number, retentionMs = 60_000) =>
  windowStore({
    name: 'counts',
    keySerde: stringSerde,
    valueSerde: longSerde,
    windowSizeMs,
    retentionMs,
  })

test('the same topology has no changes', () => {
  expect(diff(withStore(counts), withStore(counts), [{ in: 2 }, { in: 2 }])).toEqual({
    verdict: 'compatible',
    changes: [],
  })
})

const sessions = sessionStore({
  name: 'counts',
  keySerde: stringSerde,
  valueSerde: longSerde,
  retentionMs: 60_000,
})
const other = keyValueStore({ name: 'more', keySerde: stringSerde, valueSerde: longSerde })
const valued = (valueSerde: Serde<number>) =>
  keyValueStore({ name: 'counts', keySerde: stringSerde, valueSerde })
const newer: Serde<number> = { ...longSerde, format: 'long 2', reads: ['long'] }

test.each([
  ['another kind of store', counts, sessions, 'needs-reset', /key-value before, session now/],
  ['windows of another size', windows(10), windows(20), 'needs-reset', /10 ms before, of 20 ms/],
  [
    'longer retention',
    windows(10),
    windows(10, 90_000),
    'compatible',
    /kept for 90000 ms, was 60000/,
  ],
  ['other values', counts, valued(doubleSerde), 'needs-reset', /values are double, were long/],
  ['values that are still read', counts, valued(newer), 'compatible', /which are still read/],
  ['back from them', valued(newer), counts, 'needs-reset', /values are long, were long 2/],
  [
    'a changelog that is new',
    { ...counts, logged: false },
    counts,
    'needs-reset',
    /it gets a changelog/,
  ],
  ['no changelog any more', counts, { ...counts, logged: false }, 'compatible', /with its disk/],
  [
    'into memory',
    counts,
    { ...counts, persistent: false },
    'compatible',
    /restored from its changelog/,
  ],
  [
    'into memory without a changelog',
    { ...counts, logged: false },
    { ...counts, logged: false, persistent: false },
    'needs-reset',
    /no changelog to restore it from/,
  ],
] as const)('%s', (_what, before, after, verdict, text) => {
  const result = diff(withStore(before), withStore(after))
  expect(result.verdict).toBe(verdict)
  expect(result.changes).toEqual([
    {
      subject: 'store',
      name: 'counts',
      change: 'changed',
      what: expect.stringMatching(text),
      verdict,
    },
  ])
})

test('a store that is added starts empty, one that is removed leaves its changelog', () => {
  const [one, two] = [withStore(counts), withStore(counts, 'in', [other])]
  expect(diff(one, two)).toMatchObject({
    verdict: 'compatible',
    changes: [
      {
        name: 'more',
        change: 'added',
        what: expect.stringMatching(/starts empty: what its inputs/),
      },
    ],
  })
  expect(diff(two, one)).toMatchObject({
    verdict: 'compatible',
    changes: [{ name: 'more', change: 'removed', what: expect.stringMatching(/changelog stays/) }],
  })
})

/** Counts words under a generated store name, which an operator before it moves. */
function counted({ moved = false, name }: { moved?: boolean; name?: string } = {}): Topology {
  const t = new StreamsBuilder()
  const words = t.stream('words', { ...texts, as: 'words' })
  const kept = moved ? words.filter(() => true).filter(() => true) : words
  kept
    .groupBy((value) => value, Grouped.with(stringSerde, stringSerde, { as: name ?? 'by-word' }))
    .count()
    .toStream()
    .to('counts', { keySerde: stringSerde, valueSerde: longSerde } as never)
  return t.build('words')
}

test('a generated store name that moves would lose the state in silence', () => {
  const result = diff(counted(), counted({ moved: true }))
  expect(result.verdict).toBe('needs-reset')
  expect(result.changes).toContainEqual(
    expect.objectContaining({
      subject: 'store',
      change: 'added',
      what: expect.stringMatching(/generated name that has moved/),
    }),
  )
})

test('a repartition topic that is gone takes what waits on it with it', () => {
  const result = diff(counted(), counted({ name: 'by-other-word' }))
  expect(result.changes).toContainEqual(
    expect.objectContaining({
      subject: 'internal-topic',
      name: 'by-word-repartition',
      change: 'removed',
      verdict: 'needs-reset',
    }),
  )
})

test('partition counts of inputs and internal topics are compared', () => {
  const result = diff(withStore(counts), withStore(counts), [
    { in: 2, 'counts-changelog': 2 },
    { in: 4, 'counts-changelog': 4 },
  ])
  expect(result.verdict).toBe('needs-reset')
  expect(result.changes.map(({ subject, name }) => [subject, name])).toEqual([
    ['source-topic', 'in'],
    ['internal-topic', 'counts-changelog'],
  ])
})

test('sub-topologies are known by what they read, whatever their number', () => {
  const build = (topics: readonly string[]): Topology => {
    const t = new StreamsBuilder()
    for (const topic of topics) {
      const store = keyValueStore({
        name: `${topic}-s`,
        keySerde: stringSerde,
        valueSerde: longSerde,
      })
      t.stream(topic, { ...texts, as: topic }).process(idle, {
        as: `keep-${topic}`,
        stores: [store],
      })
    }
    return t.build('many')
  }
  const { verdict, changes } = diff(build(['a', 'b']), build(['b', 'c', 'a']))
  expect(verdict).toBe('compatible')
  expect(changes.filter(({ subject }) => subject === 'sub-topology')).toMatchObject([
    { name: '0', change: 'changed', what: expect.stringMatching(/^it was 1/) },
    { name: '1', change: 'added' },
    { name: '2', change: 'changed', what: expect.stringMatching(/^it was 0/) },
  ])
})

test('another topology is refused, and text that is no description too', () => {
  const build = (name: string): Topology => ({ ...withStore(counts), name })
  expect(diff(build('a'), build('b')).verdict).toBe('refused')
  for (const text of ['{', '{}', '[]', '{"name":"x","subTopologies":[{}]}'])
    expect(() => parseDescription(text, 'file.json')).toThrow(/file\.json is not the description/)
})
