import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openEmbeddedRegistry } from '#avro'
import { noMetrics, type Streams, silentLogger, systemClock, systemTimers } from '#streams'
import { newTopics, openTopics, prepareTopics } from '#topics'
import { type RunningGateway, runGateway } from '../../gateway/fixtures/running-gateway.ts'
import type { Page, TopologyStatus, TopologySummary } from '../../gateway/protocol.ts'
import { AppHarness, caughtUp } from '../../streams/fixtures/app-harness.ts'
import { repartitionedSumTopology } from '../../streams/fixtures/sample-topology.ts'
import { drawTopology } from './topology-diagrams.ts'
import { TopologyReporter } from './topology-reporter.ts'

vi.setConfig({ testTimeout: 60_000 })

const WITHIN = { timeout: 30_000, interval: 50 }
const registry = openEmbeddedRegistry()
const topics = openTopics({ env: 'dev', registry })
const topology = repartitionedSumTopology()

let harness: AppHarness
let gateway: RunningGateway
let closers: (() => Promise<void>)[]

beforeEach(async () => {
  closers = []
  harness = await AppHarness.open()
  await prepareTopics(topics, registry)
  await harness.log.admin.createTopics(newTopics(topics, { diskMaxBytes: 1e9 }))
  await harness.createTopics(2, 'orders', 'totals')
  const graphs = new Map([['sums', drawTopology(topology)]])
  gateway = await runGateway({ log: harness.log, topics, graphs })
})

afterEach(async () => {
  await gateway.close()
  for (const close of closers) await close()
  await harness.close()
})

/** As a process `--role streams` would: an instance with a reporter. */
async function startProcess(
  host: string,
): Promise<{ streams: Streams; close: () => Promise<void> }> {
  const directory = join(harness.directory, host)
  const streams = await harness.start(topology, { directory, clientId: host, processId: host })
  const reporter = new TopologyReporter({
    process: { processId: host, host, pid: 1, version: '1.2.3' },
    log: harness.log,
    topic: topics.ops.topologies,
    clock: systemClock,
    timers: systemTimers,
    logger: silentLogger,
    metrics: noMetrics,
  })
  reporter.start({ running: [{ name: 'sums', topology, streams }], workers: undefined })
  const close = async () => {
    await streams.close()
    await reporter.close()
  }
  closers.push(close)
  return { streams, close }
}

async function get<T>(path: string): Promise<T> {
  const token = await gateway.token('platform')
  const response = await gateway.call(`/api/v1/admin/topologies${path}`, { token })
  return (await response.json()) as T
}

test('two processes are one topology: the tasks of both, and of the one that is left', async () => {
  const orders = Array.from({ length: 40 }, (_, value) => ({ key: `o${value}`, value }))
  await harness.produce('orders', orders)
  const first = await startProcess('first')
  const second = await startProcess('second')
  await caughtUp(first.streams)
  await caughtUp(second.streams)
  await vi.waitFor(async () => {
    const status = await get<TopologyStatus>('/sums')
    expect(status).toMatchObject({ state: 'RUNNING', instances: 2, tasks: 4, runningTasks: 4 })
    expect(status.instanceList).toMatchObject([
      { instance: 'first/1', silent: false, sameGraph: true },
      { instance: 'second/1', silent: false, sameGraph: true },
    ])
    expect(status.taskList.map(({ taskId }) => taskId)).toEqual(['0_0', '0_1', '1_0', '1_1'])
    expect(new Set(status.taskList.map(({ instance }) => instance)).size).toBe(2)
    expect(status.lag).toBe(0)
    const boxes = status.diagram.frames.flatMap((frame) => frame.boxes.map(({ name }) => name))
    expect(boxes).toEqual(expect.arrayContaining(['orders', 'sum', 'totals', 'rekey']))
  }, WITHIN)

  await second.close()
  await vi.waitFor(async () => {
    const { items } = await get<Page<TopologySummary>>('')
    expect(items).toMatchObject([{ topology: 'sums', state: 'RUNNING', instances: 1, tasks: 4 }])
  }, WITHIN)
  const { taskList } = await get<TopologyStatus>('/sums')
  expect(new Set(taskList.map(({ instance }) => instance))).toEqual(new Set(['first/1']))

  await first.close()
  await vi.waitFor(async () => {
    expect((await get<Page<TopologySummary>>('')).items).toEqual([])
  }, WITHIN)
})
