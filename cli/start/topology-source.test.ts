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
  const source = topologySource([{ name: 'sums', topology, streams }], systemClock)

  const [summary] = source.list()
  expect(summary).toEqual({
    topology: 'sums',
    applicationId: topology.name,
    state: 'RUNNING',
    tasks: 4,
    runningTasks: 4,
    lag: 0,
  })
  const status = source.status('sums')
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
  expect(source.status('nothing')).toBeUndefined()
})
