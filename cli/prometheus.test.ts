import { expect, test } from 'vitest'
import { type PrometheusMetrics, prometheusMetrics } from './prometheus.ts'

test('series of every kind show up under their labels', async () => {
  const metrics = twoTasks()
  const lines = await linesOf(metrics)
  expect(lines).toEqual(
    expect.arrayContaining([
      'orion_test_records_total{app="a",task="0_0"} 3',
      'orion_test_records_total{app="a",task="0_1"} 4',
      'orion_test_lag_records{app="a",task="0_0"} 30',
      'orion_test_size_bytes{app="a",task="0_1"} 400',
      'orion_test_commit_seconds_count{app="a",task="0_0"} 1',
    ]),
  )
})

test('removing the labels of a task takes its counters, gauges, readers and histograms, and nobody else`s', async () => {
  const metrics = twoTasks()
  metrics.remove({ app: 'a', task: '0_0' })
  const lines = await linesOf(metrics)
  expect(lines.filter((line) => line.includes('task="0_0"'))).toEqual([])
  // counter, gauge, reader; a histogram has two buckets, +Inf, sum and count.
  expect(lines.filter((line) => line.includes('task="0_1"'))).toHaveLength(8)
})

test('a part of the labels removes every series that has it', async () => {
  const metrics = twoTasks()
  metrics.remove({ app: 'a' })
  expect((await linesOf(metrics)).filter((line) => line.startsWith('orion_test_'))).toEqual([])
})

test('a series that comes back after its removal counts from zero', async () => {
  const metrics = twoTasks()
  metrics.remove({ app: 'a', task: '0_0' })
  metrics.counter('orion_test_records_total', 'Records', { app: 'a', task: '0_0' }).add(1)
  expect(await linesOf(metrics)).toContain('orion_test_records_total{app="a",task="0_0"} 1')
})

test('no labels remove nothing', async () => {
  const metrics = twoTasks()
  const before = (await linesOf(metrics)).filter((line) => line.startsWith('orion_test_'))
  metrics.remove({})
  expect((await linesOf(metrics)).filter((line) => line.startsWith('orion_test_'))).toEqual(before)
})

function twoTasks(): PrometheusMetrics {
  const metrics = prometheusMetrics()
  for (const [index, task] of ['0_0', '0_1'].entries()) {
    const labels = { app: 'a', task }
    metrics.counter('orion_test_records_total', 'Records', labels).add(3 + index)
    metrics.gauge('orion_test_lag_records', 'Lag', labels).set(30 + index)
    metrics.observe('orion_test_size_bytes', 'Size', labels, () => 300 + 100 * index)
    metrics.histogram('orion_test_commit_seconds', 'Commit', [0.1, 1], labels).observe(0.5)
  }
  return metrics
}

async function linesOf(metrics: PrometheusMetrics): Promise<readonly string[]> {
  return (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}
