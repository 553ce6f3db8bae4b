import { afterEach, expect, test } from 'vitest'
import { AppHarness, caughtUp } from './fixtures/app-harness.ts'
import { MetricValues } from './fixtures/metric-values.ts'
import { sumTopology } from './fixtures/sample-topology.ts'

let harness: AppHarness | undefined

afterEach(async () => {
  await harness?.close()
  harness = undefined
})

const THREAD = { application: 'sums', thread: 'sums-thread-1' }

test('a thread shows its state, its tasks and where its time goes, until it ends', async () => {
  harness = await AppHarness.open()
  await harness.createTopics(2, 'amounts', 'totals')
  const metrics = new MetricValues()
  const streams = await harness.start(sumTopology(), { metrics })
  const amounts = Array.from({ length: 200 }, (_, value) => ({ key: `k${value % 9}`, value }))
  await harness.produce('amounts', amounts)
  await caughtUp(streams)
  const of = (name: string, labels: Record<string, string> = {}) =>
    metrics.of(name, { ...THREAD, ...labels })

  expect(of('orion_thread_state', { state: 'RUNNING' })).toBe(1)
  expect(of('orion_thread_state', { state: 'DEAD' })).toBe(0)
  expect(of('orion_thread_tasks', { role: 'active' })).toBe(2)
  expect(of('orion_thread_tasks', { role: 'standby' })).toBe(0)
  expect(of('orion_thread_tasks_created_total')).toBe(2)
  for (const activity of ['fetch', 'process', 'commit'])
    expect(of('orion_thread_activity_ms_total', { activity }), activity).toBeGreaterThan(0)

  await streams.close()
  expect(metrics.names().filter((name) => name.startsWith('orion_thread'))).toEqual([])
})

test('a task shows how far its event time is behind the wall clock', async () => {
  harness = await AppHarness.open()
  await harness.createTopics(1, 'amounts', 'totals')
  const metrics = new MetricValues()
  const clock = { nowMs: () => 50_000, monotonicMs: () => performance.now() }
  const streams = await harness.start(sumTopology(), { metrics, clock })
  const lag = () => metrics.of('orion_task_event_time_lag_ms', { application: 'sums', task: '0_0' })
  expect(lag()).toBe(0)
  await harness.produce('amounts', [{ key: 'a', value: 1, timestampMs: 42_000 }])
  await caughtUp(streams)
  expect(lag()).toBe(8_000)
})
