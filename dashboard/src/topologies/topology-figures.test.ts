import { describe, expect, test } from 'vitest'
import type { TopologyStatus, TopologyTask } from '#sdk'
import { bytesText } from '../format/bytes-text.ts'
import { boxKey, type EarlierTasks, earlierTasks, topologyFigures } from './topology-figures.ts'

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
    instance: 'h/1',
    thread: 't',
    asOfMs: 1_000,
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
    instances: 1,
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
    instanceList: [],
    taskList,
    globalStores: [{ store: 'instruments', topic: 'x', bytes: 77 }],
  }
}

describe('the figures of a topology', () => {
  const of = (now: TopologyStatus, shape: string, name: string, before: EarlierTasks = new Map()) =>
    topologyFigures(now, before).get(boxKey(0, shape, name))
  const counted = (taskId: string, count: number, changes: Partial<TopologyTask> = {}) =>
    task(taskId, { nodes: { count }, ...changes })

  test('a rate is the difference of two reports, over active tasks', () => {
    const before = status(1_500, [counted('0_0', 10), task('0_1')])
    const now = status(9_000, [
      counted('0_0', 110, { asOfMs: 3_000 }),
      counted('0_1', 60, { asOfMs: 3_000 }),
      counted('0_0', 999, { role: 'STANDBY', asOfMs: 3_000 }),
    ])
    const earlier = earlierTasks(now, before, new Map())
    expect(of(now, 'node', 'count', earlier)).toEqual({ recordsPerSecond: 80 })
    expect(of(now, 'node', 'count')).toEqual({ recordsPerSecond: undefined })
  })

  test('a reading without a new report leaves the rate as it was, for each task by itself', () => {
    const readings = [
      [counted('0_0', 0), counted('0_1', 0)],
      [counted('0_0', 20, { asOfMs: 3_000 }), counted('0_1', 0)],
      [counted('0_0', 20, { asOfMs: 3_000 }), counted('0_1', 40, { asOfMs: 2_000 })],
      [counted('0_0', 20, { asOfMs: 3_000 }), counted('0_1', 40, { asOfMs: 2_000 })],
      [counted('0_0', 20, { asOfMs: 5_000 }), counted('0_1', 40, { asOfMs: 2_000 })],
    ].map((tasks, index) => status(index, tasks))
    let last: TopologyStatus | undefined
    let earlier: EarlierTasks = new Map()
    const rates = readings.map((now) => {
      earlier = earlierTasks(now, last, earlier)
      last = now
      return of(now, 'node', 'count', earlier)
    })
    expect(rates).toEqual(
      [undefined, 10, 50, 50, 40].map((recordsPerSecond) => ({ recordsPerSecond })),
    )
  })

  test('a task that began anew does not make a rate negative, nor a huge one', () => {
    const before = status(1_000, [counted('0_0', 1_000)])
    const now = status(2_000, [
      counted('0_0', 5, { asOfMs: 2_000 }),
      counted('0_1', 9_000, { asOfMs: 2_000 }),
    ])
    const earlier = earlierTasks(now, before, new Map())
    expect(of(now, 'node', 'count', earlier)).toEqual({ recordsPerSecond: 0 })
  })

  test('a task that moved, another topology, and a silent instance have no rate', () => {
    const before = status(1_000, [counted('0_0', 0)])
    const moved = status(2_000, [counted('0_0', 500, { asOfMs: 2_000, instance: 'h/2' })])
    expect(earlierTasks(moved, before, new Map()).size).toBe(0)
    const now = status(2_000, [counted('0_0', 500, { asOfMs: 2_000 })])
    expect(earlierTasks(now, { ...before, topology: 'b' }, new Map()).size).toBe(0)
    const instance = {
      instance: 'h/1',
      processId: 'p',
      version: '1',
      state: 'RUNNING',
      error: null,
      ageMs: 16_000,
      silent: true,
      sameGraph: true,
      tasks: 1,
      tasksLeftOut: 0,
    }
    const silent = { ...now, instanceList: [instance] }
    const earlier = earlierTasks(silent, before, new Map())
    expect(of(silent, 'node', 'count', earlier)).toEqual({ recordsPerSecond: undefined })
    const heard = { ...now, instanceList: [{ ...instance, silent: false }] }
    expect(of(heard, 'node', 'count', earlier)).toEqual({ recordsPerSecond: 500 })
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
    expect(topologyFigures(now, new Map()).get(boxKey(null, 'store', 'instruments'))).toEqual({
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
