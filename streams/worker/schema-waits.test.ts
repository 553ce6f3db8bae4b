import { beforeEach, describe, expect, test } from 'vitest'
import { StreamsError } from '../errors.ts'
import type { FetchedBatch, LogRecord } from '../log/log.ts'
import { type Logger, silentLogger } from '../logger.ts'
import { noMetrics } from '../metrics.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { ManualTimers } from '../testing/manual-timers.ts'
import { SchemaWaits, type WaitingTask } from './schema-waits.ts'

/** Records name their schema; some are known from the start, the registry tells the others while it is there. */
class Registry {
  readonly known = new Set(['old'])
  readonly refused = new Set<string>()
  away = false
  requests = 0

  firstUnready({ records }: FetchedBatch, from = 0): number {
    return records.findIndex((record, index) => index >= from && !this.#isKnown(record))
  }

  fetch(_topic: string, record: LogRecord): Promise<void> | undefined {
    return this.#isKnown(record) ? undefined : this.#ask(schemaOf(record))
  }

  #isKnown(record: LogRecord): boolean {
    return this.known.has(schemaOf(record)) || this.refused.has(schemaOf(record))
  }

  async #ask(schema: string): Promise<void> {
    this.requests++
    await Promise.resolve()
    if (this.away) throw new StreamsError('REGISTRY_UNAVAILABLE', 'refused', {}, 'Start it.')
    if (schema === 'missing') this.refused.add(schema)
    else if (schema === 'broken') throw new Error('no schema')
    else this.known.add(schema)
  }
}

class Task implements WaitingTask {
  readonly taskId = '0_0'
  readonly task = {}
  readonly taken: string[] = []
  seeks = 1
  fetchedTo = 0

  enqueue({ topic, partition, records, nextOffset }: FetchedBatch): void {
    for (const { offset } of records) this.taken.push(`${topic}-${partition}@${offset}`)
    this.fetchedTo = nextOffset
  }
}

const schemaOf = ({ value }: LogRecord) => Buffer.from(value ?? []).toString()

function batch(partition: number, from: number, ...schemas: string[]): FetchedBatch {
  const records = schemas.map((schema, index) => ({
    ...{ offset: from + index, timestampMs: 0, key: null, value: Buffer.from(schema), headers: [] },
  }))
  return {
    topic: 't',
    partition,
    records,
    nextOffset: from + schemas.length,
    endOffset: from + schemas.length,
  }
}

let clock: ManualClock
let timers: ManualTimers
let registry: Registry
let tasks: Map<number, Task>
let paused: Set<number>
let lines: string[]
let waiting: () => number
let waits: SchemaWaits<Task>

beforeEach(() => {
  clock = new ManualClock()
  timers = new ManualTimers(clock)
  registry = new Registry()
  tasks = new Map([
    [0, new Task()],
    [1, new Task()],
  ])
  paused = new Set()
  lines = []
  const logger: Logger = {
    ...silentLogger,
    warn: (_fields, message) => void lines.push(`warn ${message}`),
    info: (_fields, message) => void lines.push(`info ${message}`),
  }
  waits = new SchemaWaits<Task>({
    thread: 'a-thread',
    labels: {},
    readiness: registry,
    taskOf: ({ partition }) => tasks.get(partition),
    pause: ({ partition }) => void paused.add(partition),
    resume: ({ partition }) => void paused.delete(partition),
    onReady: () => {},
    timers: { after: (ms, run) => timers.after(ms, run), turn: () => Promise.resolve() },
    logger,
    metrics: {
      ...noMetrics,
      observe: (_name, _help, _labels, read) => {
        waiting = read
      },
    },
  })
})

const task = (partition: number) => tasks.get(partition) as Task
const take = (fetched: FetchedBatch) => waits.take(task(fetched.partition), fetched)

