import { expect, test } from 'vitest'
import type { FetchedBatch } from '../log/log.ts'
import type { Serde } from '../serde.ts'
import { SerdeReadiness } from './serde-readiness.ts'
import type { TopologyPlan } from './topology-plan.ts'

function readinessOf(pending: NonNullable<Serde<unknown>['pending']>): SerdeReadiness {
  const serde: Serde<unknown> = { serialize: () => Buffer.alloc(0), deserialize: () => '', pending }
  const node = { kind: 'source', topics: ['t'], keySerde: serde, valueSerde: serde }
  return new SerdeReadiness({
    subTopologies: [{ subTopology: { nodes: [node] } }],
    physicalTopic: (topic: string) => topic,
  } as unknown as TopologyPlan)
}

function batch(...values: string[]): FetchedBatch {
  const records = values.map((value, offset) => ({
    ...{ offset, timestampMs: 0, key: Buffer.from('k'), value: Buffer.from(value), headers: [] },
  }))
  return { topic: 't', partition: 0, records, nextOffset: values.length, endOffset: values.length }
}

const away = new Error('away')

test('the first record that has to wait is found, and whoever only looks is not told of failures', async () => {
  const readiness = readinessOf((bytes) =>
    bytes.toString() === 'new' ? Promise.reject(away) : undefined,
  )
  expect(readiness.firstUnready(batch('old', 'new', 'new'))).toBe(1)
  expect(readiness.firstUnready(batch('old', 'new', 'new'), 2)).toBe(2)
  expect(readiness.firstUnready(batch('old'))).toBe(-1)
  expect(readiness.firstUnready({ ...batch('new'), topic: 'other' })).toBe(-1)
  // A rejection that nobody handles would be reported in this turn, and fail the run.
  await new Promise((resolve) => setImmediate(resolve))
  const [, record] = batch('old', 'new').records
  await expect(record && readiness.fetch('t', record)).rejects.toBe(away)
})

test('bytes that make no sense to a serde wait for nothing', () => {
  const readiness = readinessOf(() => {
    throw new RangeError('offset')
  })
  expect(readiness.firstUnready(batch('bad'))).toBe(-1)
})
