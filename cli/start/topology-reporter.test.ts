import { beforeEach, describe, expect, test } from 'vitest'
import { openEmbeddedRegistry, type TopologyReported } from '#avro'
import type { StreamsMetadata, StreamsStatus, TaskMetadata } from '#streams'
import { type PartitionAppend, partitionFor } from '#streams/log'
import { ManualClock } from '#streams/testing'
import { openTopics } from '#topics'
import { recordingLogger } from '../../gateway/fixtures/recording-logger.ts'
import { repartitionedSumTopology } from '../../streams/fixtures/sample-topology.ts'
import { ManualTimers } from '../../streams/testing/manual-timers.ts'
import { prometheusMetrics } from '../prometheus.ts'
import { drawTopology } from './topology-diagrams.ts'
import { TopologyReporter } from './topology-reporter.ts'

const topic = openTopics({ env: 'dev', registry: openEmbeddedRegistry() }).ops.topologies
const TOPOLOGY = repartitionedSumTopology()
const KEY = 'platform|app|p1'

type Thread = StreamsMetadata['threads'][number]

function task(taskId: string, changes: Partial<TaskMetadata> = {}): TaskMetadata {
  const nothing = { inputs: [], stores: [], storeBytes: {}, restore: [], schemaWaits: [] }
  return {
    taskId,
    state: 'RUNNING',
    nodeRecords: {},
    retry: undefined,
    ...nothing,
    ...changes,
  }
}

function thread(name: string, changes: Partial<Thread> = {}): Thread {
  return { name, state: 'RUNNING', tasks: [], standbyTasks: [], ...changes }
}

let clock: ManualClock
let timers: ManualTimers
let threads: readonly Thread[]
let state: StreamsStatus
let error: Error | undefined
let further: readonly StreamsMetadata[]
let sent: PartitionAppend[]
/** What the log does with a record. */
let take: (append: PartitionAppend) => Promise<void>
let isProducerClosed: boolean
let logger: ReturnType<typeof recordingLogger>
let metrics: ReturnType<typeof prometheusMetrics>
let reporter: TopologyReporter

beforeEach(() => {
  clock = new ManualClock(1_000_000)
  timers = new ManualTimers(clock)
  threads = [thread('one', { tasks: [task('0_0', { nodeRecords: { sum: 0 } })] })]
  state = 'RUNNING'
  error = undefined
  further = []
  sent = []
  take = async (append) => {
    sent.push(append)
  }
  isProducerClosed = false
  logger = recordingLogger()
  metrics = prometheusMetrics({ ofProcess: false })
  reporter = new TopologyReporter({
    process: { processId: 'p1', host: 'h', pid: 5, version: '1.2.3' },
    log: {
      createProducer: async () => ({
        send: async (appends) => {
          for (const append of appends) await take(append)
          return []
        },
        close: async () => {
          isProducerClosed = true
        },
      }),
    },
    topic,
    clock,
    timers,
    logger,
    metrics,
  })
})

function metadata(changes: Partial<StreamsMetadata> = {}): StreamsMetadata {
  const given = { applicationId: 'app', topology: 'sums', globalStoreBytes: {} }
  return { ...given, state, threads, ...changes }
}

async function start(): Promise<void> {
  const streams = { metadata: () => metadata(), error: () => error as never }
  reporter.start({
    running: [{ name: 'sums', topology: TOPOLOGY, streams }],
    workers: { metadata: async () => further },
  })
  await settled()
}

