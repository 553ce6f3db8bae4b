import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppHarness, caughtUp, until } from './fixtures/app-harness.ts'
import { FaultyLog } from './fixtures/faulty-log.ts'
import { processor, sink, source, totalsSpec } from './fixtures/sample-topology.ts'
import type { ProcessorContext, StreamRecord } from './processor.ts'
import type { KeyValueStore } from './store.ts'
import type { Streams } from './streams.ts'
import type { FailureHandlers } from './task/handlers.ts'
import { systemTimers, type Timers } from './timers.ts'
import type { Topology } from './topology.ts'

let harness: AppHarness

beforeEach(async () => {
  harness = await AppHarness.open()
  await harness.createTopics(2, 'in', 'first', 'second', 'dead')
})

afterEach(() => harness.close())

/** Adds, forwards to the first output, perhaps throws, forwards to the second. */
function halfway(fails: (record: StreamRecord<string, number>) => boolean): Topology {
  const supplier = () => {
    let context: ProcessorContext<string, number> | undefined
    let totals: KeyValueStore<string, number> | undefined
    return {
      init: (given: ProcessorContext<string, number>) => {
        context = given
        totals = given.getStateStore<KeyValueStore<string, number>>('totals')
      },
      process: (record: StreamRecord<string, number>) => {
        const value = (totals?.get(record.key) ?? 0) + record.value
        totals?.put(record.key, value)
        context?.forward({ ...record, value }, 'first')
        if (fails(record)) throw new Error('unlucky')
        context?.forward({ ...record, value }, 'second')
      },
    }
  }
  const children = ['first', 'second']
  const work = { name: 'work', parents: ['in'], children, stores: ['totals'], supplier }
  const nodes = [
    source({ name: 'in', topics: ['in'], children: ['work'] }),
    processor(work),
    ...children.map((name) => sink({ name, parents: ['work'], topic: name })),
  ]
  return {
    name: 'halfway',
    subTopologies: [{ id: 0, nodes, sources: ['in'], stores: [totalsSpec] }],
    globalStores: [],
    repartitions: [],
  }
}

/** Waits of the retries, ended by the test; all others take their time. */
class HeldTimers implements Timers {
  readonly held: { readonly delayMs: number; readonly end: () => void }[] = []
  cancelled = 0

  after(delayMs: number, callback: () => void): () => void {
    if (delayMs < RETRY_MS) return systemTimers.after(delayMs, callback)
    this.held.push({ delayMs, end: callback })
    return () => {
      this.cancelled++
    }
  }

  turn(): Promise<void> {
    return systemTimers.turn()
  }
}

/** Longer than any test: without an injected timer it would never be over. */
const RETRY_MS = 1_000_000
const RETRY: NonNullable<FailureHandlers['processing']> = {
  retry: { delaysMs: [RETRY_MS, RETRY_MS + 1, RETRY_MS + 2] },
}

async function start(
  topology: Topology,
  timers: HeldTimers,
  log = new FaultyLog(harness.log),
): Promise<Streams> {
  return harness.start(topology, {
    log,
    timers,
    handlers: { processing: RETRY },
    deadLetter: ({ key, value, attempts }) => ({
      topic: 'dead',
      key,
      value,
      headers: [['attempts', Buffer.from(String(attempts))]],
    }),
  })
}

const amounts = (key: string, ...values: number[]) => values.map((value) => ({ key, value }))
const valuesOf = async (topic: string, key: string) =>
  (await harness.keyValues(topic)).filter(([one]) => one === key).map(([, value]) => Number(value))

describe('a record that fails half way', () => {
  test('is tried again alone: what is before it is committed, its own effects count once', async () => {
    let failures = 2
    const timers = new HeldTimers()
    const streams = await start(
      halfway(({ value }) => value === 13 && failures-- > 0),
      timers,
    )
    await harness.produce('in', amounts('a', 1, 2, 13, 4))
    await until(() => timers.held.length === 1)
    await until(async () => (await valuesOf('second', 'a')).length === 2)
    timers.held[0]?.end()
    await until(() => timers.held.length === 2)
    timers.held[1]?.end()
    await caughtUp(streams)
    expect(timers.held.map(({ delayMs }) => delayMs)).toEqual([RETRY_MS, RETRY_MS + 1])
    expect(await valuesOf('first', 'a')).toEqual([1, 3, 16, 20])
    expect(await valuesOf('second', 'a')).toEqual([1, 3, 16, 20])
    expect(streams.store<string, number>('totals').get('a')).toBe(20)
    expect(await harness.keyValues('dead')).toEqual([])
  })

  test('goes to the dead letters after its last attempt, and leaves nothing else', async () => {
    const timers = new HeldTimers()
    const streams = await start(
      halfway(({ value }) => value === 13),
      timers,
    )
    await harness.produce('in', amounts('a', 1, 13, 4))
    for (let attempt = 1; attempt <= 3; attempt++) {
      await until(() => timers.held.length === attempt)
      timers.held[attempt - 1]?.end()
    }
    await caughtUp(streams)
    expect(await valuesOf('first', 'a')).toEqual([1, 5])
    expect(await valuesOf('second', 'a')).toEqual([1, 5])
    expect(await harness.keyValues('dead')).toEqual([['a', '13']])
  })

  test('holds up its own task, visibly, and no other', async () => {
    const timers = new HeldTimers()
    const streams = await start(
      halfway(({ value }) => value === 13),
      timers,
    )
    const keys = ['a', 'b', 'c', 'd', 'e', 'f']
    await harness.produce('in', amounts('a', 13))
    await until(() => timers.held.length === 1)
    await harness.produce(
      'in',
      keys.map((key) => ({ key, value: 1 })),
    )
    const placed = await harness.read('in')
    const blocked = placed.find(({ value }) => value === '13')?.partition
    const others = placed.filter(({ partition }) => partition !== blocked).map(({ key }) => key)
    await until(async () => (await harness.read('second')).length === others.length)
    expect((await harness.read('second')).map(({ key }) => key).sort()).toEqual(others.sort())
    const waits = streams.metadata().threads.flatMap(({ tasks }) => tasks.map(({ retry }) => retry))
    expect(waits.filter((wait) => wait !== undefined)).toEqual([
      { topic: 'in', partition: blocked, offset: 0, attempts: 1, delayMs: RETRY_MS },
    ])
    await streams.close()
    expect([streams.state(), timers.cancelled]).toEqual(['NOT_RUNNING', 1])
  })

  test('keeps its attempts through a commit of unknown outcome', async () => {
    let failing = true
    const log = new FaultyLog(harness.log)
    const timers = new HeldTimers()
    const streams = await start(
      halfway(({ value }) => value === 13 && failing),
      timers,
      log,
    )
    let faults = 1
    log.commitFault = () =>
      timers.held.length === 1 && faults-- > 0 ? 'unknown-and-aborted' : 'none'
    await harness.produce('in', amounts('a', 1, 13, 4))
    await until(() => timers.held.length === 1)
    await until(async () => faults < 0 && (await valuesOf('second', 'a')).length === 1)
    timers.held[0]?.end()
    await until(() => timers.held.length === 2)
    expect(timers.held[1]?.delayMs).toBe(RETRY_MS + 1)
    failing = false
    timers.held[1]?.end()
    await caughtUp(streams)
    expect(await valuesOf('second', 'a')).toEqual([1, 14, 18])
  })
})
