import { afterEach, describe, expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import { StreamsError } from '../errors.ts'
import {
  processor,
  sink,
  source,
  text,
  totalsSpec,
  wholeNumber,
} from '../fixtures/sample-topology.ts'
import type { ProcessorContext, StreamRecord } from '../processor.ts'
import type { KeyValueStore } from '../store.ts'
import { TopologyTestDriver, type TopologyTestDriverOptions } from '../testing/index.ts'
import type { Topology, TopologyNode } from '../topology.ts'
import { type FailureHandlers, InvalidRecordError } from './handlers.ts'

let driver: TopologyTestDriver | undefined

afterEach(async () => {
  await driver?.close()
  driver = undefined
})

/** Adds to a store, forwards to the first output, does what `fails` says, forwards to the second. */
function halfway(fails: (record: StreamRecord<string, number>) => void): Topology {
  const supplier = () => {
    let context: ProcessorContext<string, number> | undefined
    let totals: KeyValueStore<string, number> | undefined
    return {
      init: (given: ProcessorContext<string, number>) => {
        context = given
        totals = given.getStateStore<KeyValueStore<string, number>>('totals')
      },
      process: (record: StreamRecord<string, number>) => {
        const total = (totals?.get(record.key) ?? 0) + record.value
        totals?.put(record.key, total)
        context?.forward({ ...record, value: total }, 'first')
        fails(record)
        context?.forward({ ...record, value: total }, 'second')
      },
    }
  }
  const nodes = [
    source({ name: 'in', topics: ['in'], children: ['work'] }),
    processor({
      name: 'work',
      parents: ['in'],
      children: ['first', 'second'],
      stores: ['totals'],
      supplier,
    }),
    sink({ name: 'first', parents: ['work'], topic: 'first' }),
    sink({ name: 'second', parents: ['work'], topic: 'second' }),
  ]
  return {
    name: 'halfway',
    subTopologies: [{ id: 0, nodes, sources: ['in'], stores: [totalsSpec] }],
    globalStores: [],
    repartitions: [],
  }
}

async function drive(
  fails: (record: StreamRecord<string, number>) => void,
  processing: NonNullable<FailureHandlers['processing']>,
  options: Partial<TopologyTestDriverOptions> = {},
): Promise<TopologyTestDriver> {
  driver = await TopologyTestDriver.open({
    topology: halfway(fails),
    stores: createStoreBackend(memoryEngine()),
    ...options,
    handlers: { processing, ...options.handlers },
  })
  return driver
}

const pipe = (driven: TopologyTestDriver, ...amounts: (readonly [string, number])[]) => {
  const input = driven.createInputTopic('in', text, wholeNumber)
  for (const [key, value] of amounts) input.pipe(key, value)
}
const read = (driven: TopologyTestDriver, topic: string) =>
  driven.createOutputTopic(topic, text, wholeNumber).readKeyValues()
const total = (driven: TopologyTestDriver, key: string) =>
  driven.keyValueStore<string, number>('totals').get(key)

/** Fails on 13 so many times. */
function unlucky(times: number, error: () => unknown = () => new Error('unlucky')) {
  const attempts = { count: 0 }
  const fails = ({ value }: StreamRecord<string, number>) => {
    if (value !== 13 || attempts.count >= times) return
    attempts.count++
    throw error()
  }
  return { attempts, fails }
}

for (const commit of ['each-record', 'manual'] as const) {
  describe(`a record that fails half way, committing ${commit}`, () => {
    for (const decision of ['continue', 'dead-letter'] as const) {
      test(`and is given up with ${decision} leaves no effect`, async () => {
        const { fails } = unlucky(Number.POSITIVE_INFINITY)
        const driven = await drive(fails, decision, { commit })
        pipe(driven, ['a', 1], ['a', 13], ['a', 2])
        driven.commit()
        expect(read(driven, 'first')).toEqual([
          ['a', 1],
          ['a', 3],
        ])
        expect(read(driven, 'second')).toEqual([
          ['a', 1],
          ['a', 3],
        ])
        expect(total(driven, 'a')).toBe(3)
        expect(driven.deadLetters.map(({ offset, attempts }) => [offset, attempts])).toEqual(
          decision === 'continue' ? [] : [[1, 1]],
        )
      })
    }

    test('is tried again when its delays are over; the records behind it wait, and each counts once', async () => {
      const { attempts, fails } = unlucky(2)
      const driven = await drive(fails, 'retry', { commit })
      pipe(driven, ['a', 1], ['a', 13], ['b', 2])
      expect([attempts.count, read(driven, 'second')]).toEqual([1, [['a', 1]]])
      driven.advanceWallClock(499)
      expect(attempts.count).toBe(1)
      driven.advanceWallClock(1)
      expect(attempts.count).toBe(2)
      driven.advanceWallClock(999)
      expect(read(driven, 'second')).toEqual([])
      driven.advanceWallClock(1)
      driven.commit()
      expect(read(driven, 'second')).toEqual([
        ['a', 14],
        ['b', 2],
      ])
      expect(read(driven, 'first')).toEqual([
        ['a', 1],
        ['a', 14],
        ['b', 2],
      ])
      expect(total(driven, 'a')).toBe(14)
      expect(driven.deadLetters).toEqual([])
    })
  })
}

test('processors that are made anew see no stream time in init, as after a restart', async () => {
  const seen: (number | undefined)[] = []
  const { fails } = unlucky(1)
  const topology = halfway(fails)
  const watched = (node: TopologyNode): TopologyNode => {
    if (node.kind !== 'processor') return node
    const supplier = () => {
      const inner = node.supplier()
      const init = (context: ProcessorContext<unknown, unknown>) => {
        seen.push(context.currentStreamTimeMs())
        inner.init?.(context)
      }
      return { ...inner, init }
    }
    return { ...node, supplier }
  }
  const subTopologies = topology.subTopologies.map((sub) => ({
    ...sub,
    nodes: sub.nodes.map(watched),
  }))
  const driven = await drive(fails, 'continue', { topology: { ...topology, subTopologies } })
  const input = driven.createInputTopic('in', text, wholeNumber)
  input.pipe('k', 1, { timestampMs: 1_000 })
  input.pipe('k', 13, { timestampMs: 2_000 })
  expect(seen).toEqual([-1, -1])
})

describe('retries', () => {
  test('end after the last delay, with a dead letter that tells of them', async () => {
    const { attempts, fails } = unlucky(Number.POSITIVE_INFINITY)
    const driven = await drive(fails, 'retry', { initialWallClockMs: 1_000 })
    pipe(driven, ['a', 13], ['a', 1])
    for (const delayMs of [500, 1_000, 2_000, 5_000, 10_000]) driven.advanceWallClock(delayMs)
    expect(attempts.count).toBe(6)
    const [letter] = driven.deadLetters
    expect(letter).toMatchObject({
      code: 'PROCESSING_FAILED',
      what: 'unlucky',
      attempts: 6,
      firstFailedMs: 1_000,
      lastFailedMs: 19_500,
      value: Buffer.from('13'),
    })
    expect(letter?.stack).toMatch(/^Error: unlucky\n {4}at /)
    expect(read(driven, 'second')).toEqual([['a', 1]])
  })

  test('have delays and an end of their own', async () => {
    const { attempts, fails } = unlucky(Number.POSITIVE_INFINITY)
    const driven = await drive(fails, { retry: { delaysMs: [10], otherwise: 'continue' } })
    pipe(driven, ['a', 13], ['a', 1])
    driven.advanceWallClock(10)
    expect([attempts.count, driven.deadLetters]).toEqual([2, []])
    expect(read(driven, 'second')).toEqual([['a', 1]])
  })

  test('may end in failure', async () => {
    const { fails } = unlucky(Number.POSITIVE_INFINITY)
    const driven = await drive(fails, { retry: { delaysMs: [10], otherwise: 'fail' } })
    pipe(driven, ['a', 13])
    expect(() => driven.advanceWallClock(10)).toThrow(
      /STREAMS_PROCESSING_FAILED: unlucky at in-0@0/,
    )
  })

  test('ask a handler with the number of the attempt', async () => {
    const { fails } = unlucky(Number.POSITIVE_INFINITY)
    const asked: number[] = []
    const driven = await drive(fails, ({ attempts }) => {
      asked.push(attempts)
      return attempts < 3 ? 'retry' : 'continue'
    })
    pipe(driven, ['a', 13])
    driven.advanceWallClock(500)
    driven.advanceWallClock(1_000)
    expect(asked).toEqual([1, 2, 3])
  })

  const invalid: readonly (readonly [string, () => unknown])[] = [
    ['InvalidRecordError', () => new InvalidRecordError('UNLUCKY', 'it is 13', 'Send 12.')],
    ['a serde', () => new StreamsError('SERDE_ENCODE_FAILED', 'no schema', {}, 'Mend it.')],
    ['a code of the application', () => Object.assign(new Error('taken'), { code: 'TAKEN' })],
  ]
  for (const [name, error] of invalid) {
    test(`are spared what is invalid: ${name}`, async () => {
      const { attempts, fails } = unlucky(Number.POSITIVE_INFINITY, error)
      const handlers = { invalidRecordCodes: ['TAKEN'] }
      const driven = await drive(fails, 'retry', { handlers })
      pipe(driven, ['a', 13], ['a', 1])
      expect([attempts.count, driven.deadLetters.length]).toEqual([1, 1])
      expect(driven.deadLetters[0]?.code).toMatch(/^(UNLUCKY|SERDE_ENCODE_FAILED|TAKEN)$/)
      expect(read(driven, 'second')).toEqual([['a', 1]])
    })
  }

  test('begin again at one after a restart', async () => {
    const { attempts, fails } = unlucky(Number.POSITIVE_INFINITY)
    const driven = await drive(fails, { retry: { delaysMs: [10, 10] } })
    pipe(driven, ['a', 13])
    driven.advanceWallClock(10)
    await driven.restart({ crash: true })
    expect(attempts.count).toBe(3)
    driven.advanceWallClock(10)
    expect(driven.deadLetters).toEqual([])
    driven.advanceWallClock(10)
    expect(driven.deadLetters[0]?.attempts).toBe(3)
  })

  test('leave other tasks alone', async () => {
    const { fails } = unlucky(Number.POSITIVE_INFINITY)
    const driven = await drive(fails, 'retry', { partitions: 2 })
    const input = driven.createInputTopic('in', text, wholeNumber)
    input.pipe('a', 13, { partition: 0 })
    input.pipe('b', 1, { partition: 1 })
    input.pipe('a', 1, { partition: 0 })
    expect(read(driven, 'second')).toEqual([['b', 1]])
  })

  test('do not make wall-clock punctuations late', async () => {
    const fired: number[] = []
    const { fails } = unlucky(Number.POSITIVE_INFINITY)
    const topology = halfway(fails)
    const work = topology.subTopologies[0]?.nodes[1]
    if (work?.kind !== 'processor') throw new Error('no processor')
    const { supplier: inner } = work
    const supplier = () => {
      const made = inner()
      const init = made.init?.bind(made)
      return Object.assign(made, {
        init: (context: ProcessorContext<unknown, unknown>) => {
          init?.(context)
          context.schedule(1_000, 'wall-clock', (ms) => fired.push(ms))
        },
      })
    }
    Object.assign(work, { supplier })
    const driven = await drive(fails, 'dead-letter', { topology })
    driven.advanceWallClock(600)
    pipe(driven, ['a', 13])
    driven.advanceWallClock(400)
    expect(fired).toEqual([1_000])
  })
})
