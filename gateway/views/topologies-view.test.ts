import { beforeEach, describe, expect, test } from 'vitest'
import type { TopologyReported } from '#avro'
import { ManualClock } from '#streams/testing'
import { reportKey, taskReport, topologyReported } from '../fixtures/topology-reports.ts'
import { TopologiesView } from './topologies-view.ts'

const STARTED_MS = 1_000_000
const DIAGRAM = { width: 1, height: 1, boxWidth: 1, boxHeight: 1, frames: [] }
const GRAPHS = new Map(
  ['ticks', 'bars'].map((name) => [name, { diagram: DIAGRAM, digest: 'digest' }]),
)

let clock: ManualClock
let view: TopologiesView

beforeEach(() => {
  clock = new ManualClock(STARTED_MS)
  view = new TopologiesView({ clock, instancesMax: 3, graphs: GRAPHS })
})

function hear(
  host: string,
  changes: Partial<TopologyReported> = {},
  { atMs = clock.nowMs(), isReplayed = false } = {},
): void {
  const event = topologyReported(host, atMs, changes)
  view.apply(`platform|${reportKey(event.payload)}`, event, { isReplayed })
}

const input = (lag: number | null) => [{ topic: 't', partition: 0, position: 1, lag }]

describe('the instances of an application', () => {
  test('are one topology with the tasks of all, and what they hold is added up', () => {
    hear('b', {
      taskList: [
        taskReport('0_1', { inputs: input(30) }),
        taskReport('0_0', { role: 'STANDBY' }),
        taskReport('0_10', { state: 'RESTORING', inputs: input(null) }),
      ],
      globalStores: [{ store: 'g', topic: 'x', bytes: 5 }],
    })
    hear('a', {
      taskList: [taskReport('0_0', { inputs: input(40) }), taskReport('1_0')],
      globalStores: [{ store: 'g', topic: 'x', bytes: 7 }],
    })
    expect(view.list()).toEqual([
      {
        topology: 'bars',
        applicationId: 'orion-dev-bars',
        state: 'RUNNING',
        instances: 2,
        tasks: 4,
        runningTasks: 3,
        lag: 70,
      },
    ])
    const status = view.status('bars')
    expect(status?.taskList.map(({ taskId, role, instance }) => [taskId, role, instance])).toEqual([
      ['0_0', 'ACTIVE', 'a/7'],
      ['0_0', 'STANDBY', 'b/7'],
      ['0_1', 'ACTIVE', 'b/7'],
      ['0_10', 'ACTIVE', 'b/7'],
      ['1_0', 'ACTIVE', 'a/7'],
    ])
    expect(status?.instanceList.map(({ instance, tasks }) => [instance, tasks])).toEqual([
      ['a/7', 2],
      ['b/7', 3],
    ])
    expect(status?.globalStores).toEqual([{ store: 'g', topic: 'x', bytes: 7 }])
    expect(status?.diagram).toBe(DIAGRAM)
    expect(view.status('ticks')).toBeUndefined()
  })

  test('are RUNNING only if all are, and one that failed says why', () => {
    hear('a')
    hear('b', { state: 'REBALANCING' })
    expect(view.list()).toMatchObject([{ state: 'REBALANCING' }])
    hear('b', { state: 'ERROR', error: 'disk full' })
    expect(view.status('bars')).toMatchObject({ state: 'ERROR', error: 'disk full' })
    hear('b')
    expect(view.status('bars')).toMatchObject({ state: 'RUNNING', error: null })
  })

  test('may both tell of a task that moves: the younger report counts', () => {
    hear('a', { taskList: [taskReport('0_0', { inputs: input(5) })] })
    clock.advance(1)
    hear('b', { taskList: [taskReport('0_0', { inputs: input(4), state: 'RESTORING' })] })
    expect(view.list()).toMatchObject([{ tasks: 1, runningTasks: 0, lag: 4 }])
    expect(view.status('bars')?.taskList.map(({ instance }) => instance)).toEqual(['b/7'])
  })

  test('say which of them run another graph, or have more tasks than are told', () => {
    hear('a')
    hear('b', { graph: 'newer', taskList: [taskReport('0_0')], tasksLeftOut: 9 })
    expect(view.status('bars')?.instanceList).toMatchObject([
      { sameGraph: true, tasks: 0, tasksLeftOut: 0 },
      { sameGraph: false, tasks: 10, tasksLeftOut: 9 },
    ])
  })

  test('are listed in the order of the graphs; one without a graph comes last, without boxes', () => {
    for (const topology of ['other', 'bars', 'ticks']) {
      hear('a', { topology, applicationId: topology })
    }
    expect(view.list().map(({ topology }) => topology)).toEqual(['ticks', 'bars', 'other'])
    expect(view.status('other')).toMatchObject({
      diagram: { frames: [] },
      instanceList: [{ sameGraph: false }],
    })
  })
})

