import { expect, test } from 'vitest'
import * as streams from '../index.ts'
import { allOf, pageText, sourceTexts } from './source-texts.ts'

const coming = pageText('coming-from-kafka-streams.md')
const source = sourceTexts(['streams'])

/** Operators, and the methods of an application, that a page has to name. */
const VOCABULARY = {
  StreamsBuilder: streams.StreamsBuilder,
  TopologyBuilder: streams.TopologyBuilder,
  KStream: streams.KStream,
  BranchedKStream: streams.BranchedKStream,
  KTable: streams.KTable,
  KGroupedStream: streams.KGroupedStream,
  KGroupedTable: streams.KGroupedTable,
  CogroupedKStream: streams.CogroupedKStream,
  TimeWindowedKStream: streams.TimeWindowedKStream,
  SessionWindowedKStream: streams.SessionWindowedKStream,
  Streams: streams.Streams,
}

test.each(Object.entries(VOCABULARY))(
  'every method of %s has its Java name',
  (_name, { prototype }) => {
    const methods = Object.entries(Object.getOwnPropertyDescriptors(prototype))
      .filter(([name, { value }]) => name !== 'constructor' && typeof value === 'function')
      .map(([name]) => name)
    expect(methods.length).toBeGreaterThan(0)
    expect(methods.filter((method) => !new RegExp(`\\b${method}\\b`).test(coming))).toEqual([])
  },
)

test('every limit of an application has its Java name', () => {
  const limits = Object.keys(streams.STREAMS_LIMITS)
  expect(limits.filter((limit) => !coming.includes(`\`${limit}\``))).toEqual([])
})

test('the table of drop reasons is that of the source', () => {
  const dropped = [
    ...allOf(source, /\.drop\((?:[^()']*\? )?'([a-z-]+)'/g),
    ...allOf(source, /\.drop\([^()']*\? '[a-z-]+' : '([a-z-]+)'/g),
    ...allOf(source, /\.drop\([^()']*, '([a-z-]+)'/g),
    ...allOf(source, /withoutRowKey: '([a-z-]+)'/g),
    ...allOf(source, /\.count\([a-z]+, '([a-z-]+)'/g),
    'deserialization-error',
    'processing-error',
    'production-error',
  ]
  const onPage = allOf([pageText('processor-api.md')], /^\| `([a-z]+(?:-[a-z]+)*)` +\|/gm)
  expect([...new Set(dropped)].sort()).toEqual(onPage)
})