/** What was started by a timer has come to its end: nothing here waits for anything but promises. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

async function pass(ms: number): Promise<void> {
  for (let step = 0; step < ms; step += 1_000) {
    clock.advance(1_000)
    timers.runDue()
    await settled()
  }
}

function count(sum: number): void {
  threads = [thread('one', { tasks: [task('0_0', { nodeRecords: { sum } })] })]
}

function last(): TopologyReported {
  const value = sent.at(-1)?.records[0]?.value
  if (value == null) throw new Error('no report')
  return topic.valueSerde.deserialize(topic.name, value).payload
}

describe('a report', () => {
  test('tells of threads, worker threads, tasks, lag, stores and restoring under the key of application and process', async () => {
    const place = { taskId: '0_1', store: 's', topic: 'c', partition: 1 }
    const restore = { ...place, from: 10, position: 30, endOffset: 90 }
    threads = [
      thread('one', {
        tasks: [
          task('0_0', {
            stores: ['s'],
            storeBytes: { s: 12.4 },
            nodeRecords: { sum: 3 },
            inputs: [{ topic: 'orders', partition: 0, position: 3, lag: 4 }],
          }),
          task('0_1', {
            state: 'RESTORING',
            inputs: [{ topic: 'orders', partition: 1, position: undefined, lag: undefined }],
            restore: [{ ...restore, offsetsPerSecond: 20, remainingMs: 3_000 }],
          }),
        ],
        standbyTasks: [
          {
            taskId: '1_0',
            state: 'RUNNING',
            stores: [{ store: 's', position: 7, endOffset: 9 }],
          },
        ],
      }),
    ]
    further = [
      metadata({
        applicationId: 'another',
        state: 'ERROR',
        threads: [thread('not-ours', { tasks: [task('9_9')] })],
      }),
      metadata({ state: 'REBALANCING', threads: [thread('worker', { tasks: [task('1_1')] })] }),
    ]
    await start()
    const [append] = sent
    const key = new TextEncoder().encode(KEY)
    expect(append).toMatchObject({ topic: topic.name, partition: partitionFor(key, 4) })
    expect(Buffer.from(append?.records[0]?.key ?? []).toString()).toBe(KEY)
    expect(last()).toEqual({
      topology: 'sums',
      applicationId: 'app',
      processId: 'p1',
      host: 'h',
      pid: 5,
      version: '1.2.3',
      graph: drawTopology(TOPOLOGY).digest,
      state: 'REBALANCING',
      error: null,
      tasksLeftOut: 0,
      taskList: [
        {
          taskId: '0_0',
          role: 'ACTIVE',
          state: 'RUNNING',
          thread: 'one',
          nodes: { sum: 3 },
          inputs: [{ topic: 'orders', partition: 0, position: 3, lag: 4 }],
          stores: [{ store: 's', bytes: 12, restore: null }],
        },
        {
          taskId: '0_1',
          role: 'ACTIVE',
          state: 'RESTORING',
          thread: 'one',
          nodes: {},
          inputs: [{ topic: 'orders', partition: 1, position: null, lag: null }],
          stores: [
            {
              store: 's',
              bytes: 0,
              restore: { restored: 20, total: 80, recordsPerSecond: 20, secondsLeft: 3 },
            },
          ],
        },
        {
          taskId: '1_0',
          role: 'STANDBY',
          state: 'RUNNING',
          thread: 'one',
          nodes: {},
          inputs: [],
          stores: [
            {
              store: 's',
              bytes: 0,
              restore: { restored: 7, total: 9, recordsPerSecond: null, secondsLeft: null },
            },
          ],
        },
        expect.objectContaining({ taskId: '1_1', thread: 'worker' }),
      ],
      globalStores: [],
    })
  })

  test('says of a task what it waits for', async () => {
    const record = { topic: 'orders', partition: 0, offset: 7 }
    const wait = { ...record, error: 'away' } as unknown as TaskMetadata['schemaWaits'][number]
    const retry = record as unknown as TaskMetadata['retry']
    const tasks = [task('0_0', { schemaWaits: [wait] }), task('0_1', { retry }), task('0_2')]
    threads = [thread('one', { tasks })]
    await start()
    expect(last().taskList.map((one) => one.state)).toEqual([
      'RUNNING, waits for the schema registry',
      'RUNNING, waits to try a record again',
      'RUNNING',
    ])
  })

  test('comes every 2 s while something changes, once more when it has settled, then every 10 s', async () => {
    await start()
    expect(sent).toHaveLength(1)
    await pass(2_000)
    expect(sent).toHaveLength(2)
    await pass(9_000)
    expect(sent).toHaveLength(2)
    await pass(1_000)
    expect(sent).toHaveLength(3)
    for (const sum of [1, 2, 3]) {
      count(sum)
      await pass(2_000)
    }
    expect(sent).toHaveLength(6)
    expect(last().taskList[0]?.nodes).toEqual({ sum: 3 })
    await pass(2_000)
    expect(sent).toHaveLength(7)
    await pass(8_000)
    expect(sent).toHaveLength(7)
  })

  test('stays small however many tasks there are, and says how many it leaves out', async () => {
    const nodeRecords = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`a-node-with-a-rather-long-name-${index}`, index]),
    )
    const tasks = Array.from({ length: 2_000 }, (_, index) => task(`0_${index}`, { nodeRecords }))
    threads = [thread('one', { tasks })]
    await start()
    expect(sent[0]?.records[0]?.value?.length).toBeLessThanOrEqual(512 * 1024)
    const { taskList, tasksLeftOut } = last()
    expect(taskList.length).toBeGreaterThan(100)
    expect(taskList.length + tasksLeftOut).toBe(2_000)
    expect(taskList[0]?.taskId).toBe('0_0')
  })
})

describe('a log that refuses', () => {
  test('costs one line and a count for each time; then reports go on', async () => {
    const works = take
    take = () => Promise.reject(new Error('no broker'))
    await start()
    await pass(6_000)
    const warnings = () => logger.lines.filter(({ level }) => level === 'warn')
    expect(warnings()).toMatchObject([{ error: 'Error: no broker' }])
    expect(await metrics.text()).toContain('orion_topology_report_failures_total 4')
    take = works
    await pass(2_000)
    expect(sent).toHaveLength(1)
    expect(warnings()).toHaveLength(1)
    expect(logger.lines.at(-1)).toMatchObject({ level: 'info' })
  })

  test('and never answers neither piles up reports nor holds up the end', async () => {
    let calls = 0
    take = () => {
      calls += 1
      return new Promise(() => undefined)
    }
    await start()
    await pass(60_000)
    expect(calls).toBe(1)
    let isClosed = false
    const closing = reporter.close().then(() => {
      isClosed = true
    })
    await pass(1_000)
    expect(isClosed).toBe(false)
    await pass(1_000)
    await closing
  })
})

describe('at the end', () => {
  test('of a process a tombstone takes its report back, and nothing follows', async () => {
    await start()
    state = 'NOT_RUNNING'
    await reporter.close()
    expect(sent).toHaveLength(2)
    const [record] = sent[1]?.records ?? []
    expect(record?.value).toBeNull()
    expect(Buffer.from(record?.key ?? []).toString()).toBe(KEY)
    expect(sent[1]?.partition).toBe(sent[0]?.partition)
    expect(isProducerClosed).toBe(true)
    count(9)
    await pass(20_000)
    await reporter.close()
    expect(sent).toHaveLength(2)
  })

  test('a report that is under way comes before the tombstone, and none after it', async () => {
    const works = take
    let goOn = () => {}
    take = (append) =>
      new Promise<void>((resolve) => {
        goOn = resolve
      }).then(() => works(append))
    await start()
    take = works
    const closing = reporter.close()
    await settled()
    expect(sent).toEqual([])
    goOn()
    await closing
    await pass(20_000)
    expect(sent.map(({ records }) => records[0]?.value === null)).toEqual([false, true])
  })

  test('of one that failed the last word is its error', async () => {
    await start()
    state = 'ERROR'
    error = new Error('disk full')
    await reporter.close()
    expect(last()).toMatchObject({ state: 'ERROR', error: 'Error: disk full' })
    expect(isProducerClosed).toBe(true)
  })

  test('of a start that came to nothing there is nothing to take back', async () => {
    await reporter.close()
    expect(sent).toEqual([])
  })
})