describe('an instance that is not heard of', () => {
  test('is silent after 15 s, with the tasks that nobody took over, and left out after a minute', () => {
    hear('a', { taskList: [taskReport('0_0'), taskReport('0_1')] })
    clock.advance(15_000)
    expect(view.status('bars')).toMatchObject({
      state: 'RUNNING',
      runningTasks: 2,
      instanceList: [{ ageMs: 15_000, silent: false, state: 'RUNNING' }],
    })
    clock.advance(1)
    hear('b', { taskList: [taskReport('0_0')] })
    expect(view.status('bars')).toMatchObject({
      state: 'RUNNING, 1 of 2 instances silent',
      tasks: 2,
      runningTasks: 1,
      instanceList: [
        { instance: 'a/7', ageMs: 15_001, silent: true, state: 'RUNNING when last heard of' },
        { instance: 'b/7', ageMs: 0, silent: false, state: 'RUNNING' },
      ],
      taskList: [
        { taskId: '0_0', instance: 'b/7', state: 'RUNNING' },
        { taskId: '0_1', instance: 'a/7', state: 'RUNNING when last heard of' },
      ],
    })
    clock.advance(44_999)
    expect(view.list()).toMatchObject([{ instances: 2 }])
    clock.advance(1)
    expect(view.list()).toMatchObject([{ instances: 1, tasks: 1 }])
    clock.advance(60_000)
    expect(view.list()).toEqual([])
    expect(view.status('bars')).toBeUndefined()
  })

  test('is gone at once when it said farewell', () => {
    hear('a')
    hear('b')
    const { payload } = topologyReported('a', 0)
    view.apply(`platform|${reportKey(payload)}`, undefined, { isReplayed: false })
    expect(view.status('bars')?.instanceList.map(({ instance }) => instance)).toEqual(['b/7'])
  })

  test('has the age that its report had when the gateway found it', () => {
    hear('old', {}, { atMs: STARTED_MS - 60_001, isReplayed: true })
    hear('late', {}, { atMs: STARTED_MS - 20_000, isReplayed: true })
    expect(view.status('bars')?.instanceList).toMatchObject([
      { instance: 'late/7', ageMs: 20_000, silent: true },
    ])
  })

  test('is told by the clock of the gateway alone, however wrong its own is', () => {
    hear('slow', {}, { atMs: STARTED_MS - 3_600_000 })
    hear('fast', {}, { atMs: STARTED_MS + 3_600_000, isReplayed: true })
    clock.advance(5_000)
    expect(view.status('bars')?.instanceList).toMatchObject([
      { instance: 'fast/7', ageMs: 5_000, silent: false },
      { instance: 'slow/7', ageMs: 5_000, silent: false },
    ])
  })
})

test('more reports than the view keeps are counted; the room of those that are gone is given away', () => {
  for (const host of ['a', 'b', 'c', 'd']) hear(host)
  expect(view.leftOut).toBe(1)
  expect(view.list()).toMatchObject([{ instances: 3 }])
  hear('a', { state: 'REBALANCING' })
  expect(view.list()).toMatchObject([{ state: 'REBALANCING' }])
  clock.advance(60_001)
  hear('d')
  expect(view.leftOut).toBe(1)
  expect(view.list()).toMatchObject([{ instances: 1 }])
})