/** What is under way ends; nothing here waits for anything but the manual timers. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  waits.deliver()
}

async function pass(ms: number, step = 100): Promise<void> {
  for (let passed = 0; passed < ms; passed += step) {
    clock.advance(step)
    timers.runDue()
    await settle()
  }
}

describe('while the registry is away', () => {
  beforeEach(() => {
    registry.away = true
  })

  test('the partition whose next record needs it waits, records before it and other partitions go on', async () => {
    take(batch(0, 0, 'old', 'new', 'old'))
    take(batch(1, 0, 'old', 'old'))
    await settle()
    take(batch(0, 3, 'old'))
    await pass(1_000)
    expect(task(0).taken).toEqual(['t-0@0'])
    // What is committed does not pass the record that waits, and the task knows that there is more.
    expect(task(0).fetchedTo).toBe(1)
    expect(task(1).taken).toEqual(['t-1@0', 't-1@1'])
    expect([...paused]).toEqual([0])
    expect(waits.holds({ topic: 't', partition: 0 })).toBe(true)
    expect(waits.isReadable(batch(0, 4, 'old'))).toBe(false)
    expect(waits.waits(task(0))).toMatchObject([{ topic: 't', partition: 0, offset: 1 }])
    expect(waits.waits(task(1))).toEqual([])
    expect(waiting()).toBe(1)
  })

  test('it waits as long as that lasts and asks ever more rarely; one line when it begins, one when it ends', async () => {
    take(batch(0, 0, 'new', 'other'))
    take(batch(1, 0, 'new'))
    await settle()
    await pass(3_600_000, 1_000)
    expect(task(0).taken).toEqual([])
    expect(registry.requests).toBeLessThan(2 * (3_600 / 5 + 10))
    expect(registry.requests).toBeGreaterThan(2 * (3_600 / 10))
    registry.away = false
    await pass(6_000)
    expect(task(0).taken).toEqual(['t-0@0', 't-0@1'])
    expect(task(1).taken).toEqual(['t-1@0'])
    expect(paused.size).toBe(0)
    expect(waiting()).toBe(0)
    expect(lines).toEqual([
      'warn the schema registry does not answer: partitions whose next record has an unknown schema wait for it',
      'info no partition waits for the schema registry any more',
    ])
    registry.away = true
    const before = registry.requests
    take(batch(0, 2, 'newer'))
    await settle()
    await pass(100)
    expect(registry.requests - before).toBe(2)
  })

  test('order is kept over batches that came meanwhile, each with a schema of its own', async () => {
    take(batch(0, 0, 'a', 'old', 'b'))
    take(batch(0, 3, 'old', 'c'))
    take(batch(0, 5, 'old'))
    await pass(300)
    registry.away = false
    await pass(5_000)
    expect(task(0).taken).toEqual([0, 1, 2, 3, 4, 5].map((offset) => `t-0@${offset}`))
    expect(paused.size).toBe(0)
  })

  test('a task that is revoked does not wait any more', async () => {
    take(batch(0, 0, 'new'))
    await settle()
    const revoked = task(0)
    tasks.delete(0)
    await settle()
    expect(lines).toHaveLength(2)
    const { requests } = registry
    registry.away = false
    await pass(10_000)
    expect(registry.requests).toBe(requests)
    expect(revoked.taken).toEqual([])
    expect(waiting()).toBe(0)
  })

  test('a task that has begun anew takes what is fetched again, not what was kept', async () => {
    take(batch(0, 0, 'new'))
    await settle()
    task(0).seeks++
    take(batch(0, 0, 'old', 'new'))
    registry.away = false
    await pass(10_000)
    expect(task(0).taken).toEqual(['t-0@0', 't-0@1'])
  })

  test('after the end nothing is asked and nothing taken', async () => {
    take(batch(0, 0, 'new'))
    await settle()
    waits.end()
    const { requests } = registry
    registry.away = false
    await pass(60_000, 1_000)
    expect(registry.requests).toBe(requests)
    expect(task(0).taken).toEqual([])
  })
})

test.each(['missing', 'broken'])(
  'an answer of the registry (%s) ends the wait: the record goes to its task, which fails it',
  async (schema) => {
    take(batch(0, 0, schema, 'old'))
    expect([...paused]).toEqual([0])
    await settle()
    expect(task(0).taken).toEqual(['t-0@0', 't-0@1'])
    expect(paused.size).toBe(0)
    expect(lines).toEqual([])
  },
)

test('a schema that is fetched at once costs no line and no other partition', async () => {
  take(batch(0, 0, 'new'))
  take(batch(1, 0, 'old'))
  expect(task(1).taken).toEqual(['t-1@0'])
  await settle()
  expect(task(0).taken).toEqual(['t-0@0'])
  expect(registry.requests).toBe(1)
  expect(lines).toEqual([])
})
