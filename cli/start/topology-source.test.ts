import { afterEach, beforeEach, expect, test } from 'vitest'
import { TopologyStatusSchema } from '../../gateway/api/schemas.ts'
import { AppHarness, caughtUp } from '../../streams/fixtures/app-harness.ts'
import { repartitionedSumTopology } from '../../streams/fixtures/sample-topology.ts'
import { systemClock } from '../../streams/index.ts'
import { topologySource } from './topology-source.ts'

let harness: AppHarness

beforeEach(async () => {
  harness = await AppHarness.open()
  await harness.createTopics(2, 'orders', 'totals')
})

afterEach(() => harness.close())

test('a running topology is told with its graph, its tasks, what each node took, and what its stores hold', async () => {
  const orders = Array.from({ length: 40 }, (_, value) => ({ key: `o${value}`, value }))
  await harness.produce('orders', orders)
  const topology = repartitionedSumTopology()
  const streams = await harness.start(topology)
  await caughtUp(streams)
  const running = [{ name: 'sums', topology, streams }]
  const source = topologySource(running, systemClock)

  const [summary] = await source.list()
  expect(summary).toEqual({
    topology: 'sums',
    applicationId: topology.name,
    state: 'RUNNING',
    tasks: 4,
    runningTasks: 4,
    lag: 0,
  })
  const status = await source.status('sums')
  expect(TopologyStatusSchema.parse(status)).toEqual(status)
  expect(status?.taskList.map(({ taskId, role, state }) => [taskId, role, state])).toEqual(
    ['0_0', '0_1', '1_0', '1_1'].map((taskId) => [taskId, 'ACTIVE', 'RUNNING']),
  )
  const taken = (node: string) =>
    status?.taskList.reduce((sum, { nodes }) => sum + (nodes[node] ?? 0), 0)
  expect(taken('orders')).toBe(orders.length)
  expect(taken('sum')).toBe(orders.length)
  const boxes = status?.diagram.frames.flatMap((frame) => frame.boxes.map(({ name }) => name))
  expect(boxes).toEqual(expect.arrayContaining(['orders', 'sum', 'totals', 'rekey']))
  const [task] = status?.taskList.filter(({ taskId }) => taskId === '1_0') ?? []
  expect(task?.inputs).toEqual([
    expect.objectContaining({ partition: 0, lag: 0, position: expect.any(Number) }),
  ])
  expect(task?.stores.map(({ store, restore }) => [store, restore])).toEqual([['totals', null]])
  expect(status?.error).toBeNull()
  expect(await source.status('nothing')).toBeUndefined()
})

test('tasks in worker threads are told beside those of this thread', async () => {
  const topology = repartitionedSumTopology()
  const streams = await harness.start(topology)
  const own = streams.metadata()
  const [thread] = own.threads
  if (thread === undefined) throw new Error('there is no thread')
  const elsewhere = { ...own, threads: [{ ...thread, name: 'in-a-worker' }] }
  const other = { ...elsewhere, applicationId: 'another', state: 'ERROR' as const }
  const workers = (state: 'RUNNING' | 'REBALANCING') => ({
    metadata: async () => [{ ...elsewhere, state }, other],
  })
  const running = [{ name: 'sums', topology, streams }]
  const calm = await topologySource(running, systemClock, workers('RUNNING')).status('sums')
  expect(calm).toMatchObject({ state: 'RUNNING', tasks: 8 })
  expect(new Set(calm?.taskList.map((task) => task.thread))).toEqual(
    new Set([thread.name, 'in-a-worker']),
  )
  const moving = await topologySource(running, systemClock, workers('REBALANCING')).list()
  expect(moving).toMatchObject([{ state: 'REBALANCING' }])
})
