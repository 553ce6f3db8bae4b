import { describe, expect, test } from 'vitest'
import type { TopologyStatus, TopologyTask } from '#sdk'
import { bytesText } from '../format/bytes-text.ts'
import { boxKey, topologyFigures } from './topology-figures.ts'

const BOXES = [
  { shape: 'topic', name: 'ticks', x: 0, y: 0 },
  { shape: 'node', name: 'count', x: 0, y: 0 },
  { shape: 'store', name: 'counts', x: 0, y: 0 },
  { shape: 'topic', name: 'by-key-repartition', x: 0, y: 0 },
] as const

function task(taskId: string, changes: Partial<TopologyTask> = {}): TopologyTask {
  return {
    taskId,
    subTopologyId: 0,
    partition: 0,
    role: 'ACTIVE',
    state: 'RUNNING',
    thread: 't',
    nodes: { count: 0 },
    inputs: [],
    stores: [],
    ...changes,
  }
}

function status(asOfMs: number, taskList: readonly TopologyTask[]): TopologyStatus {
  return {
    topology: 'a',
    applicationId: 'app',
    state: 'RUNNING',
    tasks: taskList.length,
    runningTasks: taskList.length,
    lag: 0,
    asOfMs,
    error: null,
    diagram: {
      width: 1,
      height: 1,
      boxWidth: 1,
      boxHeight: 1,
      frames: [
        { title: 'a', subTopologyId: 0, x: 0, y: 0, width: 1, height: 1, boxes: BOXES, edges: [] },
        {
          title: 'g',
          subTopologyId: null,
          x: 0,
          y: 0,
          width: 1,
          height: 1,
          boxes: [{ shape: 'store', name: 'instruments', x: 0, y: 0 }],
          edges: [],
        },
      ],
    },
    taskList,
    globalStores: [{ store: 'instruments', topic: 'x', bytes: 77 }],
  }
}

describe('the figures of a topology', () => {
  const of = (now: TopologyStatus, shape: string, name: string, before?: TopologyStatus) =>
    topologyFigures(now, before).get(boxKey(0, shape, name))

  test('a rate is the difference of two readings, over active tasks', () => {
    const before = status(1_000, [task('0_0', { nodes: { count: 10 } }), task('0_1')])
    const now = status(3_000, [
      task('0_0', { nodes: { count: 110 } }),
      task('0_1', { nodes: { count: 60 } }),
      task('0_0', { role: 'STANDBY', nodes: { count: 999 } }),
    ])
    expect(of(now, 'node', 'count', before)).toEqual({ recordsPerSecond: 80 })
    expect(of(now, 'node', 'count')).toEqual({ recordsPerSecond: undefined })
  })

  test('a task that began anew does not make a rate negative, nor a huge one', () => {
    const before = status(1_000, [task('0_0', { nodes: { count: 1_000 } })])
    const now = status(2_000, [
      task('0_0', { nodes: { count: 5 } }),
      task('0_1', { nodes: { count: 9_000 } }),
    ])
    expect(of(now, 'node', 'count', before)).toEqual({ recordsPerSecond: 0 })
  })

  test('lag is what waits in a topic, also one of the application', () => {
    const inputs = (topic: string, lag: number | null) => ({
      inputs: [{ topic, partition: 0, position: 1, lag }],
    })
    const now = status(1, [
      task('0_0', inputs('ticks', 5)),
      task('0_1', inputs('ticks', 7)),
      task('0_2', inputs('ticks', null)),
      task('0_3', inputs('app-by-key-repartition', 3)),
    ])
    expect(of(now, 'topic', 'ticks')).toEqual({ lag: 12 })
    expect(of(now, 'topic', 'by-key-repartition')).toEqual({ lag: 3 })
  })

  test('a store has its bytes, and while it is restored how far it is and how long it takes yet', () => {
    const store = (bytes: number, restored?: number, secondsLeft?: number) => {
      const restore =
        restored === undefined
          ? null
          : { restored, total: 100, recordsPerSecond: 10, secondsLeft: secondsLeft ?? null }
      return { stores: [{ store: 'counts', bytes, restore }] }
    }
    expect(
      of(status(1, [task('0_0', store(100)), task('0_1', store(50))]), 'store', 'counts'),
    ).toEqual({ bytes: 150 })
    const now = status(1, [task('0_0', store(1, 30, 7)), task('0_1', store(2, 50, 5)), task('0_2')])
    expect(of(now, 'store', 'counts')).toEqual({
      bytes: 3,
      restore: { share: 0.4, recordsPerSecond: 20, secondsLeft: 7 },
    })
    expect(topologyFigures(now, undefined).get(boxKey(null, 'store', 'instruments'))).toEqual({
      bytes: 77,
    })
  })
})

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 KiB'],
  [1_536, '1.5 KiB'],
  [24_000_000, '23 MiB'],
  [5e15, '4547 TiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text)
})
